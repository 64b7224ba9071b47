"""A date that is called that of an event, a term or a change is none of publication."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.date_labels import is_of_event
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("Europe/London", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
ROWS = (
    ("Harbour bridge closes for repairs", "12 December 2025", "3 November 2025", "2025-11-03"),
    ("Mobile library adds six villages", "20 November 2025", "28 October 2025", "2025-10-28"),
    ("Auditor signs off accounts", "2 November 2025", "14 October 2025", "2025-10-14"),
    ("Ten thousand trees planted", "1 December 2025", "9 October 2025", "2025-10-09"),
)
PARAGRAPHS = (
    "<p>The harbour authority of Lower Merrow has closed the bridge to all traffic, after four "
    "years of talk and two winters in which the basin froze over entirely.</p><p>The director "
    "thanked the divers, who had worked in the dark for most of the time, and said that the old "
    "lock would be kept for small craft.</p>"
)


def days(row: str, head: str = "<ul>") -> list[str | None]:
    """The days of a listing whose rows hold another date ``{other}`` beside that of the release."""
    rows = "".join(
        row.format(title=title, other=other, shown=shown, stated=day, n=n)
        for n, (title, other, shown, day) in enumerate(ROWS)
    )
    page = Page("https://merrow.example/news", f"<html><body>{head}{rows}".encode())
    items = read_listing(page, READING).items
    return [item.published.iso[:10] if item.published else None for item in items]


@pytest.mark.parametrize(
    "row",
    [
        "<li>Event date: {other} <a href=/n/{n}>{title}</a> Published {shown}</li>",
        "<li><b>Event date:</b> <i>{other}</i> <a href=/n/{n}>{title}</a> <i>{shown}</i></li>",
        (
            "<li><span class=label>Frist</span> <i>{other}</i> <a href=/n/{n}>{title}</a>"
            "<span class=label>Datum</span> <i>{shown}</i></li>"
        ),
        "<li><a href=/n/{n}>{title}</a><dl><dt>Updated<dd>{other}<dt>Date<dd>{shown}</dl></li>",
        (
            "<li><a href=/n/{n}>{title}</a> Deadline: <time datetime=2025-12-24>24 Dec</time> "
            "<time datetime={stated}>{shown}</time></li>"
        ),
        "<li><a href=/n/{n}>{title}</a> Updated {other} | Posted {shown}</li>",
        (
            "<li><h3>{title}</h3><p>Date de l'événement : {other}</p><p>Publié le {shown}</p>"
            "<a href=/n/{n}>Lire la suite</a></li>"
        ),
        "<li><a href=/n/{n}>{title} of {other}</a> <p>{shown}</p></li>",
    ],
)
def test_of_two_dates_in_a_row_the_publication_date_is_used(row: str) -> None:
    assert days(row) == [day for *_, day in ROWS]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (
            "Event date<th>Published<th>Title",
            "<td>{other}<td>{shown}<td><a href=/n/{n}>{title}</a>",
        ),
        ("Title<th>Closing date<th>Date", "<td><a href=/n/{n}>{title}</a><td>{other}<td>{shown}"),
        ("Title<th>Last updated<th>Date", "<td><a href=/n/{n}>{title}</a><td>{other}<td>{shown}"),
        ("Titel<th>Termin<th>Datum", "<td><a href=/n/{n}>{title}</a><td><b>{other}</b><td>{shown}"),
    ],
)
def test_a_column_head_describes_its_dates(head: str, row: str) -> None:
    assert days(f"<tr>{row}</tr>", f"<table><tr><th>{head}</tr>") == [day for *_, day in ROWS]


def test_the_only_date_is_used_whatever_its_label() -> None:
    rows = days("<li><a href=/n/{n}>{title}</a> Event date: {shown}</li>")
    assert rows == [day for *_, day in ROWS]


@pytest.mark.parametrize(
    "above",
    [
        "<p>When: 12 December 2025, 10am</p><p>Where: Town Hall</p><p>3 November 2025</p>",
        "<p class=date>Event date: 12 December 2025</p><p>Posted by web on 3 November 2025</p>",
        "<dl><dt>Event date<dd>12 December 2025<dt>Date published<dd>3 November 2025</dl>",
        (
            "<p><time itemprop=startDate datetime=2025-12-12>12 December 2025</time></p>"
            "<p>3 November 2025</p>"
        ),
        (
            "<p>Updated: <time datetime=2025-12-05>5 December 2025</time></p>"
            "<p>Published: <time datetime=2025-11-03>3 November 2025</time></p>"
        ),
        (
            "<p>Closes on <time datetime=2025-12-05>5 December 2025</time></p>"
            "<p><time datetime=2025-11-03>3 November 2025</time></p>"
        ),
    ],
)
def test_the_date_of_an_event_above_a_text_is_not_that_of_its_release(above: str) -> None:
    html = f"<html lang=en><body><h1>{ROWS[0][0]}</h1>{above}<div>{PARAGRAPHS}</div>"
    content = read_release(Page("https://merrow.example/n/1", html.encode()), READING).content
    assert content.published
    assert content.published.iso[:10] == "2025-11-03"


def test_of_two_times_in_a_line_the_publication_time_is_used() -> None:
    times = (
        "<p>Updated <time datetime=2025-12-05>5 December 2025</time> | "
        "Published <time datetime=2025-11-03>3 November 2025</time></p>"
    )
    html = f"<html lang=en><body><h1>{ROWS[0][0]}</h1>{times}<div>{PARAGRAPHS}</div>"
    content = read_release(Page("https://merrow.example/n/1", html.encode()), READING).content
    assert content.published
    assert content.published.iso[:10] == "2025-11-03"


def test_the_parts_of_a_calendar_leaf_are_one_date() -> None:
    leaf = "<div><span>03</span><span>Nov</span><span>2025</span></div>"
    html = f"<html lang=en><body>{leaf}<div><h1>{ROWS[0][0]}</h1>{PARAGRAPHS}</div>"
    content = read_release(Page("https://merrow.example/n/1", html.encode()), READING).content
    assert content.published
    assert content.published.iso == "2025-11-03"


def test_the_day_of_the_visit_in_a_header_is_not_that_of_a_release() -> None:
    header = "<div>25 November 2026</div><div>Port of Merrow</div><div>Press room of the port</div>"
    html = f"<html lang=en><body>{header}<h1>{ROWS[0][0]}</h1>{PARAGRAPHS}"
    content = read_release(Page("https://merrow.example/n/1", html.encode()), READING).content
    assert content.published is None


def test_the_only_time_wins_against_the_date_of_another_release() -> None:
    html = (
        f"<html lang=en><body><h1>{ROWS[0][0]}</h1><span class=date>Updated: "
        f"<time datetime='2025-11-03 21:12'>3 November 2025 9:12 pm</time></span>"
        f"<div>{PARAGRAPHS}</div><div class=info><span class=date>14 October 2025</span>"
        "<h3><a href=/n/2>Auditor signs off accounts</a></h3></div>"
    )
    content = read_release(Page("https://merrow.example/n/1", html.encode()), READING).content
    assert content.published
    assert content.published.iso[:10] == "2025-11-03"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("Date de l’évènement : ", True), ("Application deadline: ", True), ("Gültig bis ", True),
        ("Дата проведения: ", True), ("開催日時：", True), ("Valid until ", True),
        ("Press release on the event, ", False), ("They determined on ", False),
        ("Published on ", False), ("", False), ("Prevent ", False), ("Fristlos, ", False),
    ],
)  # fmt: skip
def test_a_label_is_one_only_right_before_its_date(before: str, *, expected: bool) -> None:
    assert is_of_event(before) is expected
