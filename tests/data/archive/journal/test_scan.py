"""Which records of a journal count."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from data.archive.journal.scan import JournalEntry, history_of

START = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def entry(name: str, after: str, leaf: int) -> JournalEntry:
    """A record of the journal that lies where it may."""
    return JournalEntry(name, after, START + dt.timedelta(seconds=leaf), leaf, "file", leaf)


CHAIN = [entry("a", "", 1), entry("b", "a", 4), entry("c", "b", 9), entry("d", "c", 12)]


@given(st.permutations(CHAIN))
def test_the_order_follows_the_log_and_not_the_files(found: list[JournalEntry]) -> None:
    history = history_of(found)
    assert [one.record_id for one in history.entries] == ["a", "b", "c", "d"]
    assert (history.missing, history.aside) == ([], [])


def test_a_record_whose_transaction_never_ended_is_left_aside() -> None:
    cut = entry("cut", "b", 7)
    history = history_of([*CHAIN, cut])
    assert cut not in history.entries
    assert (len(history.entries), history.aside) == (4, [cut])


def test_releases_unknown_to_an_older_copy_of_the_store_are_ignored() -> None:
    # The store was restored from a copy that ended with b, and went on.
    history = history_of([*CHAIN, entry("e", "b", 20), entry("f", "e", 21)])
    assert [one.record_id for one in history.entries] == ["a", "b", "e", "f"]


def test_a_lost_record_is_named_and_those_before_it_are_found() -> None:
    history = history_of([CHAIN[0], CHAIN[1], CHAIN[3]])
    assert [one.record_id for one in history.entries] == ["a", "b", "d"]
    assert history.missing == ["c"]


def test_without_the_numbers_of_the_log_the_chain_holds() -> None:
    # A clock that went back in between does not matter to it.
    bare = [replace(one, leaf=None, at=START) for one in CHAIN]
    assert [one.record_id for one in history_of(bare).entries] == ["a", "b", "c", "d"]


def test_records_that_lead_in_a_circle_are_read_once() -> None:
    history = history_of([entry("a", "b", 1), entry("b", "a", 2), entry("c", "b", 3)])
    assert [one.record_id for one in history.entries] == ["a", "b", "c"]


def test_an_empty_journal_has_no_history() -> None:
    assert history_of([]).entries == []
