"""What was taken out of a site is shown at no address of its captures."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.archive.archive import Archive
from data.models import Content, Draft, Media, Published, Source
from data.settings import ArchiveSettings as Settings
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.replay.memento import http_date
from feeds.server.access import Access
from feeds.server.api.reads import OPERATIONS
from feeds.server.app import HomeFolders, create_app
from tests.archived import HTML, START, archived_home, exchange, page
from tests.feeds.serving import served_by

SITE = "https://press.example"
STAMP = "20221124080000"
ACME = "https://acme.example"
LETTER = "The letter of the harbour board says that quay nine is closed until further notice."
SECRET_URL = f"{ACME}/news/9?token=TOPSECRET1"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A HOME with a release that is hidden, whose page, text and letter are in several captures."""
    archive = Archive(tmp_path / "archive", Settings())
    published = Published(START, "day", "UTC", "24 November 2022", "meta")
    feed = f"<rss><item><description>&lt;p&gt;{LETTER}&lt;/p&gt;</description></item></rss>"
    for url, body, kind in (
        (f"{ACME}/copy", page(9, LETTER), HTML),
        (f"{ACME}/", b"<ul><li>Quay nine<li>All else</ul>", HTML),
        (f"{ACME}/feed.xml", feed.encode(), "application/rss+xml"),
        (f"{ACME}/feed.json", json.dumps({"text": LETTER}).encode(), "application/json"),
        (f"{ACME}/9.pdf", b"%PDF-1.4 its letter", "application/pdf"),
        ("https://other.example/", b"<p>Another site", HTML),
    ):
        archive.exchange(exchange(url, body, START, kind))
    capture = archive.exchange(exchange(SECRET_URL, page(9, LETTER), START))
    archive.close()
    with archived_home(tmp_path) as store:
        store.begin_walk("acme", f"{ACME}/?token=TOPSECRET1", "rules", at=START)
        content = Content("Quay nine", published, body_text=LETTER, body_html=f"<p>{LETTER}</p>")
        draft = Draft("acme", SECRET_URL, content, capture=capture)
        store.record(draft, seen=START, since=START)
        publish(store, tmp_path / "site", SiteSettings(url=SITE))
    return tmp_path


def opened(home: Path) -> Store:
    return open_store(f"sqlite:{home / 'communique.db'}")


