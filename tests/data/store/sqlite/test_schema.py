"""Stores of every released schema open, are brought up to date, and hold what they held.

Each schema has its fixture in ``schemas``, named after its last migration: a store as that version
wrote it, packed. The one of a new schema is written when it is missed, and the test then fails, so
that somebody looks at it before it is kept for good.
"""

from __future__ import annotations

import datetime as dt
import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from data.models import AlertDelivery, DayDigest, Facet, HealthEvent, HubRequest, Link, Run, Source
from data.revisions.stored_difference import changes_between
from data.search.query import Query
from data.store.sqlite.schema import migrations
from data.store.sqlite.store import SqliteStore
from docs.write_schemas import SQLITE_FILE, sqlite_schema
from tests.drafts import BODY, capture, draft
from tests.examples import thorough

SCHEMAS = Path(__file__).with_name("schemas")
NAMES = sorted(path.name for path in SCHEMAS.glob("*.db.gz"))
SOME = ("lay_tables.db.gz", *NAMES[::7])
"""The oldest schema, and a few later ones."""
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def filled(path: Path) -> None:
    """A store of two sources that tell one story, with an edit, a run and a retraction."""
    store = SqliteStore(path)
    for name in ("harbour", "wire"):
        store.register(Source(name, name.title(), f"http://{name}.example/"))
    whole = draft(capture=capture(1, NOON), section="Storm warnings")
    first = store.record(whole, seen=NOON, since=NOON).release
    store.await_files("harbour", ["http://harbour.example/a.pdf"])
    store.record(draft("http://wire.example/1", source="wire"), seen=NOON, since=NOON)
    edited = draft(body_text=BODY.replace("4.2", "4.6"))
    store.record(edited, seen=NOON + HOUR, since=NOON + HOUR)
    gone = draft("http://harbour.example/news/2", title="Tides", body_text="Low tide at noon.")
    second = store.record(gone, seen=NOON, since=NOON).release
    store.retract(second.id, at=NOON + HOUR, why="It was a test.")
    store.note_links(
        "harbour", {"harbour.example/9": Link("http://harbour.example/9", "")}, limit=1
    )
    store.add_run(Run("harbour", NOON, 1.0, new=2))
    store.keep_template("harbour", "news", "{}")
    store.keep_source_reading("harbour", "{}")
    store.add_archive_pages({Facet(): {1: [first.id]}})
    store.add_day_digest(DayDigest("2026-03-02", NOON, ((first.id, "Tides", "Harbour"),), 1))
    store.add_health_events([HealthEvent("harbour", False, NOON, "closed", "blocked")])  # noqa: FBT003 - its state
    store.note_feeds([("feeds/all.atom", "1 2 3", b"old")], told=True)
    asked = HubRequest("subscribe", "https://reader.example/", "t")
    store.add_subscription(asked, "feeds/all.atom", "reader.example", 9.0)
    store.settle_events(0, [AlertDelivery("msg_1", "ships", "webhook", b"{}", 1.0)])
    store.update_search_index()
    assert store.release(first.id)
    store.maintain()
    store.close()


def tables(path: Path) -> dict[str, str]:
    """The SQL of all that a schema lays, white space aside."""
    with closing(sqlite3.connect(path)) as db:
        laid = db.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        return {name: " ".join(sql.split()) for name, sql in laid}


