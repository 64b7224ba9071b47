"""A HOME of an earlier version, which made a topic of every section, is brought up to date.

``homes/sections_as_topics.tar.xz`` is one as that version wrote and published it, with short feeds.
Its source ``wire`` has the sections ``Warndienst`` (7 releases), ``Umwelt`` (2), ``Naturschutz``
(2) and ``Service`` (1), and says in its file that all its releases are of the topic
``Naturschutz``; ``post`` has ``Service`` (2) and ``Dienste`` (1, of the topic ``harbours``).
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import feedparser
import httpx
import pytest

from data.models import Facet
from data.search.query import Query
from data.settings import SiteSettings
from feeds.server.app import HomeFolders, create_app
from scheduler.home.home import home_at
from tests.command import communique
from tests.feeds.serving import served_by
from tests.told import told

HOMES = Path(__file__).with_name("homes")
SINCE_THEN = "SELECT id, first_seen, updated, revision, revised, url FROM releases ORDER BY number"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HOME as the earlier version left it."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(HOMES / "sections_as_topics.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return folder / "home"


@pytest.fixture(scope="module")
def home(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, published by this version."""
    home = Path(shutil.copytree(old, tmp_path_factory.mktemp("new") / "home"))
    publish(home)
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    yield from served_by(
        create_app(home / "site", url, SiteSettings(), home=HomeFolders(home / "archive"))
    )


def publish(home: Path) -> None:
    result = communique("publish", home=home)
    assert result.returncode == 0, result.stderr


def site(home: Path) -> dict[str, bytes]:
    """All files of the site but the log, which is signed with another key when it is rebuilt."""
    folder = home / "site"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_relative_to(folder / "log")
    }


def asked(home: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "communique.db")) as db:
        return db.execute(sql).fetchall()


def test_a_section_is_not_a_topic_unless_the_taxonomy_or_source_has_it(
    home: Path,
) -> None:
    store = home_at(home).store()
    counts = store.facets()
    topics = {one.topic: count for one, count in counts.items() if one == Facet(topic=one.topic)}
    del topics[None]
    assert topics == {"environment": 2, "harbours": 1, "naturschutz": 12}
    sections = {(one.source, one.section): n for one, n in counts.items() if one.section}
    assert sections == {
        ("post", "dienste"): 1,
        ("post", "service"): 2,
        ("wire", "naturschutz"): 2,
        ("wire", "service"): 1,
        ("wire", "umwelt"): 2,
        ("wire", "warndienst"): 7,
    }
    assert {one.language: n for one, n in counts.items() if one.language} == {"de": 12, "en-GB": 3}
    assert store.section_labels()["wire", "warndienst"] == "Warndienst"
    # Who searches for the topic that it was finds the section, once a visit entered it.
    store.update_search_index()
    assert len(store.search(Query("pilots", None, "warndienst"), limit=9)) == 7
    store.close()


def test_readers_see_no_new_or_edited_releases(old: Path, home: Path) -> None:
    assert asked(home, SINCE_THEN) == asked(old, SINCE_THEN)
    for name in ("all", "source/wire", "topic/naturschutz", "date/2026/03", "changes"):
        before, after = (feedparser.parse(one / f"site/feeds/{name}.atom") for one in (old, home))
        assert after.feed.id == before.feed.id
        assert [(one.id, one.updated) for one in after.entries] == [
            (one.id, one.updated) for one in before.entries
        ]


def test_files_of_former_topics_are_deleted_and_others_stay(old: Path, home: Path) -> None:
    gone = {"warndienst", "service", "dienste"}
    for one in gone:
        assert (old / f"site/feeds/topic/{one}.rss").exists()
    assert (old / "site/feeds/topic/warndienst/page/1.atom").exists()
    files = site(home)
    of_topics = [name for name in files if name.startswith(("feeds/topic/", "topics/"))]
    assert not [name for name in of_topics if any(one in name for one in gone)]
    assert {
        "feeds/topic/naturschutz.atom",
        "feeds/source/wire/section/warndienst/page/1.atom",
        "sources/wire/sections/warndienst/index.html",
        "feeds/language/en-gb.json",
        "languages/de/index.html",
    } <= files.keys()
    feed = feedparser.parse(home / "site/feeds/source/wire/section/warndienst.atom")
    assert feed.feed.title == "The Wire: Warndienst"
    feed = feedparser.parse(home / "site/feeds/language/en-gb.atom")
    assert feed.feed.title.startswith("English (United Kingdom)")


def test_the_next_publication_finds_nothing_to_do(home: Path) -> None:
    before = site(home)
    publish(home)
    assert site(home) == before


@pytest.mark.parametrize(
    ("path", "status", "place"),
    [
        ("/feeds/topic/warndienst.atom", 301, "/feeds/source/wire/section/warndienst.atom"),
        ("/feeds/topic/warndienst.json", 301, "/feeds/source/wire/section/warndienst.json"),
        ("/topics/warndienst/", 301, "/sources/wire/sections/warndienst/"),
        (
            "/feeds/source/wire/topic/warndienst.rss",
            301,
            "/feeds/source/wire/section/warndienst.rss",
        ),
        ("/sources/wire/topics/warndienst/", 301, "/sources/wire/sections/warndienst/"),
        # Several sources have it.
        ("/feeds/topic/service.rss", 302, "/feeds/search.rss?q=%22Service%22"),
        ("/topics/service/", 302, "/search?q=%22Service%22"),
        ("/sources/post/topics/service/", 301, "/sources/post/sections/service/"),
        # It is a topic, and its page is there.
        ("/topics/naturschutz/", 200, ""),
        ("/topics/nobody-has-it/", 404, ""),
        ("/feeds/topic/..%2f..%2fcommunique.atom", 404, ""),
    ],
)
def test_urls_of_topics_that_were_sections_redirect(
    client: httpx.Client, path: str, status: int, place: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if place:
        assert str(answer.url.join(answer.headers["location"]).raw_path, "ascii") == place
        assert client.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("stem", ["language/de", "source/wire/section/warndienst"])
def test_a_change_of_section_or_language_has_a_date(client: httpx.Client, stem: str) -> None:
    now, then, before = (
        feedparser.parse(client.get(f"/feeds/{stem}.atom{query}").content)
        for query in ("", f"?asof={dt.datetime.now(dt.UTC):%Y-%m-%d}", "?asof=2026-01-01")
    )
    newest = [one.id for one in now.entries]
    assert [one.id for one in then.entries][: len(newest)] == newest
    assert newest
    assert before.entries == []


def test_a_site_that_is_rebuilt_from_the_archive_is_the_same(home: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    result = communique("mirror", "rebuild", "--to", str(again), home=home)
    assert result.returncode == 0, result.stderr
    assert told(again / "communique.db") == told(home / "communique.db")
    assert site(again) == site(home)


def test_pages_of_hidden_releases_are_restored_unchanged(home: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(home, tmp_path / "home"))
    before = site(copy)
    store = home_at(copy).store()
    named = [one.id for one in store.releases(Facet(source="wire", section="warndienst"))]
    store.close()
    assert communique("releases", "hide", *named, "--why", "a test", home=copy).returncode == 0
    publish(copy)
    assert not [name for name in site(copy) if "warndienst" in name]
    assert communique("releases", "unhide", *named, home=copy).returncode == 0
    publish(copy)
    assert site(copy) == before
