"""The selectors that are offered for a field, and the elements that they find."""

from __future__ import annotations

import pytest

from data.dates.context import DateContext
from scheduler.children.correction.correction_child import elements_of
from scheduler.children.correction.selector_candidates import SelectorCandidate, candidates
from scheduler.children.correction.source_edit import FIELD_BY_KEY
from spiders.page.page import Page
from tests.press_room import listing_html

READING = DateContext("UTC")


def release(number: int) -> Page:
    text = f"The harbour board counts ships at pier {number}, and says what it found there. " * 4
    return Page(
        f"http://room.example/{number}",
        f"""<body><div class="top"><b>Harbour news</b></div>
        <div class="main"><div class="headline">Ships at pier {number}</div>
        <span class="when">{number} March 2026</span><time datetime="2026-03-0{number}">x</time>
        <div class="text"><p>{text}</p><p>{text}</p></div></div>
        <div class="side"><p>Office hours</p></div></body>""".encode(),
    )


PAGES = [release(number) for number in (1, 2, 3)]


def offered(field: str, text: str = "", **named: str) -> list[SelectorCandidate]:
    """The candidates for a field; of the element that holds a ``text``, if any."""
    pages = PAGES
    if field.startswith("listing"):
        pages = [Page("http://room.example/news/", listing_html([1, 2, 3]).encode())]
    found = [one for one in elements_of(pages[0]) if text and text in (one.text or "")]
    chosen = found[0] if found else None
    return candidates(FIELD_BY_KEY[field], pages, READING, chosen=chosen, **named)


@pytest.mark.parametrize(
    ("field", "text", "selector", "value"),
    [
        ("release.title", "Ships at pier", "div.headline", "Ships at pier 1"),
        ("release.published", "1 March", "span.when", "2026-03-01 (1 March 2026)"),
        ("release.body", "The harbour board", "div.text", "The harbour board counts"),
        ("release.section", "Office hours", "div.side > p", "Office hours"),
    ],
)
def test_the_chosen_element_is_found_on_all_pages(
    field: str, text: str, selector: str, value: str
) -> None:
    best = offered(field, text)[0]
    assert best.selector == selector
    assert [one.count for one in best.yields] == [1, 1, 1]
    assert best.yields[0].value.startswith(value)


def test_likely_elements_are_offered_if_none_is_chosen() -> None:
    assert offered("release.title")[0].selector == "div.headline"
    assert offered("release.published")[0].yields[0].value.startswith("2026-03-01")
    assert "div.text" in [one.selector for one in offered("release.body")]
    assert offered("release.title", known="Office hours")


def test_a_machine_readable_date_is_taken_from_its_attribute() -> None:
    selectors = [one.selector for one in offered("release.published", "x")]
    assert "time::attr(datetime)" in selectors


def test_candidates_for_links_lead_to_releases() -> None:
    best = offered("listing.link")[0]
    assert best.yields[0].count == 3
    assert "→ http://room.example/news/1.html" in best.yields[0].value


def test_a_relative_selector_is_tried_in_each_row() -> None:
    page = Page(
        "http://room.example/",
        b"<body><a href='/home'>The way back home</a><ul>"
        + b"".join(
            b"<li class='row'><a href='/%d'>Ships at pier %d</a></li>" % (n, n) for n in (1, 2)
        )
        + b"</ul></body>",
    )
    found = candidates(FIELD_BY_KEY["listing.link"], [page], READING, item="li.row")
    assert {one.yields[0].count for one in found} == {2}


def test_candidates_are_few_and_find_different_elements() -> None:
    for name in FIELD_BY_KEY:
        found = offered(name)
        assert len(found) <= 8
        assert len({one.yields for one in found}) == len(found)
