"""Page requisites are archived after releases are stored, by visits to a real server."""

from __future__ import annotations

import json
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.requisite_cache import REQUISITES_FILE
from data.archive.warc.index import Index
from spiders.crawl.drafts import page_requisites
from tests.command import collect, communique, make_home
from tests.press_room import Answer, Room, listing_html, release_html, served

CSS = "@import 'deep.css';@font-face{src:url(/f.woff2)}body{background:url('/b.png')}"


def with_head(html: str, head: str) -> str:
    return html.replace("</head>", f"{head}</head>", 1) if "</head>" in html else head + html


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with two releases that share styles, and an image of one of them."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        head = '<link rel=stylesheet href=/main.css><link rel=icon href="/favicon.ico">'
        for number in (1, 2):
            html = with_head(release_html(number), head)
            room.page(f"/news/{number}.html", html.replace("</p>", "</p><img src=/i.jpg>", 1))
        for path, kind, body in (
            ("/main.css", "text/css", CSS),
            ("/deep.css", "text/css", "@import 'deep.css';@import 'main.css';"),
            ("/f.woff2", "font/woff2", "font"),
            ("/b.png", "image/png", "png"),
            ("/i.jpg", "image/jpeg", "jpeg"),
            ("/favicon.ico", "image/x-icon", "icon"),
        ):
            room.answers[path] = Answer(body.encode(), content_type=kind)
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    return make_home(tmp_path / "home", f"{room.base}/news/")


def requisites(room: Room) -> list[str]:
    """The paths that were requested, apart from pages."""
    return sorted(path for path, _ in room.log if "/news/" not in path and path != "/robots.txt")


def records(home: Path, url: str) -> list[tuple[int, bool]]:
    """The status of each capture of an address, and whether it has its own payload."""
    with closing(Index(home / "archive")) as index:
        return [(one.status, not one.is_revisit) for one in index.captures(url)]


def age(home: Path, days: float) -> None:
    """Let days pass for all that is known about requisites."""
    with closing(sqlite3.connect(home / "archive" / REQUISITES_FILE)) as db, db:
        db.execute("UPDATE files SET until = until - ?", (days * 86_400,))
        db.execute("UPDATE pages SET due = due - ?", (days * 86_400,))


ALL = ["/b.png", "/deep.css", "/f.woff2", "/favicon.ico", "/i.jpg", "/main.css"]


def test_requisites_are_archived_once_after_the_releases_and_are_no_pages(
    room: Room, home: Path
) -> None:
    run = collect(home)
    assert (run["new"], run["pages"], run["errors"], run["notes"]) == (2, 3, [], [])
    assert requisites(room) == ALL
    order = [path for path, _ in room.log]
    assert max(map(order.index, ("/news/1.html", "/news/2.html"))) < order.index("/main.css")
    for path in ALL:
        assert records(home, room.base + path) == [(200, True)]
    assert communique("mirror", "verify", home=home).returncode == 0
    assert communique("mirror", "reextract", "--dry-run", home=home).returncode == 0


def test_a_changed_release_requests_only_stale_requisites_with_conditions(
    room: Room, home: Path
) -> None:
    collect(home)
    room.log.clear()
    page = room.answers["/news/1.html"]
    page.body = page.body.replace(b"</p>", b" The quay reopens in June.</p><img src=/j.jpg>", 1)
    assert collect(home)["changed"] == 1
    assert requisites(room) == ["/j.jpg"], "all others are fresh"
    age(home, 2)
    room.log.clear()
    room.answers["/main.css"].body = b"body{background:url(/new.png)}"
    page.body = page.body.replace(b"June", b"July")
    assert collect(home)["changed"] == 1
    asked = dict(room.log)
    assert (asked["/main.css"], asked["/new.png"], asked["/i.jpg"]) == (200, 404, 304)
    assert records(home, f"{room.base}/i.jpg") == [(200, True)], "a 304 is a revisit record"
    assert records(home, f"{room.base}/main.css") == [(200, True), (200, True)]


@pytest.mark.thorough
def test_failures_are_counted_in_a_note_and_are_no_errors(room: Room, home: Path) -> None:
    room.answers["/i.jpg"].status = 503
    room.answers["/f.woff2"].status = 404
    run = collect(home)
    assert (run["new"], run["errors"]) == (2, [])
    (note,) = run["notes"]
    assert note.startswith("2 page requisites could not be archived")
    room.answers["/i.jpg"].status = 200
    age(home, 0.1)
    room.log.clear()
    assert collect(home)["notes"] == []
    assert requisites(room) == ["/i.jpg"], "a later visit tries again, but not what is missing"


