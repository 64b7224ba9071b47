"""A copy of a site in a folder works without a server: pages, files, search, feeds."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import feedparser
import lxml.html
import pytest

from data.export.chosen_records import Choice
from data.models import Capture, Draft, Media, RecordPlace, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.events import PUBLISHING
from data.text.sanitize import sanitize
from data.wording import OnProgress
from feeds.pages.releases.release_body import shown_body
from feeds.publishing.offline_copy import FolderCopy, relinked, suffix_of, with_index, write_folder
from feeds.translations import texts_of
from tests.feeds.sample_store import make_release

SITE = SiteSettings(url="https://press.example")
PDF = b"%PDF-1.4 all of it"
DAY = dt.timedelta(days=1)
DAY_BEFORE = dt.datetime(2022, 11, 23, tzinfo=dt.UTC)
EVERYTHING = Choice()


def capture(leaf: int) -> Capture:
    """The place of a record."""
    at = dt.datetime(2022, 11, 24, tzinfo=dt.UTC)
    return Capture(f"urn:uuid:{leaf}", "a.warc.gz", leaf, 1, "sha256:0", leaf, at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:{tmp_path / 'communique.db'}")
    for name in ("acme", "wire"):
        store.register(Source(name, name.upper(), f"https://{name}.example/", "Asia/Baku"))
    for number in range(6):
        source = "acme" if number < 4 else "wire"
        release = make_release(
            number,
            source,
            title=f"Statement {number}",
            body_text=f"The harbour board of quay {number} says so.",
            attachments=(Media(f"https://acme.example/{number}.pdf", "application/pdf"),),
        )
        draft = Draft(source, release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    attached = (Media("https://acme.example/1.pdf", "application/pdf"),)
    title, text = "Statement 1, corrected", "The board was wrong."
    edited = make_release(1, title=title, body_text=text, attachments=attached)
    store.record(
        Draft("acme", edited.url, edited.content), seen=edited.order + DAY, since=edited.order + DAY
    )
    store.keep_file("acme", "https://acme.example/0.pdf", capture(7))
    store.keep_file("acme", "https://acme.example/1.pdf", capture(8))
    yield store
    store.close()


def payload(one: Capture) -> tuple[str, bytes] | None:
    return ("application/pdf", PDF) if one.leaf == 7 else None


def copied(
    store: Store, folder: Path, choice: Choice = EVERYTHING, on_progress: OnProgress = print
) -> FolderCopy:
    folder.mkdir()
    return write_folder(store, choice, folder, SITE, payload=payload, on_progress=on_progress)


def links(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each relative link of each page."""
    for page in folder.rglob("*.html"):
        root: Any = lxml.html.fromstring(page.read_bytes())
        for element, _, link, _ in root.iterlinks():
            if not urlsplit(link).scheme and element.tag != "meta":
                yield page, link


