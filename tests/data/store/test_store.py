"""What the store keeps, and what it says became of a draft."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from data.errors import StoreError
from data.models import (
    Facet,
    HubRequest,
    Media,
    PublicationTime,
    Published,
    RecordPlace,
    Run,
    RunError,
    Source,
    Validator,
)
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql import releases as releases_module
from data.store.shared_sql.connection import Part
from data.store.sqlite.store import SqliteStore
from data.topics.facets import facets_of
from scheduler.home.home import open_home
from tests.drafts import BODY, capture, draft, published

HOUR = dt.timedelta(hours=1)


def test_the_language_of_a_source_is_that_of_most_of_its_newest_releases(
    store: Store, noon: dt.datetime
) -> None:
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/", "Europe/Oslo"))
    for number, language in enumerate(["de", "de", None, None, None, "en"], 1):
        one = draft(
            f"http://harbour.example/news/{number}",
            title=f"Notice {number}",
            body_text=f"Notice number {number} of the board.",
            body_html="",
            published=published(f"2026-02-0{number}"),
            language=language,
        )
        store.record(one, seen=noon, since=noon)
    assert store.newest_of_sources(limit=6) == {"harbour": ("2026-02-06", "de")}
    assert store.newest_of_sources(limit=3) == {"harbour": ("2026-02-06", "en")}


def test_no_two_parts_of_the_store_have_a_method_of_the_same_name() -> None:
    parts = [part for part in Store.__mro__[1:] if part not in {Part, object}]
    names = Counter(name for part in parts for name in vars(part) if not name.startswith("_"))
    assert [name for name, count in names.items() if count > 1] == []
    assert len(parts) > 20


def test_a_first_sight_is_new_and_a_second_is_unchanged(store: Store, noon: dt.datetime) -> None:
    first = store.record(draft(), seen=noon, since=noon)
    second = store.record(draft(), seen=noon + HOUR, since=noon + HOUR)
    assert (first.kind, second.kind) == ("new", "unchanged")
    assert first.release.id == second.release.id
    kept = store.release(first.release.id)
    assert kept is not None
    assert (kept.first_seen, kept.last_seen, kept.updated) == (noon, noon + HOUR, noon)
    assert kept.content.body_text == BODY


def test_an_edit_makes_a_revision_and_keeps_the_id_and_the_date(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    edited = draft(body_text=BODY.replace("4.2", "4.6"), published=published("2026-03-05"))
    verdict = store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    assert (verdict.kind, verdict.fields) == ("changed", ("body",))
    assert (verdict.release.id, verdict.release.revision) == (first.id, 2)
    assert verdict.release.published == first.published
    assert verdict.release.updated == noon + HOUR
    assert ["4.2" in r.content.body_text for r in store.revisions(first.id)] == [True, False]


@pytest.mark.parametrize(
    "noise",
    [
        {"body_text": BODY.replace(" ", "  ").upper().lower() + "\n\nViews: 1841"},
        {"body_html": "<div><p>other markup</p></div>"},
        {"title": "New  Signal Station Opened"},
        {"body_text": BODY + "\n\nViews: 376 | Visits today: 12"},
    ],
)
def test_white_space_counters_and_markup_are_not_changes(
    store: Store, noon: dt.datetime, noise: dict[str, str]
) -> None:
    store.record(draft(), seen=noon, since=noon)
    assert store.record(draft(**noise), seen=noon + HOUR, since=noon + HOUR).kind == "unchanged"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.harbour.example/news/1/",
        "http://harbour.example:80/news/1?utm_source=mail#top",
        "http://harbour.example/news/1;jsessionid=0A1B",
    ],
)
def test_another_spelling_of_the_address_is_the_same_release(
    store: Store, noon: dt.datetime, url: str
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    again = store.record(draft(url), seen=noon + HOUR, since=noon + HOUR)
    assert (again.kind, again.release.id) == ("unchanged", first.id)


def test_a_page_at_a_new_address_is_the_same_release_and_the_old_one_an_alias(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    new = "http://harbour.example/en/press/signal-station"
    moved = store.record(draft(new), seen=noon + HOUR, since=noon + HOUR).release
    assert (moved.id, moved.url) == (first.id, new)
    assert set(moved.aliases) == {first.url, new}


def test_the_same_title_with_another_text_is_another_release(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(title="Personnel announcement"), seen=noon, since=noon)
    other = draft(
        "http://harbour.example/news/2",
        title="Personnel announcement",
        body_text="Ivo Marell has been made head of the pilots' office as of the first of April.",
    )
    second = store.record(other, seen=noon + HOUR, since=noon + HOUR)
    assert second.kind == "new"
    assert second.release.id != first.release.id


def test_two_notices_of_one_template_that_are_both_alive_stay_two(
    store: Store, noon: dt.datetime
) -> None:
    notice = BODY + "\n\nBerth {} is closed."
    store.record(draft(body_text=notice.format(4)), seen=noon, since=noon)
    other = draft("http://harbour.example/news/2", body_text=notice.format(5))
    assert store.record(other, seen=noon, since=noon).kind == "new"


def test_a_canonical_address_that_names_the_front_page_merges_nothing(
    store: Store, noon: dt.datetime
) -> None:
    home = "http://harbour.example/"
    one = draft(canonical=home)
    two = draft("http://harbour.example/news/2", canonical=home, title="Tides", body_text="Low.")
    first = store.record(one, seen=noon, since=noon, front=[home])
    second = store.record(two, seen=noon, since=noon, front=[home])
    assert (first.kind, second.kind) == ("new", "new")


def test_the_same_text_at_another_institution_is_one_story_and_both_are_kept(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    copy = draft("http://wire.example/77", source="wire", body_text="As sent to us.\n\n" + BODY)
    second = store.record(copy, seen=noon + HOUR, since=noon + HOUR)
    assert second.kind == "new"
    assert second.release.story is not None
    assert [r.id for r in store.story(second.release.story)] == [first.id, second.release.id]


def test_a_page_that_lost_its_body_keeps_the_last_good_text(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    verdict = store.record(draft(body_text="", body_html=""), seen=noon + HOUR, since=noon + HOUR)
    assert verdict.kind == "unchanged"
    assert verdict.doubt
    kept = store.release(first.id)
    assert kept is not None
    assert kept.content == first.content


def test_a_text_that_only_ends_earlier_counts_when_a_second_visit_finds_it(
    store: Store, noon: dt.datetime
) -> None:
    shorter = BODY.rpartition("from")[0]
    files = (Media("http://harbour.example/plan.pdf", "application/pdf"),)
    first = store.record(draft(digest="d1", attachments=files), seen=noon, since=noon).release
    cut = draft(digest="d2", body_text=shorter, attachments=())
    for minutes in (60, 61):
        since = noon + HOUR
        verdict = store.record(cut, seen=noon + dt.timedelta(minutes=minutes), since=since)
        assert (verdict.kind, bool(verdict.doubt)) == ("unchanged", True), "of one visit"
    whole = draft(digest="d1", attachments=files)
    store.record(whole, seen=noon + 2 * HOUR, since=noon + 2 * HOUR)
    verdict = store.record(cut, seen=noon + 3 * HOUR, since=noon + 3 * HOUR)
    assert verdict.kind == "unchanged", "the visit in between read all of it"
    verdict = store.record(cut, seen=noon + 4 * HOUR, since=noon + 4 * HOUR)
    assert (verdict.kind, verdict.fields) == ("changed", ("attachments", "body"))
    assert verdict.release.updated == noon + 4 * HOUR
    assert (verdict.release.id, verdict.release.revision) == (first.id, 2)


def test_an_imported_text_that_ends_earlier_is_an_edit_at_once(
    store: Store, noon: dt.datetime
) -> None:
    store.record(draft(), seen=noon, since=noon)
    verdict = store.record(draft(body_text=BODY[:150]), seen=noon + HOUR, since=noon + HOUR)
    assert verdict.kind == "changed"


def test_identical_bytes_are_unchanged_even_if_our_extraction_improved(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(digest="d1"), seen=noon, since=noon).release
    better = draft(digest="d1", body_text=BODY + "\n\nA paragraph that was missed.")
    verdict = store.record(better, seen=noon + HOUR, since=noon + HOUR)
    assert (verdict.kind, verdict.release.revision) == ("unchanged", 1)
    kept = store.release(first.id)
    assert kept is not None
    assert "was missed" in kept.content.body_text
    assert kept.updated == noon


def test_a_missing_release_stays_until_it_is_retracted_and_its_return_undoes_that(
    store: Store, noon: dt.datetime
) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    later, last = noon + HOUR, noon + 2 * HOUR
    assert store.mark_gone(release.id, seen=later) == "gone"
    assert store.mark_gone(release.id, seen=later + HOUR / 2) == "still gone"
    (gone,) = store.vanished("harbour")
    assert (gone.id, gone.since, gone.held) == (release.id, later, False)
    assert store.retract(release.id, at=last, why="the Board says so")
    assert not store.retract(release.id, at=last + HOUR)
    assert store.mark_gone(release.id, seen=last + HOUR) == "retracted"
    assert store.vanished("harbour") == ()
    assert store.why_retracted(release.id) == "the Board says so"
    kept = store.release(release.id)
    assert kept is not None
    assert (kept.retracted, kept.updated, kept.content) == (last, last, release.content)
    assert store.mark_unchanged(release.id, seen=last + 2 * HOUR) == "changed"
    kept = store.release(release.id)
    assert kept is not None
    assert kept.retracted is None
    assert store.why_retracted(release.id) == ""


def test_a_held_release_stays_so_until_it_is_back_or_retracted(
    store: Store, noon: dt.datetime
) -> None:
    pages = [draft(f"http://harbour.example/{n}", body_text=f"Pier {n} " * 9) for n in range(3)]
    ids = [store.record(page, seen=noon, since=noon).release.id for page in pages]
    for one in ids:
        store.mark_gone(one, seen=noon + HOUR)
    store.hold({ids[0]: None, ids[1]: noon + 2 * HOUR})
    held = {one.id: (one.held, one.unlisted) for one in store.vanished("harbour")}
    assert held == {
        ids[0]: (True, None),
        ids[1]: (True, noon + 2 * HOUR),
        ids[2]: (False, None),
    }
    store.record(pages[0], seen=noon + 3 * HOUR, since=noon + 3 * HOUR)
    store.retract(ids[1], at=noon + 3 * HOUR)
    for one in ids[:2]:
        store.mark_unchanged(one, seen=noon + 4 * HOUR)
        store.mark_gone(one, seen=noon + 5 * HOUR)
    assert {one.held for one in store.vanished("harbour")} == {False}


def test_a_retraction_that_was_undone_is_still_known_of_its_time(
    store: Store, noon: dt.datetime
) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    hours = [noon + number * HOUR for number in range(10)]
    for gone, back in ((1, 3), (5, 7)):
        store.mark_gone(release.id, seen=hours[gone])
        store.retract(release.id, at=hours[gone + 1])
        store.mark_unchanged(release.id, seen=hours[back])
    edited = draft(title="New signal station opened late")
    store.record(edited, seen=hours[8], since=hours[8])

    def then(hour: float) -> tuple[str, dt.datetime | None, dt.datetime]:
        (one,) = store.as_of(Facet(), noon + hour * HOUR, limit=9)
        return one.content.title, one.retracted, one.updated

    first, second = release.content.title, edited.content.title
    assert then(1.5) == (first, None, noon)
    assert then(2.5) == (first, hours[2], hours[2])
    assert then(3.5) == (first, None, hours[3])
    assert then(6.5) == (first, hours[6], hours[6])
    assert then(7.5) == (first, None, hours[7])
    assert then(8.5) == (second, None, hours[8])


def test_edited_retracted_and_returned_releases_count_as_touched(
    store: Store, noon: dt.datetime
) -> None:
    names = ("Pier", "Lock", "Crane", "Lamp")
    pages = [draft(f"https://a.example/{one}", title=one, body_text=one * 9) for one in names]
    kept = [store.record(page, seen=noon, since=noon).release.id for page in pages]
    assert store.recently_updated(limit=9) == ()
    hours = [noon + hour * HOUR for hour in range(6)]
    for one in kept[:2]:
        store.mark_gone(one, seen=hours[1])
        store.retract(one, at=hours[2])
    store.mark_unchanged(kept[0], seen=hours[3])
    store.mark_unchanged(kept[2], seen=hours[4])
    edited = draft("https://a.example/Lamp", title="Lamps", body_text="Lamp" * 9)
    store.record(edited, seen=hours[5], since=hours[5])
    assert [one.id for one in store.recently_updated(limit=9)] == [kept[3], kept[0], kept[1]]
    assert len(store.recently_updated(limit=2)) == 2


def test_a_page_seen_between_two_misses_counts_as_missed_once(
    store: Store, noon: dt.datetime
) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    store.mark_gone(release.id, seen=noon + HOUR)
    store.mark_unchanged(release.id, seen=noon + 2 * HOUR)
    assert store.mark_gone(release.id, seen=noon + 3 * HOUR) == "gone"


@pytest.mark.parametrize(
    ("day", "order_is_first_seen", "rule"),
    [
        ("2031-01-01", True, "test"),
        ("0001-01-01", True, "undated, not test"),
        ("1970-01-01", True, "undated, not test"),
        ("9999-12-30", True, "undated, not test"),
        ("1951-07-04", False, "test"),
    ],
)
def test_impossible_dates_are_replaced_by_the_first_sight_and_future_ones_sort_by_it(
    store: Store, noon: dt.datetime, day: str, *, order_is_first_seen: bool, rule: str
) -> None:
    release = store.record(draft(published=published(day)), seen=noon, since=noon).release
    assert (release.order == noon) is order_is_first_seen
    assert release.published.rule == rule
    assert release.published.raw == day


def test_a_later_undated_release_is_new_on_its_day_without_an_hour(
    store: Store, noon: dt.datetime
) -> None:
    late = noon.replace(hour=23)
    release = store.record(draft(published=None, zone="Asia/Tokyo"), seen=late, since=late).release
    assert (release.published.precision, release.published.iso) == ("none", "")
    assert release.day == "2026-03-03", "the day of first sight where the source is"
    assert release.order == late
    assert Facet(period="2026-03-03") in facets_of(release)


def test_undated_releases_of_the_first_visit_follow_dated_ones_in_page_order(
    store: Store, noon: dt.datetime
) -> None:
    for number, position in ((1, 2), (2, 0), (3, 1)):
        url, text = f"http://harbour.example/news/{number}", f"Pier {number} is closed for repairs."
        undated = draft(url, published=None, position=position, title=text, body_text=text)
        store.record(undated, seen=noon, since=noon)
    store.record(draft("http://harbour.example/news/4"), seen=noon, since=noon)
    found = [*store.releases(Facet(source="harbour"))]
    assert [one.url[-1] for one in found] == ["4", "2", "3", "1"]
    assert [one.is_backlog for one in found] == [False, True, True, True]
    assert [one.day for one in found] == ["2026-03-02", "", "", ""]
    assert [one.id for one in store.backlog("harbour", limit=2)] == [one.id for one in found[1:3]]
    assert {facet.period for facet in store.facets()} == {None, "2026", "2026-03", "2026-03-02"}


def test_a_date_takes_the_place_of_none_and_never_moves_again(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(published=None, position=0), seen=noon, since=noon).release
    later = store.record(draft(), seen=noon + HOUR, since=noon + HOUR).release
    last = store.record(
        draft(published=published("2026-02-01")), seen=noon + HOUR, since=noon + HOUR
    ).release
    assert (first.day, later.day, last.day) == ("", "2026-03-02", "2026-03-02")
    assert (later.revision, later.updated, later.id) == (1, first.updated, first.id)
    assert [one.id for one in store.releases(Facet(topic="transport"))] == [first.id]
    assert store.backlog("harbour") == ()


def test_a_release_without_a_date_is_not_the_first_of_its_story(
    store: Store, noon: dt.datetime
) -> None:
    dated = store.record(draft(), seen=noon, since=noon).release
    other = store.record(
        draft("http://wire.example/9", source="wire", published=None, position=0),
        seen=noon + HOUR,
        since=noon + HOUR,
    ).release
    assert other.story == dated.story or other.story is not None
    assert [one.id for one in store.story(other.story or "")] == [dated.id, other.id]


def test_undated_releases_are_revisited_less_often_as_they_age(
    store: Store, noon: dt.datetime
) -> None:
    url = "http://harbour.example/news/1"
    store.record(draft(url, published=None, position=0), seen=noon, since=noon)
    month = dt.timedelta(days=30)

    def due(now: dt.datetime) -> tuple[str, ...]:
        recent = dt.timedelta(days=14)
        return store.due("harbour", now=now, recent=recent, everything=False, limit=10)

    assert due(noon + month) == (url,)
    store.record(draft(url, published=None), seen=noon + month, since=noon + month)
    assert due(noon + month + HOUR) == ()
    assert due(noon + month + month) == (url,)


def test_facets_count_their_releases_and_give_them_newest_first(
    store: Store, noon: dt.datetime
) -> None:
    days = ["2026-03-01", "2026-02-27", "2025-12-31"]
    for number, day in enumerate(days):
        store.record(
            draft(
                f"http://harbour.example/news/{number}",
                published=published(day),
                body_text=f"{number} {BODY} {number}",
                topics=("transport",) if number else ("economy", "transport"),
                section="Storm warnings" if number else "STORM warnings",
                language="nb" if number else "en-GB",
            ),
            seen=noon,
            since=noon,
        )
    counts = store.facets()
    assert counts[Facet()] == counts[Facet(source="harbour")] == 3
    assert counts[Facet(source="harbour", topic="economy")] == 1
    assert counts[Facet(period="2026")] == 2
    assert counts[Facet(period="2026-02")] == counts[Facet(period="2025-12-31")] == 1
    for facet, expected in [
        (Facet(), days),
        (Facet(topic="transport"), days),
        (Facet(source="harbour", topic="economy"), days[:1]),
        (Facet(period="2026"), days[:2]),
        (Facet(period="2026-02"), days[1:2]),
        (Facet(source="harbour", section="storm-warnings"), days),
        (Facet(source="wire", section="storm-warnings"), []),
        (Facet(language="nb"), days[1:]),
        (Facet(language="en-GB"), days[:1]),
        (Facet(language="en"), []),
        (Facet(source="nobody"), []),
    ]:
        assert [r.published.iso for r in store.releases(facet)] == expected
        assert [r.published.iso for r in store.releases(facet, limit=1, offset=1)] == expected[1:2]
        assert counts.get(facet, 0) == len(expected)
        assert (
            len(store.summaries(facet)) == len(store.as_of(facet, noon, limit=9)) == len(expected)
        )
    # It is called what it was called first.
    assert store.section_labels() == {("harbour", "storm-warnings"): "STORM warnings"}


def test_a_release_in_another_section_leaves_the_former_one(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(section="Tides"), seen=noon, since=noon).release
    published = store.change_cursor()
    edited = draft(title="Signal station closed", section="Alerts")
    store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    counts = store.facets()
    assert Facet(source="harbour", section="tides") not in counts
    assert counts[Facet(source="harbour", section="alerts")] == 1
    assert [*store.releases(Facet(source="harbour", section="tides"))] == []
    (found,) = store.releases(Facet(source="harbour", section="alerts"))
    assert found.id == first.id
    assert {
        Facet(source="harbour", section="tides"),
        Facet(source="harbour", section="alerts"),
    } <= store.dirty_feeds(published)
    assert store.hide(first.id, at=noon, why="caught by mistake")
    assert store.facets() == {}
    assert [*store.releases(Facet(source="harbour", section="alerts"))] == []
    store.unhide(first.id)
    assert store.facets() == counts


def test_feeds_are_dirty_from_their_change_on(store: Store, noon: dt.datetime) -> None:
    assert store.dirty_feeds(None) == frozenset()
    first = store.record(draft(), seen=noon, since=noon).release
    dirty = store.dirty_feeds(None)
    assert dirty == facets_of(first), "without a cursor, all are"
    published = store.change_cursor()
    assert store.dirty_feeds(published) == frozenset()
    store.record(draft(title="Old signal station closed"), seen=noon + HOUR, since=noon + HOUR)
    assert store.dirty_feeds(published) == dirty
    published = store.change_cursor()
    store.record(
        draft(title="Old signal station closed"), seen=noon + 2 * HOUR, since=noon + 2 * HOUR
    )
    assert store.dirty_feeds(published) == frozenset(), "nothing changed"
    store.hide(first.id, at=noon, why="caught by mistake")
    assert store.dirty_feeds(published) == dirty
    assert store.dirty_feeds((published[0], published[1] + 1)) == dirty, "of another store"


def test_changes_since_a_point_are_reported_with_their_present_place(
    store: Store, noon: dt.datetime
) -> None:
    old = store.record(draft(), seen=noon, since=noon).release
    untouched = draft("/b", title="Another", body_text="Of something else altogether." * 9)
    store.record(untouched, seen=noon, since=noon)
    point = store.change_cursor()
    assert store.changes_since(point, limit=9) == {}
    edited = draft(title="Old signal station closed", topics=("water",))
    store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    later = draft("/c", title="A third", body_text="Neither of this nor that." * 9)
    new = store.record(later, seen=noon + HOUR, since=noon + HOUR).release
    changes = store.changes_since(point, limit=9)
    assert changes is not None
    assert set(changes) == {old.id, new.id}
    for one in (old.id, new.id):
        now = store.release(one)
        assert now is not None
        assert changes[one].facets == facets_of(now)
        assert changes[one].summary == store.summaries_of([one])[one]
    assert Facet(topic="water") in changes[old.id].facets
    assert store.changes_since(point, limit=1) is None, "too many"


def test_a_point_of_another_store_or_from_long_ago_reports_nothing(
    tmp_path: Path, store: Store, noon: dt.datetime
) -> None:
    other = open_store(f"sqlite:{tmp_path / 'other.db'}")
    assert other.changes_since(other.change_cursor(), limit=9) is None, "nothing was ever changed"
    for one in (store, other):
        one.record(draft(capture=capture(1, noon)), seen=noon, since=noon)
    assert store.changes_since(store.change_cursor(), limit=9) == {}
    assert other.changes_since(store.change_cursor(), limit=9) is None
    first = store.change_cursor()
    store.relocate_captures({capture(1, noon).record_id: RecordPlace("moved.warc.gz", 1, 2)})
    moved = store.change_cursor()
    store.relocate_captures({capture(1, noon).record_id: RecordPlace("again.warc.gz", 1, 2)})
    store.record(draft(title="Second"), seen=noon + HOUR, since=noon + HOUR)
    assert store.changes_since(first, limit=9)
    assert store.changes_since(moved, limit=9)
    store.forget_old_events(time.time() + 31 * 86_400)
    assert store.changes_since(moved, limit=9) is None, "only the last move is kept"
    assert store.changes_since(first, limit=9)
    assert store.changes_since(store.change_cursor(), limit=9) == {}
    other.close()


def test_releases_are_due_if_young_doubtful_or_long_unvisited(
    store: Store, noon: dt.datetime
) -> None:
    def due(now: dt.datetime, *, everything: bool = False) -> tuple[str, ...]:
        recent = dt.timedelta(days=14)
        return store.due("harbour", now=now, recent=recent, everything=everything, limit=9)

    old = draft("http://harbour.example/old", published=published("2025-03-02"), body_text="Old.")
    kept = store.record(old, seen=noon, since=noon).release
    young = store.record(draft(), seen=noon, since=noon).release
    assert due(noon + HOUR) == (young.url,)
    assert set(due(noon + HOUR, everything=True)) == {old.url, young.url}
    assert due(noon + dt.timedelta(days=20)) == (young.url,), "a year old: every 38 days"
    assert set(due(noon + dt.timedelta(days=45))) == {old.url, young.url}
    store.mark_gone(kept.id, seen=noon + HOUR)
    assert set(due(noon + 2 * HOUR)) == {old.url, young.url}


def test_a_source_is_read_once_a_visit_has_read_a_release(store: Store, noon: dt.datetime) -> None:
    for name in ("harbour", "wire", "port"):
        store.register(Source(name, name.title(), f"http://{name}.example/"))
    store.add_run(Run("harbour", noon, 1.0, found=2, new=2))
    store.add_run(Run("harbour", noon, 1.0, errors=(RunError("", "http:500", "it failed"),)))
    store.add_run(Run("wire", noon, 1.0, errors=(RunError("", "http:500", "it failed"),)))
    assert store.read_sources() == {"harbour"}
    assert store.visited_now() == frozenset()


def test_validators_listings_runs_and_sources_are_kept(store_url: str, noon: dt.datetime) -> None:
    store = open_store(store_url)
    store.record(draft(validator=Validator('"v1"', None)), seen=noon, since=noon)
    store.cache_listing("harbour", "http://harbour.example/", "r1", "[]", Validator(None, "Mon"))
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/", "Europe/Oslo"))
    run = Run("harbour", noon, 1.5, pages=3, errors=(RunError("http://x/", "http", "404"),))
    store.add_run(run)
    store.close()
    store = open_store(store_url)
    assert store.validator("http://harbour.example/news/1") == Validator('"v1"', None)
    assert store.cached_listing("http://harbour.example/", "r1") == "[]"
    assert store.cached_listing("http://harbour.example/", "r2") is None
    assert store.runs("harbour", limit=5) == (run,)
    assert store.last_visit("harbour") == noon
    assert store.last_visit("nobody") is None
    assert store.sources()["harbour"].name == "Harbour Board"
    store.close()


def test_the_times_of_releases_are_listed_newest_first(store: Store, noon: dt.datetime) -> None:
    at = dt.datetime(2026, 3, 2, 6, 30, tzinfo=dt.UTC)
    stated = Published(at, "second", "+04:00", "2026-03-02T10:30+04:00", "json-ld")
    store.record(draft("http://harbour.example/1", published=stated), seen=noon, since=noon)
    old = draft("http://harbour.example/2", published=published("2025-03-02"), body_text="Old.")
    store.record(old, seen=noon + HOUR, since=noon)
    undated = draft("http://harbour.example/3", published=None, position=0, body_text="No date.")
    store.record(undated, seen=noon, since=noon)
    later = draft("http://harbour.example/4", published=None, body_text="Nor this one.")
    store.record(later, seen=noon + HOUR, since=noon)
    of_day = dt.datetime(2025, 3, 2, 12, tzinfo=dt.UTC)
    told = (
        PublicationTime(noon + HOUR, "none", noon + HOUR),
        PublicationTime(at, "second", noon),
        PublicationTime(of_day, "day", noon + HOUR),
    )
    assert store.publication_times("harbour", limit=9) == told
    assert store.publication_times("harbour", limit=1) == told[:1]
    assert store.publication_times("nobody", limit=9) == ()


def test_second_precision_keeps_the_zone_the_page_stated(store: Store, noon: dt.datetime) -> None:
    at = dt.datetime(2026, 3, 2, 6, 30, tzinfo=dt.UTC)
    stated = Published(at, "second", "+04:00", "2026-03-02T10:30+04:00", "json-ld")
    release = store.record(draft(published=stated), seen=noon, since=noon).release
    kept = store.release(release.id)
    assert kept is not None
    assert kept.published.iso == "2026-03-02T10:30:00+04:00"


def _record_many(url: str, source: str, noon: dt.datetime) -> None:
    store = open_store(url)
    for number in range(60):
        store.record(
            draft(f"http://{source}.example/{number}", source=source, body_text=f"No. {number}."),
            seen=noon,
            since=noon,
        )
    store.close()


def test_two_processes_write_at_once_and_neither_is_refused(
    store_url: str, noon: dt.datetime
) -> None:
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=_record_many, args=(store_url, one, noon)) for one in ("a", "b")
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    store = open_store(store_url)
    assert store.facets()[Facet()] == 120
    store.close()


def test_a_write_that_fails_half_way_leaves_nothing(
    sqlite_store: SqliteStore, noon: dt.datetime, tmp_path: Path
) -> None:
    store = sqlite_store
    with sqlite3.connect(tmp_path / "communique.db") as breaker:
        breaker.execute(
            "CREATE TRIGGER stop BEFORE INSERT ON facets BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
    breaker.close()
    with pytest.raises(StoreError, match="x"):
        store.record(draft(), seen=noon, since=noon)
    assert list(store.releases(Facet())) == []
    assert store.revisions(draft().url) == ()


@pytest.mark.parametrize("url", ["mysql:x", "sqlite:", "nonsense"])
def test_an_unknown_store_is_refused_with_the_fix(url: str) -> None:
    with pytest.raises(StoreError, match="write sqlite:PATH"):
        open_store(url)


def test_a_missing_postgresql_library_is_reported_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "data.store.postgres.store", None)
    with pytest.raises(StoreError, match=r"pip install 'communique\[postgres\]'") as refused:
        open_store("postgresql://me:hunter2@db.example/press")
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "communique.db"
    path.write_bytes(b"this is not a database, not at all" * 99)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:{path}")


def test_verbs_together_are_kept_all_or_none_and_one_that_fails_is_undone_alone(
    store: Store, noon: dt.datetime
) -> None:
    def interrupted() -> None:
        with store.transaction():
            store.record(draft(), seen=noon, since=noon)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(store.releases(Facet())) == []
    broken = draft("http://harbour.example/2", topics=("a", "a"), body_text="Twice in one topic.")
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        with pytest.raises(StoreError):
            store.record(broken, seen=noon, since=noon)
    assert [release.url for release in store.releases(Facet())] == [draft().url]


def test_a_release_can_be_named_by_its_id_an_id_prefix_or_an_address(
    store: Store, noon: dt.datetime
) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    for name in (release.id, release.id[:6].upper(), "https://www.harbour.example/news/1/"):
        assert [one.id for one in store.find_releases(name, limit=2)] == [release.id]
    assert store.find_releases("http://harbour.example/news/9", limit=2) == ()
    assert store.find_releases("zz", limit=2) == ()


def test_releases_without_time_are_sorted_by_first_sight_within_a_day(
    store: Store, noon: dt.datetime
) -> None:
    for number, day in enumerate(["2026-02-27", "2025-12-31", "2026-03-01"]):
        url = f"http://harbour.example/news/{number}"
        one = draft(url, published=published(day), body_text=f"{number} {BODY}")
        store.record(one, seen=noon, since=noon)

    def days(
        source: str | None = None, since: dt.date | None = None, until: dt.date | None = None
    ) -> list[str]:
        every = store.by_first_seen(source, since=since, until=until)
        return [r.published.iso for r in every]

    assert days() == days("harbour") == ["2026-02-27", "2025-12-31", "2026-03-01"]
    assert days("nobody") == []
    assert days(since=dt.date(2026, 2, 27)) == ["2026-02-27", "2026-03-01"]
    assert days(until=dt.date(2026, 2, 27)) == ["2026-02-27", "2025-12-31"]


def test_many_releases_of_one_instant_appear_once_each_across_pages(
    store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases_module, "BATCH", 50)
    with store.transaction():
        for number in range(123):
            url = f"http://harbour.example/news/{number}"
            store.record(draft(url, body_text=f"Notice {number}."), seen=noon, since=noon)
    for facet in (Facet(), Facet(topic="transport"), Facet(period="2026")):
        ids = [release.id for release in store.releases(facet)]
        assert ids == sorted(ids)
        assert len(set(ids)) == 123
        assert [r.id for r in store.releases(facet, limit=70, offset=40)] == ids[40:110]


def test_the_last_label_of_a_topic_is_kept(store: Store, noon: dt.datetime) -> None:
    def tell(label: str, number: int) -> None:
        one = draft(f"http://harbour.example/news/{number}", body_text=f"Notice {number}.")
        store.record(one, seen=noon, since=noon, labels={"transport": label})

    def tell_in_vain() -> None:
        with store.transaction():
            tell("Shipping", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_in_vain()
    tell("Shipping", 2)
    assert store.topics() == {"transport": "Shipping"}
    tell("Traffic", 3)
    tell("Traffic", 4)
    assert store.topics() == {"transport": "Traffic"}


def test_a_topic_is_named_by_the_taxonomy_or_else_by_its_release(
    store: Store, noon: dt.datetime
) -> None:
    one = draft(topics=("ships", "transport"))
    labels = {"ships": "Ships", "transport": "Transport"}
    store.record(one, seen=noon, since=noon, labels=labels)
    store.keep_taxonomy({"ships": "Gəmilər", "unused": "-"}, {"ships": "transport"})
    assert store.topics() == {"ships": "Gəmilər", "transport": "Transport"}
    assert store.topic_parents() == {"ships": "transport"}
    store.keep_taxonomy({}, {})
    assert (store.topics(), store.topic_parents()) == (labels, {})


def test_a_store_of_another_version_and_a_foreign_database_are_refused_untouched(
    tmp_path: Path,
) -> None:
    newer, older, foreign = (tmp_path / f"{name}.db" for name in ("newer", "older", "foreign"))
    for path, migration in ((newer, "v99"), (older, "first")):
        SqliteStore(path).close()
        with sqlite3.connect(path) as db:
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('communique', ?, '2030-01-01')",
                [migration],
            )
        db.close()
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    for path, why in (
        (newer, "newer version"),
        (older, "before the first release"),
        (foreign, "another program"),
    ):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=why):
            SqliteStore(path)
        assert path.read_bytes() == before


def test_an_empty_store_beside_a_published_site_is_reported(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    home.store().close()
    # A folder alone may be a disk that is mounted there.
    home.site.mkdir()
    for file in tmp_path.glob("communique.db*"):
        file.unlink()
    home.store().close()
    (home.site / "feeds").mkdir()
    for file in tmp_path.glob("communique.db*"):
        file.unlink()
    with pytest.raises(StoreError, match="it is missing or empty, but a site was published"):
        home.store()
    (tmp_path / "communique.db").touch()
    with pytest.raises(StoreError, match="it is missing or empty, but a site was published"):
        home.store()


def test_a_snapshot_is_a_store_without_the_secrets_of_subscribers(
    store: Store, tmp_path: Path, noon: dt.datetime
) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    asked = HubRequest("subscribe", "https://reader.example/", "t", secret="hunter2-hunter2")  # noqa: S106 - made up
    store.add_subscription(asked, "feeds/all.atom", "reader.example", 9.0)
    with store.transaction():
        # What is not committed is not in it.
        store.record(draft("http://wire.example/1", source="wire"), seen=noon, since=noon)
        content = b"".join(store.snapshot(1000))
    assert b"hunter2" not in content
    (tmp_path / "copy.db").write_bytes(content)
    copy = SqliteStore(tmp_path / "copy.db")
    assert [one.id for one in copy.by_first_seen()] == [release.id]
    copy.close()
