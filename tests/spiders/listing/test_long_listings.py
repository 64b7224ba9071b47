"""Long listings are read whole, and the work for each row is bounded."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pytest

from data.dates.context import DateContext
from data.dates.parse import MAX_SLOW_TEXTS, DateReader, Found, scan
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.listing.region_candidates import Candidates
from spiders.listing.region_features import RegionPage
from spiders.listing.rows.dates import DateMark, date_marks
from spiders.listing.rows.featured import shape_of
from spiders.listing.rows.flat_page import LinkMark, flatten
from spiders.listing.rows.record_fields import RecordFields
from spiders.listing.rows.records import MAX_RATED, Record, linked_records, records_of
from spiders.listing.rows.regions import Region
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules
from tests.examples import thorough

URL = "https://harbour.example/news/"
READING = DateContext("UTC", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
ROWS = 3 * MAX_RATED
BOXED = (
    "<li><div><p><a href='/long/{n}'>Notice {n}: ships at the pier</a></p></div> "
    "<i>{day} March 2026</i></li>"
)


def page_of(row: str, count: int = ROWS, end: str = "") -> Page:
    rows = "".join(row.format(n=n, day=n % 28 + 1) for n in range(count))
    return Page(URL, f"<ul>{rows}</ul>{end}".encode())


def read(page: Page) -> Listing:
    return read_listing(page, READING)


@pytest.mark.thorough
def test_all_rows_of_a_long_list_are_items() -> None:
    found = read(page_of(BOXED)).items
    assert [item.url for item in found] == [
        f"https://harbour.example/long/{n}" for n in range(ROWS)
    ]
    assert [item.published.day.day for item in found if item.published] == [
        n % 28 + 1 for n in range(ROWS)
    ]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (None, "only the first 1200 rows of the list were read"),
        *thorough((ListingRules(item="li"), "only the first 1200 items of the page were read")),
    ],
)
def test_rows_that_are_left_out_are_reported(
    rules: ListingRules | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for function in (records_of, linked_records):
        monkeypatch.setattr(function, "__defaults__", (1200,))
    monkeypatch.setattr("spiders.listing.read.MAX_RECORDS", 1200)
    monkeypatch.setattr("spiders.listing.declared.MAX_ITEMS", 1200)
    row = "<li><a href='/{n}'>Notice {n}</a> 1 March 2026</li>"
    whole = read_listing(page_of(row, 1200), READING, rules)
    cut = read_listing(page_of(row, 1201), READING, rules)
    assert len(whole.items) == len(cut.items) == 1200
    assert reason not in whole.reasons
    assert reason in cut.reasons


@pytest.mark.thorough
def test_a_pager_and_archives_below_a_long_list_are_found() -> None:
    below = "<div class=pager><a href='?page=2'>Next</a></div><a href='2025/'>2025</a>"
    found = read(page_of(BOXED, 11_000, f"{below}<a href='2024/'>2024</a>"))
    assert found.next == f"{URL}?page=2"
    assert [archive.url for archive in found.archives] == [f"{URL}2025/", f"{URL}2024/"]


@pytest.mark.parametrize(("name", "limit"), [("MAX_ANCHORS", 100), ("MAX_ELEMENTS", 600)])
def test_a_page_is_read_to_a_limited_number_of_links_and_elements(
    name: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(page_of(BOXED, 200))
    monkeypatch.setattr(f"spiders.listing.rows.flat_page.{name}", limit)
    cut = read(page_of(BOXED, 200))
    assert 90 < len(cut.items) < 160 < len(whole.items)
    assert {*cut.reasons} - {*whole.reasons}


@pytest.mark.thorough
def test_a_region_is_rated_by_its_first_records(monkeypatch: pytest.MonkeyPatch) -> None:
    rated: list[int] = []
    init = RecordFields.__init__

    def count(self: RecordFields, records: list[Record], *args: object, **rest: object) -> None:
        rated.append(len(records))
        init(self, records, *args, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(RecordFields, "__init__", count)
    assert len(read(page_of(BOXED)).items) == ROWS
    assert rated.count(ROWS) == 1
    assert all(size <= MAX_RATED for size in rated if size != ROWS)


@pytest.mark.thorough
@pytest.mark.parametrize("size", [MAX_RATED, ROWS])
def test_the_rating_of_a_list_does_not_depend_on_its_length(size: int) -> None:
    page = page_of(BOXED, size, "<div class=pager><a href='?page=2'>2</a></div>")
    flat = flatten(page)
    candidates = Candidates(
        flat, date_marks(flat, URL, DateReader(READING)), RegionPage(URL, f"{URL}?page=2")
    )
    best = candidates.best(candidates.found, 0.0)
    assert best
    assert len(best.region.records) == size
    features = best.said
    assert features["naive_found"] == pytest.approx(1.0)
    assert features["area"] == pytest.approx(1.0, abs=0.01)
    assert features["pager"] == 1.0


@pytest.mark.thorough
def test_a_text_that_occurs_often_is_searched_once_for_dates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scanned: Counter[str] = Counter()

    def count(text: str, context: DateContext, rule: str) -> Iterator[Found]:
        scanned[text] += 1
        return scan(text, context, rule)

    monkeypatch.setattr("spiders.listing.rows.dates.scan", count)
    row = "<li><a href='/long/{n}'>Notice</a> <i>{day} March 2026</i> <b>4</b><u>May 2026</u></li>"
    assert len(read(page_of(row)).items) == ROWS
    assert "4 May 2026" in scanned
    assert set(scanned.values()) == {1}


def test_the_shape_of_each_address_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[str] = Counter()

    def count(url: str) -> SplitResult:
        parsed[url] += 1
        return urlsplit(url)

    monkeypatch.setattr("spiders.listing.rows.featured.urlsplit", count)
    row = "<li><a href='/shapes/{n}'>Notice {n}: ships at the pier</a> <i>{day} March 2026</i></li>"
    assert len(read(page_of(row, 1500)).items) == 1500
    assert len(parsed) >= MAX_RATED
    assert set(parsed.values()) == {1}


RARE = range(2 * MAX_SLOW_TEXTS)
RARE_LISTINGS = {
    "a page": "".join(
        f"<p><a href='/news/{n}'>Lamp {n} is lit</a> <i>{n} days ago</i></p>" for n in RARE
    ),
    "a page with times": "".join(
        f"<p><a href='/news/{n}'>Lamp {n} is lit</a> <time datetime='{n} days ago'>x</time></p>"
        for n in RARE
    ),
    "a feed": "<rss><channel>"
    + "".join(
        f"<item><title>Lamp</title><link>/news/{n}</link><pubDate>{n} days ago</pubDate></item>"
        for n in RARE
    )
    + "</channel></rss>",
    "JSON": json.dumps(
        {"items": [{"url": f"/news/{n}", "title": "A lamp", "date": f"{n} days ago"} for n in RARE]}
    ),
    "a state": '<script id="__NEXT_DATA__" type="application/json">'
    + json.dumps(
        {"items": [{"url": f"/news/{n}", "title": "A lamp", "date": f"{n} days ago"} for n in RARE]}
    )
    + "</script>",
}


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        *((body, None) for body in RARE_LISTINGS.values()),
        (RARE_LISTINGS["a page"], ListingRules(item="p", published="i")),
        (RARE_LISTINGS["a page"], ListingRules(link="a", published="i")),
    ],
    ids=[*RARE_LISTINGS, "declared items", "declared pairs"],
)
def test_dateparser_reads_a_limited_number_of_dates_per_page(
    body: str, rules: ListingRules | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def count(text: str, *_: object) -> dt.date:
        parsed.append(text)
        return dt.date(2026, 3, 2)

    monkeypatch.setattr("data.dates.parse.parse_slowly", count)
    found = read_listing(Page(URL, body.encode()), READING, rules)
    assert len(parsed) <= 2 * MAX_SLOW_TEXTS  # each at most twice
    assert len(set(parsed)) == MAX_SLOW_TEXTS
    assert len([item for item in found.items if item.published]) == MAX_SLOW_TEXTS
    assert any(f"the first {MAX_SLOW_TEXTS} dates" in reason for reason in found.reasons)


@pytest.mark.thorough
def test_many_links_of_a_record_to_one_address_take_linear_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[int] = []
    own_title = vars(RecordFields)["_own_title"]

    def count(self: RecordFields, record: Record, link: LinkMark) -> str:
        looked_at.append(len(record.undated))
        return str(own_title(self, record, link))

    monkeypatch.setattr(RecordFields, "_own_title", count)
    links = "<a href='/news/{n}'>Notice {n} of it</a> " * 500
    found = read(page_of(f"<div><i>{{day}} March 2026</i> {links}</div>", 2))
    assert {item.title for item in found.items} == {"Notice 0 of it", "Notice 1 of it"}
    texts = 2 * 501
    assert sum(looked_at) < 50 * texts


class CountedDates(list[DateMark]):
    """Dates that count how many of them slices hold."""

    sliced = 0

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        self.sliced += len(found) if isinstance(place, slice) else 0
        return found


def test_the_heading_of_each_record_is_found_without_the_dates_before_it() -> None:
    groups = "".join(
        f"<h3>{n % 28 + 1} March 2026</h3><ul><li><a href='/a/{n}'>Notice {n} of ships</a></li>"
        f"<li><a href='/b/{n}'>Notice {n} of lamps</a></li></ul>"
        for n in range(500)
    )
    flat = flatten(Page(URL, groups.encode()))
    dates = CountedDates(date_marks(flat, URL, DateReader(READING)))
    rows = [span for span in flat.spans if span.node.tag == "li"]
    found = linked_records(Region(rows, strict=True, side="above", score=1.0), flat, dates)
    days = [record.dates[0].published.day.day for record in found if record.dates[0].published]
    assert days == [n // 2 % 28 + 1 for n in range(1000)]
    assert dates.sliced <= 2 * len(dates)


def test_shapes_of_long_addresses_are_right_too() -> None:
    assert shape_of(f"https://h.example/{'a' * 600}/7/b?q=1") == (
        "h.example",
        f"/{'a' * 600}/0",
        ("q",),
    )