def client(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    app = create_app(home / "site", url, SiteSettings(url=SITE), home=HomeFolders(home / "archive"))
    yield from served_by(app)


def hide(home: Path, url: str) -> str:
    """Hide the release at an address; its id."""
    with closing(opened(home)) as store:
        (found,) = store.find_releases(url, limit=1)
        assert store.hide(found.id, at=START, why="a wrong catch")
    return found.id


def test_a_hidden_release_is_at_no_address_of_its_captures(home: Path) -> None:
    shown = f"{ACME}/news/9?token=***"
    mementos = [
        f"/memento/{STAMP}/{one}" for one in (shown, f"{ACME}/copy", f"{ACME}/feed.xml",
                                              f"{ACME}/feed.json")
    ]  # fmt: skip
    for web in client(home):
        for path in mementos:
            assert LETTER in web.get(path).text
        release = hide(home, SECRET_URL)
        parts = [one.replace(STAMP, f"{STAMP}-part") for one in mementos]
        for path in (*mementos, *parts, f"/memento/{shown}", f"/memento/timemap/{shown}"):
            answer = web.get(path)
            assert answer.status_code == 410, path
            assert LETTER not in answer.text
            assert "Quay nine" not in answer.text
        for path in ("timemap", "capture/", "capture/page", "revisions/1"):
            assert web.get(f"/releases/{release}/{path}").status_code == 410
        # Other captures of the site, and the list that names it, are shown.
        assert web.get(f"/memento/{STAMP}/{ACME}/").status_code == 200
        assert web.get(f"/memento/{STAMP}/{ACME}/news/0").status_code == 200
        assert web.get(f"/memento/{STAMP}/https://other.example/").status_code == 200
        with closing(opened(home)) as store:
            store.unhide(release)
        for path in mementos:
            assert LETTER in web.get(path).text


UMLAUTS = "Die Küste bleibt den Winter über geöffnet, sagte der Hafenmeister am Freitag."
QUOTED = '"Every ship counts here", said "Odile Brandt" of the board 😀, who counted all of them.'
NEXT = "The last paragraph of the release names the ships that the harbour board expects in May."
SUMMARY = "A short account of all that the harbour board of the town decided on Friday."
RSS = "application/rss+xml"


def rss(text: str, charset: str) -> bytes:
    xml = f'<?xml version="1.0" encoding="{charset}"?><rss><title>A feed</title>'
    return f"{xml}<description><![CDATA[<p>{text}]]></description></rss>".encode(charset)


def text_home(folder: Path, captures: list[tuple[str, bytes, str]]) -> Path:
    """A HOME with a release of several paragraphs, and captures that may repeat them."""
    archive = Archive(folder / "archive", Settings())
    for name, body, kind in captures:
        archive.exchange(exchange(f"{ACME}/{name}", body, START, kind))
    archive.close()
    text = "\n\n".join((UMLAUTS, QUOTED, LETTER, "-" * 60, NEXT))
    with archived_home(folder) as store:
        published = Published(START, "day", "UTC", "24 November 2022", "meta")
        content = Content("Quay nine", published, body_text=text, summary=SUMMARY)
        store.record(Draft("acme", f"{ACME}/news/9.html", content), seen=START, since=START)
    return folder


def test_a_text_of_a_hidden_release_is_found_in_any_charset_and_escape(tmp_path: Path) -> None:
    repeated = [
        ("utf8.xml", rss(UMLAUTS, "utf-8"), RSS),
        ("latin.xml", rss(UMLAUTS, "iso-8859-1"), RSS),
        ("undeclared.xml", f"<rss>{UMLAUTS}</rss>".encode("latin-1"), RSS),
        ("wrong.xml", rss(UMLAUTS, "utf-8"), f"{RSS}; charset=utf-16"),
        ("no-charset.xml", rss(UMLAUTS, "utf-8"), f"{RSS}; charset=hex"),
        ("wide.xml", rss(UMLAUTS, "utf-16"), RSS),
        ("wide-le.txt", UMLAUTS.encode("utf-16-le"), "text/plain"),
        ("wide.html", f"<p>{UMLAUTS}".encode("utf-16"), "text/html; charset=utf-16"),
        ("feed.json", json.dumps({"html": f"<p>{QUOTED}</p>"}).encode(), "application/json"),
        ("in.json", json.dumps({"a": json.dumps({"b": QUOTED})}).encode(), "application/json"),
        ("script.html", f"<script>x={json.dumps(QUOTED)}</script>".encode(), "text/html"),
        ("slash.json", json.dumps(f"<p>{LETTER}</p>").replace("/", r"\/").encode(), "text/json"),
        ("case.html", f"<p>{LETTER.upper()}".encode(), "text/html"),
    ]
    for web in client(text_home(tmp_path, repeated)):
        paths = [f"/memento/{STAMP}/{ACME}/{name}" for name, *_ in repeated]
        assert {web.get(one).status_code for one in paths} == {200}
        hide(tmp_path, f"{ACME}/news/9.html")
        assert [one for one in paths if web.get(one).status_code != 410] == []


def test_the_beginning_of_a_hidden_text_is_found_only_with_the_name_of_its_release(
    tmp_path: Path,
) -> None:
    link = '<a href="news/9%2ehtml">more</a>'
    named = [
        ("list.html", f"<p>{UMLAUTS[:50]}… {link}".encode(), HTML),
        ("title.html", f"<h2>Quay <b>nine</b></h2><p>{UMLAUTS[:50]}…".encode(), HTML),
        ("summary.html", f"<p>{SUMMARY} {link}".encode(), HTML),
        ("late.html", f"<p>{NEXT[:60]} {link}".encode(), HTML),
        ("items.json", json.dumps([f"{ACME}/news/9.html", QUOTED[:50]]).replace("/", r"\/")
         .encode(), "application/json"),
    ]  # fmt: skip
    other = [
        ("beginning.html", f"<p>{UMLAUTS[:50]} in another release.".encode(), HTML),
        ("link.html", f"<p>{link} Quay nine".encode(), HTML),
        ("else.html", b"<p>All else.", HTML),
    ]
    for web in client(text_home(tmp_path, named + other)):
        hide(tmp_path, f"{ACME}/news/9.html")

        def refused(captures: list[tuple[str, bytes, str]], web: httpx.Client = web) -> list[str]:
            paths = {name: f"/memento/{STAMP}/{ACME}/{name}" for name, *_ in captures}
            return [name for name, path in paths.items() if web.get(path).status_code == 410]

        assert refused(named) == [name for name, *_ in named]
        assert refused(other) == []


def test_a_file_of_a_hidden_release_is_not_shown(home: Path) -> None:
    path = f"/memento/20221214080000/{ACME}/0.pdf"
    for web in client(home):
        assert web.get(path).status_code == 200
        hide(home, f"{ACME}/news/0")
        assert web.get(path).status_code == 410
        assert web.get(path.replace("/http", "-part/http")).status_code == 410


def test_a_page_shows_no_symbols_of_a_hidden_address(home: Path) -> None:
    at = START + dt.timedelta(days=40)
    drawing = b"<svg><symbol id='a'><text>drawn</text></symbol></svg>"
    with closing(Archive(home / "archive", Settings())) as archive:
        archive.exchange(exchange(f"{ACME}/news/0", drawing, at, "image/svg+xml"))
        archive.exchange(exchange(f"{ACME}/uses", b"<svg><use href='news/0#a'/></svg>", at))
    path = f"/memento/{at:%Y%m%d%H%M%S}/{ACME}/uses"
    for web in client(home):
        assert "drawn" in web.get(path).text
        hide(home, f"{ACME}/news/0")
        assert "drawn" not in web.get(path).text


def test_a_page_of_another_site_shows_no_symbols_with_the_text_of_a_hidden_release(
    home: Path,
) -> None:
    at = START + dt.timedelta(days=40)
    drawing = f"<svg><symbol id='a'><text>{LETTER}</text></symbol></svg>".encode()
    page_url = "https://other.example/uses"
    with closing(Archive(home / "archive", Settings())) as archive:
        archive.exchange(exchange(f"{ACME}/letter.svg", drawing, at, "image/svg+xml"))
        html = f"<svg><use href='{ACME}/letter.svg#a'/></svg>".encode()
        archive.exchange(exchange(page_url, html, at))
    path = f"/memento/{at:%Y%m%d%H%M%S}/{page_url}"
    for web in client(home):
        assert LETTER in web.get(path).text
        hide(home, SECRET_URL)
        assert LETTER not in web.get(path).text


def test_pictures_that_only_a_hidden_release_shows_are_at_no_address(home: Path) -> None:
    url = f"{ACME}/news/7"
    html = page(7, "A text.").replace(
        b"</main>",
        b"<img src='/7-800.png' srcset='/7-400.png 400w, /7-moved.png 800w'>"
        b"<p style='background:url(/7-back.png)'></main>",
    )
    own = [f"{ACME}/7-{name}.png" for name in ("400", "800", "back", "moved", "target")]
    shared = f"{ACME}/a.png"
    with closing(Archive(home / "archive", Settings())) as archive:
        for number, picture in enumerate((*own[:3], own[4], shared)):
            image = b"\x89PNG\r\n\x1a\n%d" % number
            archive.exchange(exchange(picture, image, START, "image/png"))
        to = ((b"Location", b"/7-target.png"),)
        moved = exchange(own[3], b"", START, status=302, reason="Found", headers=to)
        archive.exchange(moved)
        capture = archive.exchange(exchange(url, html, START))
    published = Published(START, "day", "UTC", "24 November 2022", "meta")
    with closing(opened(home)) as store:
        content = Content("Statement 7", published, body_text="A text.")
        store.record(Draft("acme", url, content, capture=capture), seen=START, since=START)
    paths = [f"/memento/{STAMP}{kind}/{one}" for one in own for kind in ("", "-part")]
    for web in client(home):
        assert {web.get(one).status_code for one in paths} <= {200, 302}
        release = hide(home, url)
        assert {web.get(one).status_code for one in paths} == {410}
        assert web.get(f"/memento/timemap/{own[0]}").status_code == 410
        assert web.get(f"/memento/{STAMP}-part/{shared}").status_code == 200
        with closing(opened(home)) as store:
            store.unhide(release)
        assert {web.get(one).status_code for one in paths} <= {200, 302}


def test_a_redacted_release_is_at_no_address_of_its_captures(home: Path) -> None:
    path = f"/memento/{STAMP}/{ACME}/news/0"
    with closing(opened(home)) as store:
        (found,) = store.find_releases(f"{ACME}/news/0", limit=1)
        store.redact(found.id, at=START, why="an order")
    for web in client(home):
        for one in (path, f"/memento/{ACME}/news/0", f"/memento/timemap/{ACME}/news/0"):
            assert web.get(one).status_code == 410
        for one in ("page", "compare", "screenshot"):
            assert web.get(f"/releases/{found.id}/capture/{one}").status_code == 410
        edited = web.get(f"/releases/{found.id}/revisions/2/").text
        assert "are unchanged" not in edited
        assert "the operator of this archive" in edited


def test_the_captures_of_a_removed_source_are_not_shown(home: Path) -> None:
    paths = [f"/memento/{STAMP}/{ACME}/{one}" for one in ("", "news/0", "copy", "feed.xml")]
    with closing(opened(home)) as store:
        store.remove_source("acme", at=START, kept=True)
    for web in client(home):
        assert {web.get(one).status_code for one in paths} == {200}
        with closing(opened(home)) as store:
            store.remove_source("acme", at=START, kept=False)
        assert {web.get(one).status_code for one in paths} == {410}
        assert web.get(f"/memento/{STAMP}/https://other.example/").status_code == 200


def test_files_and_listings_of_a_removed_source_are_not_shown_on_a_shared_host(home: Path) -> None:
    def file(name: str) -> Media:
        return Media(f"{ACME}/{name}?token=TOPSECRET1", "image/png")

    png, names = b"\x89PNG\r\n\x1a\n", ("own.png", "own.pdf", "shared.png", "shared.pdf", "old.png")
    with closing(Archive(home / "archive", Settings())) as archive:
        captures = {
            name: archive.exchange(
                exchange(f"{ACME}/{name}?token=***", png + name.encode(), START, "image/png")
            )
            for name in names
        }
        archive.exchange(exchange(f"{ACME}/wire/", b"<p>A listing", START))
    published = Published(START, "day", "UTC", "24 November 2022", "meta")
    with closing(opened(home)) as store:
        store.register(Source("wire", "Wire", f"{ACME}/wire/", "UTC"))
        store.begin_walk("wire", f"{ACME}/wire/", "rules", at=START)
        for name, capture in captures.items():
            assert capture
            store.keep_file("acme", file(name).url, capture)
        content = Content("Tide tables", published, body_text="Words.", images=(file("old.png"),))
        draft = Draft("wire", f"{ACME}/wire/1", content)
        store.record(draft, seen=START, since=START)
        content = replace(
            content,
            images=(file("shared.png"),),
            attachments=(file("shared.pdf"),),
            body_text="Now.",
        )
        later = START + dt.timedelta(days=1)
        store.record(replace(draft, content=content), seen=later, since=later)
    kinds = ("", "-part")
    own = [f"/memento/{STAMP}{k}/{ACME}/{one}?token=***" for one in names[:2] for k in kinds]
    own.append(f"/memento/{STAMP}/{ACME}/?token=***")
    shared = [f"/memento/{STAMP}/{ACME}/{one}?token=***" for one in names[2:]]
    shared.append(f"/memento/{STAMP}/{ACME}/wire/")
    with closing(Archive(home / "archive", Settings())) as archive:
        archive.exchange(exchange(f"{ACME}/?token=***", b"<p>The listing", START))
    for web in client(home):
        assert {web.get(one).status_code for one in (*own, *shared)} == {200}
        with closing(opened(home)) as store:
            store.remove_source("acme", at=START, kept=False)
        assert {web.get(one).status_code for one in own} == {410}
        assert {web.get(one).status_code for one in shared} == {200}
        with closing(opened(home)) as store:
            store.remove_source("acme", at=START, kept=True)
        assert {web.get(one).status_code for one in own} == {200}
        with closing(opened(home)) as store:
            store.remove_source("acme", at=START, kept=False)
            store.remove_source("wire", at=START, kept=False)
        assert {web.get(one).status_code for one in shared} == {410}


def test_an_address_of_a_shown_release_is_shown_though_a_hidden_one_was_there(home: Path) -> None:
    hide(home, f"{ACME}/news/1")
    at = START + dt.timedelta(days=1)
    path = f"/memento/{at:%Y%m%d%H%M%S}/{ACME}/news/1"
    with closing(opened(home)) as store:
        content = Content("Another", Published(at, "day", "UTC", "", "meta"), body_text="Words.")
        store.record(Draft("wire", f"{ACME}/news/1", content), seen=at, since=at)
    for web in client(home):
        assert web.get(f"/memento/timemap/{ACME}/news/1").status_code == 200
        # Its bytes are those of the hidden one.
        assert web.get(path).status_code == 410


def test_a_hidden_release_is_at_no_public_address(home: Path) -> None:
    """Every operation of the APIs, all that is made on demand, and every file of the site."""
    release = hide(home, SECRET_URL)
    with closing(opened(home)) as store:
        publish(store, home / "site", SiteSettings(url=SITE))
    tokens = home / "tokens"
    password = new_token(tokens, "phone", ("read",))
    url = f"sqlite:{home / 'communique.db'}"
    app = create_app(
        home / "site",
        url,
        SiteSettings(url=SITE),
        home=HomeFolders(home / "archive"),
        access=Access(Permissions(tokens)),
    )
    paths = [
        one.path.replace("{id}", "acme" if "sources" in one.path else release) for one in OPERATIONS
    ]
    paths += [
        "/api/search?q=quay",
        "/api/changes?limit=100",
        "/search?q=quay",
        *(f"/feeds/search.{kind}?q=quay" for kind in ("atom", "rss", "json")),
        "/feeds/all.atom?asof=2100-01-01",
        "/feeds/source/acme.json?asof=2100-01-01",
        "/sources/acme/?topic=economy",
        "/opml.xml?topics=all",
        "/metrics",
        f"/reader/api/0/stream/items/contents?i={int(release.replace('-', '')[:16], 16)}",
        *(f"/reader/api/0/stream/contents{one}" for one in ("", "/feed/acme")),
        *(
            f"/releases/{release}{one}"
            for one in ("", "/", ".json", "/timemap", "/capture", "/capture/", "/capture/page")
        ),
        *(f"/releases/{release}/revisions/{one}" for one in (1, "1/", 2)),
    ]
    paths += [
        f"/{one.relative_to(home / 'site')}" for one in (home / "site").rglob("*") if one.is_file()
    ]
    for web in served_by(app):
        asked = {"Email": "anybody", "Passwd": password}
        lines = web.post("/accounts/ClientLogin", data=asked).text.splitlines()
        auth = dict(line.split("=", 1) for line in lines)["Auth"]
        web.headers["authorization"] = f"GoogleLogin auth={auth}"
        for path in paths:
            for headers in ({}, {"accept-datetime": http_date(START)}):
                answer = web.get(path, headers=headers)
                assert answer.status_code < 500, path
                assert LETTER not in answer.text, path
                assert "Quay nine" not in answer.text, path
        assert "Statement" in web.get("/feeds/search.atom?q=quay").text
        assert web.get(f"/api/releases/{release}").status_code == 410


def test_captures_in_which_a_secret_cannot_be_hidden_are_refused(home: Path) -> None:
    archive = Archive(home / "archive", Settings())
    for name, body, kind in (
        ("pixel.png", b"\x89PNG TOPSECRET1 \x00", "image/png"),
        ("wide.txt", "the token TOPSECRET1".encode("utf-16"), "text/plain; charset=utf-16"),
        ("plain.txt", b"the token TOPSECRET1", "text/plain"),
        ("data.json", rb'{"next": "\/n?token=\u0054OPSECRET1"}', "application/json"),
    ):
        archive.exchange(exchange(f"{ACME}/{name}", body, START, kind))
    for name, kind in (
        ("type", "text/TOPSECRET1"),
        ("charset", "text/plain; charset=TOPSECRET1"),
        ("known", "text/plain; charset=Shift_JIS; token=TOPSECRET1"),
    ):
        archive.exchange(exchange(f"{ACME}/{name}", b"words", START, kind))
    # An imported record has its address as its file had it.
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", "<urn:example:1>"),
        ("WARC-Date", "2020-01-01T00:00:00Z"),
        ("WARC-Target-URI", f"{ACME}/kept?token=TOPSECRET1"),
        ("Content-Type", "application/http; msgtype=response"),
    )
    assert archive.adopt(fields, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Kept.")
    archive.close()
    for web in client(home):
        for name in ("pixel.png", "wide.txt"):
            answer = web.get(f"/memento/{STAMP}/{ACME}/{name}")
            # A text may have its secret hidden instead.
            assert answer.status_code == 403 or b"***" in answer.content
            assert b"TOPSECRET1" not in answer.content.replace(b"\0", b"")
        assert web.get(f"/memento/{STAMP}/{ACME}/plain.txt").text == "the token ***"
        assert web.get(f"/memento/{STAMP}/{ACME}/data.json").text == r'{"next": "\/n?token=***"}'
        for name, kind in (
            ("type", "application/octet-stream"),
            ("charset", "text/plain"),
            ("known", "text/plain; charset=shift_jis"),
        ):
            answer = web.get(f"/memento/{STAMP}/{ACME}/{name}")
            assert answer.headers["content-type"] == kind
        for path in ("", "timemap/", "20200101000000/"):
            assert web.get(f"/memento/{path}{ACME}/kept?token=TOPSECRET1").status_code == 404
