"""Sources that get another id, and those that are collected no more."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from data.errors import RenamedSource
from data.models import Capture, Facet, Handling, HealthEvent, HubRequest, Media, Run, Source
from data.search.query import Query
from data.store.core.store import Store
from data.store.shared_sql.sources import TABLES_WITH_SOURCE, WHY_HIDDEN
from data.store.sqlite.store import SqliteStore
from tests.drafts import draft

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def filled(store: Store, noon: dt.datetime) -> Store:
    """A store of three releases of ``harbour`` and one of ``wire``, which tells the same."""
    for name in ("harbour", "wire"):
        store.register(Source(name, name.title(), f"http://{name}.example/"))
    for number in range(1, 4):
        text = f"Ships of pier {number} wait for the pilots of the outer basin."
        store.record(
            draft(
                f"http://harbour.example/{number}",
                title=f"Pier {number}",
                body_text=text,
                section="Outer piers",
            ),
            seen=noon,
            since=noon,
        )
    store.record(
        draft("http://wire.example/1", source="wire", title="Wire", body_text="Rain."),
        seen=noon,
        since=noon,
    )
    store.update_search_index()
    return store


def ids(store: Store, facet: Facet) -> set[str]:
    return {one.id for one in store.releases(facet)}


def test_every_table_that_names_a_source_is_known(sqlite_store: SqliteStore) -> None:
    rows = sqlite_store._ask(  # noqa: SLF001 - of the schema there is no verb
        "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND c.name = 'source'"
    )
    assert {name for (name,) in rows} == {*TABLES_WITH_SOURCE, "facets", "removed_sources"}


def test_all_data_of_a_source_follows_its_new_name(filled: Store, noon: dt.datetime) -> None:
    before = ids(filled, Facet(source="harbour"))
    filled.add_run(Run("harbour", noon, 1.0, new=3))
    filled.add_health_events([HealthEvent("harbour", False, noon, "closed", "blocked")])  # noqa: FBT003 - its state
    piers = Facet(source="harbour", section="outer-piers")
    filled.add_archive_pages({one: {1: sorted(before)[:1]} for one in (Facet("harbour"), piers)})
    assert filled.rename_source("harbour", "port")
    filled.update_search_index()
    assert sorted(filled.sources()) == ["port", "wire"]
    assert ids(filled, Facet(source="port")) == before
    assert ids(filled, Facet(source="harbour")) == set()
    assert filled.facets()[Facet(source="port")] == 3
    assert Facet(source="harbour") not in filled.facets()
    moved = Facet(source="port", section="outer-piers")
    assert ids(filled, moved) == before
    assert (filled.facets()[moved], filled.archive_page_count(moved)) == (3, 1)
    assert filled.section_labels() == {("port", "outer-piers"): "Outer piers"}
    assert [run.source for run in filled.runs("port", limit=1)] == ["port"]
    assert filled.last_health_events()["port"].state == "blocked"
    assert filled.archive_page_count(Facet(source="port")) == 1
    assert len(filled.search(Query("pilots", "port"), limit=9)) == 3
    assert filled.search(Query("pilots", "harbour"), limit=9) == ()
    # A page that is seen again is the release that it was.
    again = filled.record(
        draft("http://harbour.example/1", source="port", title="Pier 1", body_text="Other words."),
        seen=noon + HOUR,
        since=noon + HOUR,
    )
    assert again.kind == "changed"
    assert again.release.id in before
    assert not filled.rename_source("harbour", "quay")


def test_a_source_is_renamed_in_the_transaction_that_fills_it(
    store: Store, noon: dt.datetime
) -> None:
    with store.transaction():
        store.register(Source("harbour", "Harbour", ""))
        store.record(draft(), seen=noon, since=noon)
        store.rename_source("harbour", "port")
        other = draft("http://harbour.example/2", source="port", title="Ice", body_text="Ice.")
        store.record(other, seen=noon, since=noon)
        store.rename_source("port", "quay")
    assert store.facets()[Facet(source="quay")] == 2
    assert {facet.source for facet in store.facets()} == {None, "quay"}


def test_a_new_name_reaches_releases_that_are_not_read_again(
    store: Store, noon: dt.datetime
) -> None:
    store.register(Source("harbour", "Harbour", ""))
    for number, publisher in enumerate(("Harbour", "Harbour", "Pilots")):
        url, text = f"http://harbour.example/{number}", f"Ships wait at pier {number}."
        given = draft(url, title=f"Pier {number}", body_text=text, publisher=publisher)
        store.record(given, seen=noon, since=noon)
    gone = store.find_releases("http://harbour.example/1", limit=1)[0]
    edited = draft(
        "http://harbour.example/0", title="Pier closed", body_text="No ships.", publisher="Harbour"
    )
    store.record(edited, seen=noon + HOUR, since=noon)
    store.retract(gone.id, at=noon + HOUR)
    seen = len(store.release_events(limit=99) or ())
    store.register(Source("harbour", "Port", ""))
    store.register(Source("harbour", "Port", ""))
    found = {one.id: one for one in store.releases(Facet(source="harbour"))}
    assert sorted(str(one.content.publisher) for one in found.values()) == [
        "Pilots",
        "Port",
        "Port",
    ]
    assert found[gone.id].retracted
    changes = store.release_events(limit=99) or ()
    assert [one.kind for one in changes[seen:]] == ["update", "update"]
    (first,) = store.find_releases("http://harbour.example/0", limit=1)
    versions = store.revisions(first.id)
    assert len(versions) > 1
    assert {one.content.publisher for one in versions} == {"Port"}


def test_a_new_name_needs_as_many_statements_for_many_releases_as_for_few(
    sqlite_store: SqliteStore, noon: dt.datetime
) -> None:
    store = sqlite_store
    store.register(Source("harbour", "A", ""))
    counts = []
    for number, (old, new) in enumerate(pairwise("ABC")):
        for one in range(1 + 5 * number):
            url, text = f"http://harbour.example/{number}/{one}", f"Ships wait at {number}/{one}."
            given = draft(url, title=f"Pier {number}/{one}", body_text=text, publisher=old)
            store.record(given, seen=noon, since=noon)
        statements: list[str] = []
        store._connection.db.set_trace_callback(statements.append)  # noqa: SLF001 - nothing else counts them
        store.register(Source("harbour", new, ""))
        store._connection.db.set_trace_callback(None)  # noqa: SLF001
        counts.append(len([one for one in statements if "content" in one]))
    assert counts == [2, 2]
    found = store.releases(Facet(source="harbour"))
    assert {one.content.publisher for one in found} == {"C"}


def test_a_former_id_is_never_given_to_another_source(filled: Store) -> None:
    filled.rename_source("harbour", "port")
    with pytest.raises(RenamedSource, match="'harbour' was renamed to 'port'"):
        filled.register(Source("harbour", "Another Harbour", ""))
    assert sorted(filled.sources()) == ["port", "wire"]


def test_all_ids_of_a_source_lead_to_the_present_one(filled: Store) -> None:
    filled.rename_source("harbour", "port")
    filled.rename_source("port", "quay")
    assert list(filled.source_moves().items()) == [("harbour", "quay"), ("port", "quay")]
    filled.rename_source("quay", "harbour")
    # The first stays the first.
    assert list(filled.source_moves().items()) == [
        ("harbour", "harbour"),
        ("port", "harbour"),
        ("quay", "harbour"),
    ]
    filled.register(Source("harbour", "Harbour", ""))


def test_leftovers_under_a_former_id_block_nothing(filled: Store) -> None:
    filled.keep_template("harbour", "news", "{}")
    filled.rename_source("harbour", "port")
    filled.keep_template("harbour", "news", "left")
    filled.rename_source("port", "harbour")
    assert filled.templates("harbour") == ("{}",)


def test_subscribers_follow_a_feed_to_its_new_address(filled: Store) -> None:
    asked = HubRequest("subscribe", "https://reader.example/", "t")
    old, new = "feeds/source/harbour.atom", "feeds/source/port.atom"
    filled.note_feeds([(old, "1 2 3", b"old")], told=True)
    filled.add_subscription(asked, old, "reader.example", 9.0)
    others = ("feeds/source/harbour-2.atom", "feeds/all.atom")
    filled.note_feeds([(one, "7 8 9", b"") for one in others], told=True)
    topic = "feeds/source/harbour/topic/tides.rss"
    filled.note_feeds([(topic, "7 8 9", b"")], told=True)
    filled.move_feeds("feeds/source/harbour", "feeds/source/port")
    assert filled.feed_stamps().keys() == {new, "feeds/source/port/topic/tides.rss", *others}
    filled.note_feeds([(new, "4 5 6", b"new")], told=False)
    (due,) = filled.pending_deliveries(1.0, [], limit=5)
    assert (due.file, due.callback) == (new, asked.callback)


def test_a_removed_source_is_hidden_and_restored_unchanged(
    filled: Store, noon: dt.datetime
) -> None:
    wrong, *_ = sorted(ids(filled, Facet(source="harbour")))
    filled.hide(wrong, at=noon, why="a notice")
    before, counts = ids(filled, Facet()), filled.facets()
    assert filled.remove_source("harbour", at=noon, kept=False)
    assert not filled.remove_source("harbour", at=noon + HOUR, kept=False)
    assert {one.source for one in filled.releases(Facet())} == {"wire"}
    assert Facet(source="harbour") not in filled.facets()
    assert Facet(source="harbour", section="outer-piers") not in filled.facets()
    assert filled.facets()[Facet()] == 1
    assert len(filled.hidden()) == 3
    hidden = filled.hidden_release(min(before & filled.hidden()))
    assert hidden is not None
    assert (hidden.at, hidden.why) == (noon, WHY_HIDDEN)
    # One by one they don't come back.
    assert not filled.unhide(hidden.release)
    filled.register(Source("harbour", "Harbour", ""))
    assert (ids(filled, Facet()), filled.facets()) == (before, counts)
    assert filled.hidden() == {wrong}
    assert filled.removed_sources() == {}


def test_a_source_that_was_paused_and_removed_is_visited_when_it_is_added_again(
    filled: Store, noon: dt.datetime
) -> None:
    for name in ("harbour", "wire"):
        filled.handle(name, Handling("paused", noon, "they asked us to"))
    assert filled.rename_source("wire", "cable")
    assert filled.remove_source("harbour", at=noon, kept=True)
    assert filled.handlings(noon).keys() == {"cable"}


def test_files_that_visible_releases_of_a_source_show_are_found(
    filled: Store, noon: dt.datetime
) -> None:
    url = "http://wire.example/a_b%20c.png?v=1&key={}"
    wire = draft(
        "http://wire.example/2", source="wire", images=(Media(url.format(1), "image/png"),)
    )
    filled.record(wire, seen=noon, since=noon)
    for shown, is_shown in (
        (url.format(1), True),
        (url.format("***"), True),
        (url.format(""), False),
        (url.format(11), False),
        (url.format(1).replace("_", "x"), False),
        (url.format(1).replace("%20", "%"), False),
    ):
        assert filled.is_file_shown(["harbour", "wire"], shown) is is_shown, shown
    assert not filled.is_file_shown(["harbour"], url.format(1))
    filled.begin_walk("wire", "http://wire.example/feed", "rules", at=noon)
    assert ("wire", "http://wire.example/feed") in filled.listing_addresses()
    capture = Capture("urn:uuid:1", "a.warc.gz", 0, 9, "sha256:aa", 1, noon)
    filled.keep_file("wire", url.format(1), capture)
    assert filled.files_of_removed() == []
    filled.remove_source("wire", at=noon, kept=False)
    assert filled.files_of_removed() == [("wire", url.format(1))]
    assert not filled.is_file_shown(["wire"], url.format(1))


def test_kept_releases_may_be_removed_later(filled: Store, noon: dt.datetime) -> None:
    counts = filled.facets()
    published = filled.change_cursor()
    assert filled.remove_source("harbour", at=noon, kept=True)
    assert filled.facets() == counts
    # Its own feeds say so.
    section = Facet(source="harbour", section="outer--piers")
    assert filled.dirty_feeds(published) == {Facet(), Facet(source="harbour"), section}
    assert filled.remove_source("harbour", at=noon + HOUR, kept=False)
    assert filled.facets()[Facet()] == 1
    assert filled.remove_source("harbour", at=noon + HOUR, kept=True)
    assert filled.facets() == counts
    (removed,) = filled.removed_sources().values()
    assert (removed.at, removed.kept) == (noon, True)
    assert not filled.remove_source("no-such-source", at=noon, kept=False)
