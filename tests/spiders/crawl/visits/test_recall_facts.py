"""Releases that pages name and no listing had shown are counted for a while."""

from __future__ import annotations

import datetime as dt

from data.models import Recall, VisitFacts
from spiders.crawl.visits.fact_finder import recall_facts

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def after(*counts: tuple[int, int], days: int = 1) -> VisitFacts:
    """The facts after visits, ``days`` apart, with so many known and missed releases in all."""
    facts = VisitFacts()
    for number, (known, missed) in enumerate(counts):
        found = Recall(known, tuple(map(str, range(missed))), 0, ())
        facts = recall_facts(facts, found, START + number * days * DAY)
    return facts


def test_misses_before_the_first_check_are_not_counted() -> None:
    facts = after((9, 8))
    assert (facts.named, facts.missed.count) == ((9, 8), 0)


def test_misses_add_up_across_checks() -> None:
    facts = after((9, 0), (12, 2), (14, 2), (15, 5))
    assert (facts.missed.count, facts.known_meanwhile) == (5, 6)
    assert facts.missed.since == START + DAY


def test_after_a_month_it_counts_no_more() -> None:
    facts = after((9, 0), (9, 4), (20, 4), days=31)
    assert (facts.missed.count, facts.known_meanwhile) == (0, 0)
    assert after((9, 0), (9, 4), (20, 5), days=31).missed.count == 1