def test_a_requisite_that_is_too_large_is_not_downloaded(room: Room, home: Path) -> None:
    room.answers["/i.jpg"].body = b"j" * (page_requisites.MAX_PER_FILE + 1)
    run = collect(home)
    assert run["errors"] == []
    assert any("1 page requisite could not be archived" in note for note in run["notes"])
    size = sum(path.stat().st_size for path in (home / "archive").glob("*.warc.gz*"))
    assert size < 100_000


def test_a_requisite_that_never_arrives_delays_a_visit_only_until_the_limit(
    room: Room, home: Path
) -> None:
    settings = (home / "communique.toml").read_text()
    limited = settings.replace("[network]", "[network]\ntimeout = 2")
    (home / "communique.toml").write_text(limited)
    hangs = room.answers["/i.jpg"].hold = threading.Event()
    room.answers["/i.jpg"].longest = 300
    try:
        run = collect(home)
    finally:
        hangs.set()
    assert (run["new"], run["errors"]) == (2, [])
    assert any("/i.jpg" in note for note in run["notes"])
    assert requisites(room) == ALL


def test_guards_hold_for_requisites_too(room: Room, tmp_path: Path) -> None:
    with served() as other:
        other.page("/robots.txt", "User-agent: *\nDisallow: /")
        other.answers["/c.css"] = Answer(b"a{}", content_type="text/css")
        home = make_home(tmp_path / "guarded", f"{room.base}/news/")
        room.answers[
            "/main.css"
        ].body = (
            f"@import '{other.base}/c.css';@font-face{{src:url(http://10.0.0.1/f.woff2)}}".encode()
        )
        run = collect(home)
        assert other.statuses("/c.css") == [], "robots.txt of another host is obeyed"
        assert run["errors"] == []
        assert any("could not be archived" in note for note in run["notes"])


@pytest.mark.parametrize(
    "setting", ['[archive]\nrequisites = "none"\n', "[archive]\nenabled=false\n"]
)
def test_without_the_setting_or_the_archive_none_is_requested(
    room: Room, home: Path, setting: str
) -> None:
    with (home / "communique.toml").open("a") as file:
        file.write(setting)
    assert collect(home)["new"] == 2
    assert requisites(room) == []


def test_a_redacted_requisite_is_removed_and_never_requested_again(room: Room, home: Path) -> None:
    collect(home)
    url = f"{room.base}/i.jpg"
    done = communique("mirror", "redact", url, "--why", "court order 12/26", home=home)
    assert done.returncode == 0, done.stderr
    assert records(home, url) == []
    for path in (home / "archive").glob("requisites.db*"):
        path.unlink()
    room.log.clear()
    page = room.answers["/news/1.html"]
    more = b' The quay reopens in June.<img src="/new.jpg"></p>'
    page.body = page.body.replace(b"</p>", more, 1)
    assert collect(home)["changed"] == 1
    assert "/i.jpg" not in requisites(room)
    assert "/new.jpg" in requisites(room)


def test_an_export_of_one_source_has_the_requisites_of_its_pages_and_no_others(
    room: Room, home: Path, tmp_path: Path
) -> None:
    room.page("/quays/", listing_html([3], path="/quays/{}.html"))
    room.page("/quays/3.html", with_head(release_html(3), "<link rel=stylesheet href=/quays.css>"))
    room.answers["/quays.css"] = Answer(b"p{background:url(/q.png)}", content_type="text/css")
    room.answers["/q.png"] = Answer(b"png", content_type="image/png")
    room.answers["/b.png"] = Answer(status=302, headers={"Location": "/moved.png"})
    room.answers["/moved.png"] = Answer(b"moved", content_type="image/png")
    source = (home / "sources" / "harbour.toml").read_text()
    (home / "sources" / "quays.toml").write_text(source.replace("/news/", "/quays/"))
    assert communique("collect", home=home).returncode == 0
    assert records(home, f"{room.base}/q.png")
    to = tmp_path / "harbour.wacz"
    words = ("export", "--source", "harbour", "--format", "wacz", "--to", str(to))
    done = communique("mirror", *words, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(to) as package:
        lines = package.read("indexes/index.cdx").splitlines()
    urls = [json.loads(line.split(b" ", 2)[2])["url"] for line in lines]
    paths = {url.removeprefix(room.base) for url in urls}
    assert paths == {*ALL, "/moved.png", "/news/1.html", "/news/2.html"}
