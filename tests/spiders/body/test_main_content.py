"""Where the text of a release begins and ends among texts that look like it."""

from __future__ import annotations

import datetime as dt

import pytest
from lxml import etree

from data.dates.context import DateContext
from spiders.body import text_blocks
from spiders.body.clean_html import prose_of
from spiders.body.main_content import find_main_content, month_calendars, tables_around
from spiders.body.text_blocks import Container, segment
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.counted_tree import counted_tree
from tests.press_room import release_html

READING = DateContext("UTC", now=dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
TITLE = "Second lock of Merrow opens to larger ships"
TEXT = (
    (
        "The harbour authority of Lower Merrow has opened its second lock to ships of up to "
        "ninety metres, after four years of work and two winters in which the basin froze "
        "over."
    ),
    (
        "The director thanked the divers, who had worked in the dark for most of the time, and "
        "said that the old lock would be kept for small craft, for the school and for the "
        "lifeboat."
    ),
    (
        "Masters who want to pass on Sundays have to call the lock keeper two days before, "
        "because the bridge of the old road is then opened by hand and the bus has to be sent "
        "round the basin."
    ),
    (
        "The work cost eleven million crowns, of which the province paid four and the ferry "
        "company one, and the rest comes from the dues of the next nineteen years, as the "
        "council decided."
    ),
)
OTHERS = (
    (
        "Ferry timetable for the spring is published: the boats leave a quarter of an hour "
        "earlier, since the current beyond the mole has grown stronger over the winter, the "
        "company says."
    ),
    (
        "New buoys mark the northern channel, which the survey vessel found three metres "
        "deeper than the chart of the year before had shown, and the pilots were told on the "
        "same morning."
    ),
    (
        "The fish market moves into the hall of the former ropery for as long as its roof is "
        "mended, and opens at five in the morning on all days but Mondays, when the auction is "
        "held."
    ),
    (
        "The sea school takes forty pupils this year, ten more than the last, and looks for a "
        "teacher of navigation who can also mend an engine and does not mind the smell of the "
        "harbour."
    ),
)


def paragraphs(texts: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def text_of(body: str) -> list[str]:
    html = f"<html lang='en'><head><title>{TITLE}</title></head><body>{body}</body></html>"
    page = Page("https://merrow.example/news/77", html.encode())
    return read_release(page, READING).content.body_text.split("\n\n")


def test_related_news_in_full_sentences_above_the_headline_is_not_text() -> None:
    body = f"<div>{paragraphs(OTHERS)}<h2>{TITLE}</h2>{paragraphs(TEXT)}</div>"
    assert text_of(body) == [*TEXT]


def test_a_page_that_repeats_its_text_in_one_piece_yields_it_once() -> None:
    copy = f"<h1>{TITLE}</h1><div>lock, harbour</div><div>{' '.join(TEXT)}</div>"
    assert text_of(f"<div><h1>{TITLE}</h1>{paragraphs(TEXT)}{copy}</div>") == [*TEXT]


def test_a_paragraph_that_quotes_another_is_kept() -> None:
    last = f"As the pilots put it at the opening of the second lock: {TEXT[0]} {TEXT[1]}"
    assert text_of(f"<div><h1>{TITLE}</h1>{paragraphs((*TEXT, last))}</div>") == [*TEXT, last]


def test_a_few_lines_with_odd_links_between_are_still_the_text() -> None:
    lines = (
        "Grüße aus Lindmouth — 111 ships, “quoted” naïve café. Привет мир 3.",
        "Harbour master Odile Brandt said that pier 3 would stay open.",
    )
    links = (
        '<a href="data:text/html,x">d</a><a href="file:///tmp/x">f</a><a href="/f.pdf">The PDF</a>'
    )
    page = release_html(3, text=f"<p>{lines[0]}</p><p>{links}</p><p>{lines[1]}</p>")
    read = read_release(Page("http://harbour.example/news/3", page.encode()), READING)
    assert read.content.body_text == "\n\n".join(lines)
    assert [media.url for media in read.content.attachments] == ["http://harbour.example/f.pdf"]
    assert read.confidence["body"] < 0.5, "it is not sure, and says so"


def test_a_month_of_days_in_the_sidebar_is_not_a_table_of_the_text() -> None:
    days = "".join(f"<td>{day}</td>{'</tr><tr>' * (day % 7 == 0)}" for day in range(1, 32))
    days = f"<caption>March 2026</caption><tr><th>M<th>T<th>W</tr><tr>{days}</tr>"
    ships = "<table><tr><th>Pier<th>Ships</tr><tr><td>North<td>459 calls</tr></table>"
    html = (
        f"<html lang='en'><body><div id='page'><div id='header'><h1>Harbour Board</h1></div>"
        f"<div id='content'><div class='post'><h2>{TITLE}</h2><div class='entry'><p>{TEXT[0]}</p>"
        f"<h2>Depth</h2><p>{TEXT[1]}</p>{ships}<p>{TEXT[2]}</p><p class='postmetadata alt'><small>"
        "This entry was posted on Monday, March 2nd, 2026 at 2:00 pm and is filed under "
        "<a href='/c'>Works</a>.</small></p></div></div></div><div id='sidebar'><ul><li>"
        "<h2>Pages</h2><ul><li><a href='/a'>About</a></li></ul></li>"
        f"<li><table>{days}</table></li></ul></div></div></body></html>"
    )
    body = read_release(Page("https://merrow.example/1", html.encode()), READING).content.body_text
    assert "459 calls" in body
    assert body.endswith(TEXT[2])


@pytest.mark.parametrize(
    "inside", ["<table><tr><td>", "<table><tr><td></td><td>", "<table><tr><td><table>", "<td>"]
)
def test_tables_in_tables_are_looked_at_once_each(inside: str) -> None:
    few, many = (counted_tree("<table><tr>" + inside * count) for count in (60, 120))
    month_calendars(few.root)
    month_calendars(many.root)
    assert many.visits < 2.5 * few.visits


def test_a_month_table_is_a_calendar_but_a_layout_table_around_it_is_not() -> None:
    days = "".join(f"<td> <a href=/{day}>{day}</a> </td>" for day in range(1, 32))
    root = etree.fromstring(
        f"<table><tr><td><table id=month><tr>{days}</table><td>News</table>", etree.HTMLParser()
    )
    assert [table.get("id") for table in month_calendars(root)] == ["month"]


@pytest.mark.parametrize("inside", ["<div>x", "<table><tr><td>x", "<ul><li>x<p>y</p>"])
def test_the_innermost_table_around_each_element_is_found(inside: str) -> None:
    containers = segment(counted_tree(f"<div>a<table><tr><td>{inside * 200}").root).containers
    found = tables_around(containers)
    for container, place in zip(containers, found, strict=True):
        inner: Container | None = container
        while inner is not None and inner.tag != "table":
            inner = inner.parent
        assert place == (inner.index if inner else None)


def test_of_a_page_that_is_too_long_only_the_blocks_that_were_judged_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_blocks, "MAX_BLOCKS", 20)
    visits = []
    for count in (60, 600):
        lines = [f"Ship number {n} came in at the eastern pier of the town." for n in range(count)]
        tree = counted_tree(f"<body>{''.join(f'<p>{line}</p>' for line in lines)}</body>")
        page = Page("http://harbour.example/1", b"")
        page.__dict__["tree"] = tree.root
        seen = segment(tree.root)
        body = find_main_content(seen, read_metadata(page))
        assert body is not None
        tree.visits = 0
        text = prose_of(body, seen, page.base).written()[1]
        assert text.split("\n\n") == lines[: len(body.kept)]
        visits.append(tree.visits)
    assert visits[1] < visits[0] + 10