def changes_in(path: Path) -> list[tuple[int, int, str, int]]:
    """The log of changes of an earlier schema: API clients have cursors in it."""
    with closing(sqlite3.connect(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'logged_changes'").fetchall():
            return []
        return db.execute("SELECT number, mark, kind, release FROM logged_changes").fetchall()


def alerts_in(path: Path) -> list[tuple[str, float, int, bool]] | None:
    """The events for watches in the queue of an earlier schema, or None if it has no queue."""
    with closing(sqlite3.connect(path)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alert_events'").fetchall():
            return None
        rows = db.execute("SELECT kind, at, revision, backlog FROM alert_events")
        return sorted((kind, at, revision, bool(old)) for kind, at, revision, old in rows)


def test_the_present_schema_has_a_fixture(tmp_path: Path) -> None:
    with closing(Database(memory=True)) as empty:
        last = migrations.pending(empty)[-1].name
    fixture = SCHEMAS / f"{last}.db.gz"
    if not fixture.exists():
        filled(tmp_path / "filled.db")
        with closing(sqlite3.connect(tmp_path / "filled.db")) as db:
            db.execute("PRAGMA page_size = 512")
            db.execute("VACUUM INTO ?", [str(tmp_path / "small.db")])
        fixture.write_bytes(gzip.compress((tmp_path / "small.db").read_bytes(), mtime=0))
        pytest.fail(f"{fixture.name} was missing and is written: look at it, and keep it")


def test_the_written_schema_is_current_and_creates_the_same_tables(tmp_path: Path) -> None:
    written = SQLITE_FILE.read_text()
    assert written == sqlite_schema(), "run python docs/write_schemas.py URL"
    SqliteStore(tmp_path / "fresh.db").close()
    with closing(sqlite3.connect(tmp_path / "written.db")) as db:
        db.executescript(written)
    fresh = tables(tmp_path / "fresh.db")
    assert tables(tmp_path / "written.db") == {
        name: sql for name, sql in fresh.items() if "sqlite_migrations" not in name
    }


@pytest.mark.parametrize("name", [*SOME, *thorough(*(name for name in NAMES if name not in SOME))])
def test_a_store_of_every_schema_is_brought_up_to_date_and_works(name: str, tmp_path: Path) -> None:
    path = tmp_path / "communique.db"
    path.write_bytes(gzip.decompress((SCHEMAS / name).read_bytes()))
    logged, queued = changes_in(path), alerts_in(path)
    store = SqliteStore(path)
    SqliteStore(tmp_path / "fresh.db").close()
    assert tables(path) == tables(tmp_path / "fresh.db")
    assert store.facets()[Facet()] == 3
    (first, copy, gone) = store.by_first_seen()
    assert first.revision == 2
    assert first.story == copy.story is not None
    assert store.why_retracted(gone.id) == "It was a test."
    # What an earlier version entered into the search index is entered anew.
    store.update_search_index()
    assert [one.id for one in store.search(Query("tide"), limit=5)] == [gone.id]
    assert store.recall("harbour").unread == ("http://harbour.example/9",)
    assert [run.new for run in store.runs("harbour", limit=5)] == [2]
    assert store.archive_page(Facet(), 1) == (first.id,)
    assert store.day_digest("2026-03-02") is not None
    assert store.last_health_events()["harbour"].state == "blocked"
    assert store.subscriptions() == {("feeds/all.atom", "https://reader.example/"): 9.0}
    told = store.release_events(limit=20)
    with closing(sqlite3.connect(path)) as db:
        now = db.execute("SELECT number, mark, kind, release FROM events").fetchall()
    assert logged == now[: len(logged)]
    assert queued is None or queued == sorted(
        (one.kind, one.at.timestamp(), one.revision, one.backlog)
        for one in store.queued_events(limit=20)
    )
    assert told is not None
    assert sorted(one.kind for one in told if one.kind != "update") == [
        *("edit", "new", "new", "new", "retraction")
    ]
    # A store of an earlier schema has no differences, which are computed once.
    store.compute_differences(limit=9)
    assert store.compute_differences(limit=9) == 0
    before, after = store.revisions(first.id)
    assert after.difference
    assert [one.field for one in changes_between(before, after)] == ["body"]
    store.update_search_index()
    assert [one.id for one in store.search_newest(Query("edit:figure"), limit=5).releases] == [
        first.id
    ]
    # It goes on as it began: a third telling joins the story, the same page is the same release.
    again = store.record(draft(), seen=NOON + 2 * HOUR, since=NOON + 2 * HOUR)
    third = store.record(draft("http://post.example/1", source="post"), seen=NOON, since=NOON)
    assert (again.release.id, third.release.story) == (first.id, first.story)
    store.close()


@pytest.mark.parametrize("section", ["Storm warnings", None])
def test_an_earlier_store_with_sections_is_indexed_again(
    section: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "communique.db"
    store = SqliteStore(path)
    release = store.record(draft(section=section), seen=NOON, since=NOON).release
    store.update_search_index()
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'index_sections'")
    store = SqliteStore(path)
    assert store.awaits_indexing() == (section is not None)
    store.update_search_index()
    assert [one.id for one in store.search(Query("lamps"), limit=5)] == [release.id]
    found = store.search_newest(Query("kind:storm-warnings"), limit=5).releases
    assert [one.id for one in found] == ([release.id] if section else [])
    store.close()
