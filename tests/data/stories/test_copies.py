"""Stories: what tells the same at several sources, who was first, and how much is verbatim."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from data.models import Published, Release
from data.store.core.store import Store
from data.store.core.stories import MAX_COPIES_PER_SOURCE, MAX_STORY_MEMBERS
from data.store.open import open_store
from data.store.sqlite.store import SqliteStore
from data.stories.copies import Likeness, likeness, story_members
from data.text.similarity import TextSignature, signature
from tests.drafts import draft, published

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SHIPS = ["barges", "ferries", "pilots", "tugs", "cutters", "dredgers", "tenders", "yachts"]
PIERS = ["northern", "southern", "eastern", "western", "inner", "outer"]


def text(seed: int, sentences: int = 14) -> str:
    """A text of some 180 words that shares no sentence with those of other seeds."""
    return "\n\n".join(
        f"On day {seed * 31 + n} the board counted {seed * 97 + n * 13} {SHIPS[(seed + n) % 8]} at"
        f" the {PIERS[(seed * n) % 6]} pier and {seed * 7 + n * 5} more beside it."
        for n in range(sentences)
    )


def told(store: Store, source: str, body: str, *, hour: int = 12, name: str = "1") -> Release:
    """Record what a source publishes at an hour of the day."""
    at = NOON.replace(hour=hour)
    one = draft(
        f"https://{source}.example/{name}",
        source=source,
        title=f"As {source} says",
        body_text=body,
        published=Published(at, "second", "UTC", str(at), "test"),
    )
    return store.record(one, seen=at, since=at).release


def test_a_release_within_a_longer_text_is_one_story_and_the_first_publisher_is_named(
    store: Store,
) -> None:
    agency = text(1)
    wire = told(store, "wire", f"{text(2)}\n\n{agency}\n\n{text(3)}", hour=15)
    first = told(store, "agency", agency, hour=9)
    assert first.story is not None
    found = story_members(store.story(first.story))
    assert [one.release.source for one in found] == ["agency", "wire"]
    assert [one.lag for one in found] == [dt.timedelta(0), dt.timedelta(hours=6)]
    assert found[0].overlap == 1.0
    assert 0.25 < found[1].overlap < 0.4, "a third of the longer text is verbatim"
    assert store.release(wire.id) in [one.release for one in found]


def test_a_copy_with_other_words_here_and_there_is_one_story(store: Store) -> None:
    first = told(store, "agency", text(1), hour=9)
    copy = told(store, "wire", text(1).replace("day 35 the board", "that day the harbour"))
    assert copy.story == first.id
    (_, second) = story_members(store.story(first.id))
    assert 0.9 < second.overlap < 1


def test_a_quoted_passage_and_a_bare_notice_make_no_story(store: Store) -> None:
    quoted = text(1, sentences=2)
    for number, source in enumerate(["agency", "wire", "press"]):
        assert told(store, source, f"{text(number + 5)}\n\n{quoted}").story is None
        assert told(store, source, "Photographs are attached.", name="2").story is None


def test_a_text_that_a_hundred_sources_carry_is_one_story(sqlite_store: SqliteStore) -> None:
    with sqlite_store.transaction():
        first = told(sqlite_store, "agency", text(1), hour=9)
        copies = [told(sqlite_store, f"s{number}", text(1)) for number in range(100)]
    assert {one.story for one in copies} == {first.id}
    assert len(sqlite_store.story(first.id)) == 101


def test_copies_that_one_source_repeats_join_a_story_only_to_a_limit(store: Store) -> None:
    with store.transaction():
        first = told(store, "agency", text(1), hour=9)
        copies = [
            told(store, "wire", text(1).replace("day 35", f"day {number}35"), name=str(number))
            for number in range(MAX_COPIES_PER_SOURCE + 5)
        ]
        other = told(store, "press", text(1))
    of_story = [one for one in copies if one.story == first.id]
    assert len(of_story) == MAX_COPIES_PER_SOURCE
    assert other.story == first.id, "the limit is each source's own"


def test_a_story_has_a_maximum_of_members(sqlite_store: SqliteStore) -> None:
    with sqlite_store.transaction():
        first = told(sqlite_store, "agency", text(1), hour=9)
        for number in range(MAX_STORY_MEMBERS + 5):
            told(sqlite_store, f"s{number}", text(1))
    assert len(sqlite_store.story(first.id)) == MAX_STORY_MEMBERS


def test_a_copy_is_compared_with_the_first_copy_that_another_process_recorded(
    store: Store, store_url: str
) -> None:
    told(store, "agency", f"{text(1)}\n\n{text(4, sentences=3)}", hour=9)
    other = open_store(store_url)
    told(other, "agency", f"{text(2)}\n\n{text(4, sentences=3)}", hour=9)
    other.close()
    assert told(store, "wire", f"{text(1)}\n\n{text(4, sentences=3)}").story is None
    assert told(store, "press", f"{text(2)}\n\n{text(4, sentences=3)}").story is not None


def test_a_copy_is_compared_with_stored_releases_and_not_with_undone_ones(
    store: Store,
) -> None:
    first = told(store, "agency", text(1), hour=9)

    def edit_in_vain() -> None:
        with store.transaction():
            told(store, "agency", text(2), hour=9)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        edit_in_vain()
    assert told(store, "wire", text(1)).story == first.id


def test_a_moved_page_of_a_repeated_notice_is_matched_by_day(
    store: Store,
) -> None:
    first = dt.date(2026, 1, 5)
    weeks = [first + dt.timedelta(weeks=number) for number in range(30)]
    bodies = text(1)

    def notice(path: str, day: dt.date) -> Release:
        one = draft(
            f"https://harbour.example/{path}/{day}",
            title="Tides of the week",
            body_text=bodies,
            published=published(str(day)),
        )
        return store.record(one, seen=NOON, since=NOON).release

    before = {day: notice("news", day).id for day in weeks}
    assert len(set(before.values())) == 30
    assert {day: notice("presse", day).id for day in weeks} == before


def test_the_contained_one_of_two_texts_is_known() -> None:
    part, whole = signature(text(1)), signature(f"{text(2)}\n\n{text(1)}\n\n{text(3)}")
    assert likeness(part, whole) is Likeness.WITHIN
    assert likeness(whole, part) is Likeness.HOLDS
    assert likeness(whole, whole) is Likeness.SAME
    assert likeness(part, signature(text(4))) is Likeness.NONE


def of_shingles(*numbers: int) -> TextSignature:
    """A text with these hashes of word triples."""
    made = signature("")
    made.shingles = np.array(numbers, np.uint64)
    return made


def test_a_text_with_85_of_100_triples_in_another_is_contained_in_it() -> None:
    part = of_shingles(*range(20))
    assert likeness(part, of_shingles(*range(17), *range(100, 200))) is Likeness.WITHIN
    assert likeness(part, of_shingles(*range(16), *range(100, 200))) is Likeness.NONE
    assert likeness(of_shingles(*range(17)), of_shingles(*range(17))) is Likeness.NONE, "too short"
