"""What was published once is kept: archive pages, digests of days, health events, subscriptions."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest

from data.errors import StoreError
from data.models import DayDigest, Facet, HealthEvent, HubRequest, Neighbours, PendingTopic
from data.store.core.store import Store
from data.store.shared_sql.facets import dirty_feeds
from data.store.sqlite.store import SqliteStore
from data.topics.facets import facet_of, keys_at
from tests.drafts import BODY, draft, published

DAY = dt.timedelta(days=1)
ALL, TRANSPORT = Facet(), Facet(topic="transport")


def three(store: Store, noon: dt.datetime) -> list[str]:
    """The ids of three releases."""
    drafts = [draft(f"http://harbour.example/{n}", body_text=f"Notice {n}.") for n in range(3)]
    return [store.record(one, seen=noon, since=noon).release.id for one in drafts]


def test_events_make_present_and_former_facets_dirty() -> None:
    assert dirty_feeds([]) == frozenset()
    filed = ("harbour", '["transport"]', "2026-03-02", "Tides", "en")
    keys = keys_at("harbour", ["transport"], "2026-03-02", "Tides", "en")
    dirty = {facet_of(*key) for key in keys}
    assert dirty_feeds([(*filed, "{}")]) == dirty
    moved = (*filed, '{"left":[["","energy","","",""],["port","energy","","",""]]}')
    former = {Facet(topic="energy"), Facet(source="port", topic="energy")}
    assert dirty_feeds([moved]) == dirty | former
    other = ("port", "[]", "", None, None, "{}")
    assert dirty_feeds([moved, other]) == dirty | former | {Facet(source="port")}


def test_a_release_that_leaves_a_topic_makes_it_dirty(store: Store, noon: dt.datetime) -> None:
    store.record(draft(topics=("energy", "transport")), seen=noon, since=noon)
    published = store.change_cursor()
    for number, topics in enumerate((("people",), ("transport",)), start=1):
        seen = noon + number * DAY
        store.record(draft(topics=topics, body_text=f"{number}"), seen=seen, since=seen)
    dirty = store.dirty_feeds(published)
    assert {Facet(topic=one) for one in ("energy", "people", "transport")} <= dirty
    assert Facet(topic="energy") not in store.facets()


def test_an_edit_makes_the_feeds_of_its_story_dirty(store: Store, noon: dt.datetime) -> None:
    for source in ("harbour", "port"):
        url = f"http://{source}.example/1"
        store.record(draft(url, source=source, body_text=BODY), seen=noon, since=noon)
    published = store.change_cursor()
    edited = draft("http://port.example/1", source="port", title="Renamed", body_text=BODY)
    store.record(edited, seen=noon + DAY, since=noon + DAY)
    assert Facet(source="harbour") in store.dirty_feeds(published)


def test_archive_pages_hold_the_releases_that_they_were_given(
    store: Store, noon: dt.datetime
) -> None:
    one, two, three_ = three(store, noon)
    assert store.archive_page_count(ALL) == 0
    store.add_archive_pages({ALL: {1: [two], 2: [one]}, TRANSPORT: {1: [three_]}})
    assert [store.archive_page_count(facet) for facet in (ALL, TRANSPORT)] == [2, 1]
    assert [store.archive_page(ALL, page) for page in (1, 2, 3)] == [(two,), (one,), ()]
    assert store.archived(ALL, [one, two, three_]) == {one: 2, two: 1}
    assert store.archived(Facet("harbour"), [one]) == {}


def test_a_release_is_on_one_archive_page_of_a_feed_and_a_page_is_written_whole_or_not(
    store: Store, noon: dt.datetime
) -> None:
    one, two, _ = three(store, noon)
    store.add_archive_pages({ALL: {1: [one]}})
    with pytest.raises(StoreError):
        store.add_archive_pages({ALL: {2: [two, one]}})
    assert store.archive_page_count(ALL) == 1
    assert store.archived(ALL, [one, two]) == {one: 1}


def test_a_digest_of_a_day_is_kept_as_first_published(store: Store, noon: dt.datetime) -> None:
    first = DayDigest("2026-03-01", noon, (("id", "Tides", "Harbour Board"),), 1)
    store.add_day_digest(first)
    store.add_day_digest(DayDigest("2026-03-01", noon + DAY, (), 0))
    assert store.day_digest("2026-03-01") == first
    assert store.day_digest("2026-03-02") is None


def test_health_events_are_reported_in_order_with_the_last_of_each_source(
    store: Store, noon: dt.datetime
) -> None:
    events = [
        HealthEvent("harbour", False, noon, "it is closed", "blocked"),  # noqa: FBT003 - its state
        HealthEvent("wire", False, noon, "", "silent"),  # noqa: FBT003
        HealthEvent("harbour", True, noon + DAY / 7, "", "ok"),  # noqa: FBT003
    ]
    store.add_health_events(events[:1])
    store.add_health_events(events[1:])
    assert store.health_events(limit=9) == tuple(events)
    assert store.health_events(limit=1) == tuple(events[2:])
    assert store.last_health_events() == {"wire": events[1], "harbour": events[2]}


def test_an_undelivered_hub_message_survives_a_restart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    store.note_feeds([("feeds/all.atom", "1 2 3", b"old")], told=True)
    asked = HubRequest("subscribe", "https://reader.example/", "t", secret="s")  # noqa: S106
    store.add_subscription(asked, "feeds/all.atom", "reader.example", 9.0)
    store.note_feeds([("feeds/all.atom", "1 2 4", b"new")], told=False)
    store.close()
    again = SqliteStore(tmp_path / "communique.db")
    (topic,) = again.pending_topics(0.0, 9)
    assert topic == PendingTopic("feeds/all.atom", b"new", 0)
    (delivery,) = again.pending_deliveries(0.0, (), 9)
    assert (delivery.callback, delivery.secret) == (asked.callback, "s")
    again.mark_announced(topic)
    again.mark_delivered(delivery, topic.digest)
    assert (again.pending_topics(9.0, 9), again.pending_deliveries(9.0, (), 9)) == ([], [])
    again.close()


def test_only_its_owner_may_read_a_store_with_subscriber_secrets(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    store.keep_private()
    store.note_feeds([("feeds/all.atom", "1 2 3", b"old")], told=True)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes.keys() == {"communique.db", "communique.db-wal", "communique.db-shm"}
    assert set(modes.values()) == {0o600}
    store.close()


def test_neighbours_are_those_of_the_source_in_the_order_of_feeds(
    store: Store, noon: dt.datetime
) -> None:
    days = ("2026-03-01", "2026-03-02", "2026-03-02", "2026-03-02", "2026-03-03")
    for source in ("harbour", "wire"):
        for number, day in enumerate(days):
            one = draft(
                f"http://{source}.example/{number}",
                source=source,
                title=f"{source} {number}",
                body_text=f"Basin {number} of {source} is closed until the dredger has passed it.",
                published=published(day),
            )
            store.record(one, seen=noon, since=noon)
    row = [one.id for one in store.summaries(Facet(source="harbour"))]
    around = store.neighbours([*row, "unknown"])
    assert set(around) == set(row)
    assert [ids_of(around[one]) for one in row] == list(
        zip([None, *row], [*row[1:], None], strict=False)
    )
    store.hide(row[2], at=noon, why="a test")
    around = store.neighbours(row[1:4])
    assert ids_of(around[row[1]]) == (row[0], row[3])
    assert ids_of(around[row[2]]) == (row[1], row[3])
    assert ids_of(around[row[3]]) == (row[1], row[4])
    newest = around[row[1]].newer
    assert newest
    assert (newest.title, newest.language, newest.day) == ("harbour 4", "en", "2026-03-03")


def ids_of(around: Neighbours) -> tuple[str | None, str | None]:
    """The ids of two neighbours."""
    newer, older = around.newer, around.older
    return newer.id if newer else None, older.id if older else None
