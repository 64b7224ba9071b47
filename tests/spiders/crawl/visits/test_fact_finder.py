"""Whether a listing goes on as its source does, a page as its feed, and a certificate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from data.models import Run, Source, Streak, VisitFacts
from data.store.core.store import Store
from data.store.open import open_store
from spiders.crawl.listings.feed_cross_check import item_names
from spiders.crawl.listings.listing_facts import Front
from spiders.crawl.visits.fact_finder import FactFinder, own_titles
from spiders.items import Listing, ListingItem
from spiders.sources.source_file import SourceFile
from spiders.sources.unmatched_selectors import Unmatched
from tests.drafts import draft, published
from tests.visit_scopes import scope_of

URL, FEED = "https://harbour.example/news/", "https://harbour.example/feed"
FILE = SourceFile("Harbour Board", URL, "UTC", feed=FEED)
SOURCE = Source("harbour", "Harbour Board", URL)
LATER = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:{tmp_path / 'communique.db'}")) as opened:
        opened.register(SOURCE)
        yield opened


def rows(days: range) -> Listing:
    """A page that lists a release of each of these days of March."""
    items = (
        ListingItem(f"{URL}{day}", f"Notice {day}", published(f"2026-03-{day:02}")) for day in days
    )
    return Listing(URL, tuple(items))


def visit(store: Store, day: int, *, page: int, feed: int) -> VisitFacts:
    """A visit on a day of March: page and feed list what there was until a day each."""
    at = START + dt.timedelta(days=day - 1)
    for number in range(1, feed + 1):
        one = draft(
            f"{URL}{number}",
            title=f"Notice {number}",
            published=published(f"2026-03-{number:02}"),
            body_text=f"Lamp {number} was lit on the mole of Lindmouth in {1900 + number}.",
        )
        store.record(one, seen=at, since=at, front=(), labels={})
    found = FactFinder(scope_of(store, at, FILE), Unmatched())
    found.add_listing(FEED, FEED, rows(range(1, feed + 1)), None)
    found.add_listing(URL, URL, rows(range(1, page + 1)), None)
    run = Run("harbour", at, 1.0, found=feed)
    run = replace(run, facts=found.finish(run, has_links=False))
    store.add_run(run)
    assert run.facts
    return run.facts


def test_a_page_that_ends_two_days_before_its_feed_has_stopped(store: Store) -> None:
    assert visit(store, 5, page=5, feed=5).page_kept_up
    assert visit(store, 6, page=5, feed=6).behind == Streak(), "a feed may be first"
    facts = visit(store, 8, page=5, feed=8)
    assert (facts.behind.count, facts.newest, facts.newest_known) == (3, "2026-03-05", "2026-03-08")
    assert visit(store, 9, page=5, feed=9).behind.visits == 2
    assert visit(store, 10, page=10, feed=10).behind == Streak()


def test_a_page_that_never_kept_up_with_its_feed_is_left_alone(store: Store) -> None:
    for day in (5, 7, 9):
        assert visit(store, day, page=2, feed=day).behind == Streak()


def looked_at(store: Store, newest: int, *, known: int, listed: int) -> VisitFacts:
    """A visit to a listing that ends on a day of March, and listed others before.

    Releases are ``known`` until a day.
    """
    for number in range(1, known + 1):
        one = draft(
            f"{URL}{number}",
            title=f"Notice {number}",
            published=published(f"2026-03-{number:02}"),
            body_text=f"Lamp {number} was lit on the mole of Lindmouth in {1900 + number}.",
        )
        store.record(one, seen=LATER, since=LATER, front=(), labels={})
    before = rows(range(1, listed + 1))
    walk = store.begin_walk("harbour", URL, "", at=LATER)
    store.list_items("harbour", "page", walk.number, item_names(before.items))
    file = SourceFile("Harbour Board", URL, "UTC")
    found = FactFinder(scope_of(store, LATER, file), Unmatched())
    found.add_listing(URL, URL, rows(range(1, newest + 1)), before)
    return found.finish(Run("harbour", LATER, 1.0, found=newest), has_links=False)


def test_a_listing_without_its_newest_rows_is_an_old_copy(store: Store) -> None:
    facts = looked_at(store, 7, known=8, listed=8)
    assert (facts.behind.count, facts.newest, facts.newest_known) == (1, "2026-03-07", "2026-03-08")


def test_a_newer_release_from_another_page_proves_little_about_a_listing(store: Store) -> None:
    assert looked_at(store, 6, known=8, listed=6).behind == Streak()
    assert looked_at(store, 5, known=8, listed=5).behind.count == 3


def test_an_expired_certificate_is_reported_if_it_was_valid_before(store: Store) -> None:
    def ended(day: int, end: dt.datetime) -> str:
        at = START + dt.timedelta(days=day - 1)
        finder = FactFinder(scope_of(store, at, FILE), Unmatched())
        finder.certificate_end = end
        run = Run("harbour", at, 1.0)
        facts = finder.finish(run, has_links=False)
        store.add_run(replace(run, facts=facts))
        return facts.certificate_ended

    first, second, third = (START + dt.timedelta(days=days) for days in (-3, 1.5, 90))
    assert ended(1, first) == "", "it was so when the source was added"
    assert [ended(2, second), ended(3, second), ended(4, second)] == [
        "",
        "2026-03-03",
        "2026-03-03",
    ]
    assert ended(5, third) == ""


def test_titles_of_a_listing_replace_page_titles_if_most_differ() -> None:
    own = [ListingItem(f"{URL}{number}", f"Notice {number}") for number in range(4)]
    series = [ListingItem(f"{URL}{number}", "Vacancy") for number in range(4, 7)]
    assert {"Notice 3", "Vacancy"} < own_titles(Front("", [*own, *series], None))
    assert own_titles(Front("", series, None)) == frozenset()
