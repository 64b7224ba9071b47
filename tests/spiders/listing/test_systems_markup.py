"""A list of releases is found among lists in the default markup of many systems."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urljoin

import pytest
from lxml import html

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.page.page import Page
from tests.examples import thorough
from tests.listing_markup import (
    HOST,
    SURROUNDINGS,
    SYSTEMS,
    addressed,
    listed_on,
    next_of,
    posts,
    render_listing,
    render_release,
)


@pytest.mark.thorough
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_the_markup_of_every_system_links_to_what_it_lists(surroundings: str) -> None:
    for system in SYSTEMS:
        check_links(system, surroundings)


def check_links(system: str, surroundings: str) -> None:
    """Check that rendered pages link to the releases that they list."""
    every = posts()
    for page in (1, 3, 5):
        url, text = render_listing(system, every, surroundings, page)
        links = html.fromstring(text).iter("a")
        found = {urljoin(url, link.get("href") or "").partition("#")[0] for link in links}
        assert {address for address, _ in listed_on(system, every, page)} <= found, system
        assert (next_of(system, every, page) or url) in {*found, url}, system
    _, release = render_release(system, every, 7, surroundings)
    assert every[7].title in release, system
    assert all(line in release for line in every[7].text), system


READING = DateContext("Europe/Dublin", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
SOME_SYSTEMS = [*SYSTEMS][::4] + thorough(*[one for at, one in enumerate(SYSTEMS) if at % 4])
NAIVE_OUTSIDE = ("nav", "header", "footer", "aside")


def shown(url: str, text: str, place: str = "") -> Listing:
    """A page as it is read; ``place`` is where page 1 has its list."""
    return read_listing(Page(url, text.encode(), "text/html"), READING, place=place)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "dated",
    [pytest.param(True, id="dated"), pytest.param(False, id="undated", marks=pytest.mark.thorough)],
)
@pytest.mark.parametrize("system", SOME_SYSTEMS)
def test_releases_of_a_first_page_are_read_beside_any_other_list(
    system: str, *, dated: bool
) -> None:
    every = posts()
    wanted = listed_on(system, every, 1)
    days = {HOST + post.url: post.date.isoformat() for post in addressed(SYSTEMS[system], every)}
    wrong = set()
    for surroundings in SURROUNDINGS:
        url, text = render_listing(system, every, surroundings, dated=dated)
        page = shown(url, text)
        found = [(item.url.partition("#")[0], item.title) for item in page.items]
        told = {item.url: item.published and item.published.iso[:10] for item in page.items}
        right = sorted(found) == sorted(wanted) and page.next == next_of(system, every, 1)
        # A box beside an undated list may tell the day of a release of the list.
        right &= all(
            day == days.get(address) or (day is None and not dated) for address, day in told.items()
        )
        if not right:
            wrong.add(surroundings)
    assert wrong == set()


@pytest.mark.parametrize("surroundings", ["everything", *thorough("plain")])
@pytest.mark.parametrize("system", SOME_SYSTEMS)
def test_three_undated_rows_of_a_last_page_are_read_beside_any_other_list(
    system: str, surroundings: str
) -> None:
    every = posts()
    place = shown(*render_listing(system, every, surroundings, dated=False)).place
    last = shown(*render_listing(system, every, surroundings, 5, dated=False), place)
    found = sorted((item.url.partition("#")[0], item.title) for item in last.items)
    assert found == sorted(listed_on(system, every, 5))
    assert last.next is None


@pytest.mark.thorough
@pytest.mark.parametrize("surroundings", ["plain", *thorough("everything")])
def test_detection_is_never_below_a_naive_rule(surroundings: str) -> None:
    every = posts()
    ours, naive = 0.0, 0.0
    for system in SYSTEMS:
        url, text = render_listing(system, every, surroundings)
        wanted = {address for address, _ in listed_on(system, every, 1)}
        links = [
            link
            for link in html.fromstring(text).iter("a")
            if len(" ".join(map(str, link.itertext())).split()) > 3
            and next(link.iterancestors(*NAIVE_OUTSIDE), None) is None
        ]
        simple = {urljoin(url, link.get("href") or "").partition("#")[0] for link in links}
        found = {item.url.partition("#")[0] for item in shown(url, text).items}
        ours += 2 * len(found & wanted) / (len(found) + len(wanted))
        naive += 2 * len(simple & wanted) / (len(simple) + len(wanted))
    assert ours >= naive