@pytest.mark.thorough
def test_every_link_of_an_offline_copy_points_to_one_of_its_files(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    steps: list[tuple[int, int]] = []
    made = copied(store, folder, on_progress=lambda done, whole: steps.append((done, whole)))
    assert (made.releases, made.files, made.missing) == (6, 1, 1)
    assert steps[-1][0] == steps[-1][1]
    dead = [
        (page.relative_to(folder), link)
        for page, link in links(folder)
        if link.partition("#")[0] and not (page.parent / unquote(urlsplit(link).path)).is_file()
    ]
    assert dead == []
    assert not list(folder.rglob(".rendered*"))


def test_archived_attachments_are_copied_and_others_keep_their_links(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    copied(store, folder)
    found = {n: store.find_releases(make_release(n).url, limit=1) for n in (0, 1)}
    ids = {number: one.id for number, (one,) in found.items()}
    pages = {
        number: (folder / "releases" / release / "index.html").read_text()
        for number, release in ids.items()
    }
    (local,) = set(re.findall(r'"(\.\./\.\./files/[0-9a-f]{64}\.pdf)"', pages[0]))
    assert (folder / "releases" / ids[0] / local).read_bytes() == PDF
    assert "https://acme.example/1.pdf" in pages[1]
    assert (folder / "releases" / ids[1] / "revisions" / "2" / "index.html").is_file()


def test_a_redacted_attachment_is_neither_copied_nor_missing(store: Store, tmp_path: Path) -> None:
    store.relocate_captures({capture(7).record_id: RecordPlace("", 0, 0)})
    made = copied(store, tmp_path / "copy")
    assert (made.files, made.missing) == (0, 1)


def test_files_are_copied_although_their_addresses_contain_a_secret(
    store: Store, tmp_path: Path
) -> None:
    url, secret = "https://wire.example/9.pdf?token=", "TOPSECRET1"
    store.begin_walk("wire", f"https://wire.example/?token={secret}", "rules", at=DAY_BEFORE)
    release = make_release(9, "wire", attachments=(Media(url + secret, "application/pdf"),))
    drafted = Draft("wire", f"{release.url}?token={secret}", release.content)
    made = store.record(drafted, seen=release.order, since=release.order).release
    store.keep_file("wire", url + secret, capture(7))
    folder = tmp_path / "copy"
    assert copied(store, folder, Choice("wire")) == FolderCopy(3, 1, 0)
    page = (folder / "releases" / made.id / "index.html").read_text("utf-8")
    (link,) = set(re.findall(r'href="(\.\./\.\./files/[^"]*)"', page))
    assert (folder / "releases" / made.id / link).read_bytes() == PDF
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert not [one for one in files if secret.encode() in one.read_bytes()]
    other = tmp_path / "other"
    other.mkdir()
    made_other = write_folder(
        store,
        Choice("wire"),
        other,
        SITE,
        payload=lambda _: ("application/pdf", PDF + secret.encode()),
        on_progress=print,
    )
    assert made_other == FolderCopy(3, 0, 0, with_secrets=1)
    assert not (other / "files").exists()


def test_a_selection_has_only_the_chosen_releases(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    made = copied(store, folder, Choice("wire"))
    assert made.releases == 2
    assert {path.name for path in (folder / "sources").iterdir()} == {"index.html", "wire"}
    feed = feedparser.parse((folder / "feeds" / "all.atom").read_bytes())
    assert {entry.title for entry in feed.entries} == {"Statement 4", "Statement 5"}
    assert "Statement 1" not in "".join(path.read_text() for path in folder.rglob("*.html"))
    empty = tmp_path / "none"
    assert copied(store, empty, Choice(since=dt.date(2030, 1, 1))).releases == 0
    assert (empty / "index.html").is_file()


def test_hidden_releases_are_left_out_and_neighbours_are_chosen_ones(
    store: Store, tmp_path: Path
) -> None:
    ids = [store.find_releases(make_release(one).url, limit=1)[0].id for one in range(3)]
    store.hide(ids[1], at=dt.datetime.now(dt.UTC), why="wrong")
    folder = tmp_path / "copy"
    assert copied(store, folder, Choice("acme", until=dt.date(2022, 11, 24))).releases == 3
    assert not (folder / "releases" / ids[1]).exists()
    newer = (folder / "releases" / ids[0] / "index.html").read_text()
    assert f"{ids[2]}/index.html" in newer
    assert ids[1] not in newer


def test_the_publication_state_of_the_site_is_unchanged(store: Store, tmp_path: Path) -> None:
    before = store.dirty_feeds(store.cursor_of(PUBLISHING))
    copied(store, tmp_path / "copy")
    assert store.dirty_feeds(store.cursor_of(PUBLISHING)) == before


def test_the_search_index_has_every_release_newest_first(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    copied(store, folder)
    (part,) = (folder / "search").glob("releases-*.js")
    text = part.read_text("utf-8")
    rows = json.loads(text.removeprefix("addReleases(").rstrip().removesuffix(");"))
    assert [row[1] for row in rows] == [
        "Statement 5",
        "Statement 4",
        "Statement 3",
        "Statement 2",
        "Statement 1, corrected",
        "Statement 0",
    ]
    assert rows[-1][3:5] == ["acme", "ACME"]
    assert rows[-1][6] is False
    assert "quay 0" in rows[-1][7]


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("../../", "../../index.html"),
        ("./", "./index.html"),
        ("..", "../index.html"),
        ("a/?q=1&b=2#c", "a/index.html?q=1&b=2#c"),
        ("a.atom", "a.atom"),
        ("#part", "#part"),
        ("?q=1", "?q=1"),
        ("", ""),
    ],
)
def test_a_link_to_a_folder_gets_index_html(link: str, leads: str) -> None:
    assert with_index(link) == leads


def test_text_like_a_link_is_unchanged_and_attributes_stay_escaped() -> None:
    page = '<p>&lt;a href="x/"&gt; href="y/"</p><a href="a/?q=1&amp;r=&quot;2">b</a>'
    assert relinked(page, lambda _: None) == page.replace('"a/?', '"a/index.html?')


@pytest.mark.parametrize(
    ("url", "media_type", "suffix"),
    [
        ("https://a.example/x.pdf?v=1", "text/html", ".pdf"),
        ("https://a.example/x.PDF", "", ".pdf"),
        ("https://a.example/download", "application/pdf", ".pdf"),
        ("https://a.example/x.html", "text/html", ".bin"),
        ("https://a.example/x.svg", "image/svg+xml", ".bin"),
        ("https://a.example/x.xhtml", "application/xhtml+xml; charset=utf-8", ".bin"),
    ],
)
def test_suffixes_of_copied_files_run_no_scripts(url: str, media_type: str, suffix: str) -> None:
    assert suffix_of(url, media_type) == suffix


def test_a_copied_image_is_shown_and_others_stay_links() -> None:
    body = '<p>a</p><img src="https://a.example/{}" alt="The &lt;quay&gt;">'
    kept, other = (
        shown_body(sanitize(body.format(name), "https://a.example/"), texts_of("en")).html
        for name in ("kept.png?a=1&b=2", "other.png")
    )
    files = {"https://a.example/kept.png?a=1&b=2": "../../files/1.png"}
    shown = '<p>a</p><img src="../../files/1.png" alt="The &lt;quay&gt;">'
    assert relinked(kept, files.get) == shown
    assert relinked(other, files.get) == other
    assert relinked(kept, lambda _: "../../files/1.bin").startswith('<p>a</p><a class="picture"')
