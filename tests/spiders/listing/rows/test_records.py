"""Rows of lists that lack an order, a class or an end tag of their own, and last pages of few."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.read import read_listing
from spiders.page.page import Page

READING = DateContext("Europe/Dublin", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))
MENU = "<ul class=menu><li><a href=/about>About the board</a><li><a href=/fees>Fees</a></ul>"
TITLES = (
    "Harbour board opens a pier for ferries",
    "Minister meets port authority",
    "Budget adopted by the council",
    "New crane in the north",
    "Storm closes the breakwater",
    "Divers find an old anchor",
    "Pilot office moves to Quay Street",
    "Call for tenders on buoys",
    "School children paint the ferry",
    "Lighthouse lamp is renewed",
)
NUMBERED = list(enumerate(TITLES, 1))


def read(body: str, path: str = "", place: str = "") -> Listing:
    html = f"<html><body>{MENU}{body}</body></html>"
    page = Page(f"https://board.example/news{path}", html.encode(), "text/html")
    return read_listing(page, READING, place=place)


def rows(page: Listing) -> list[tuple[str, str, str | None]]:
    return [
        (
            item.url.removeprefix("https://board.example"),
            item.title,
            item.published.iso if item.published else None,
        )
        for item in page.items
    ]


def entries(numbers: list[int], *, dated: bool) -> str:
    """The list of one page, its pager below, and a dated box of five beside."""
    items = "".join(
        f"<div class=entry><h2><a href='/news/{n}'>{TITLES[n % 10]}</a></h2>"
        f"{f'<time datetime=2026-05-{n:02}>{n} May</time>' if dated else ''}"
        "<p>The board told the public why it took so long to agree.</p></div>"
        for n in numbers
    )
    box = "".join(
        f"<li><a href='/port/{n}'>{title} again</a> <span>{n:02}.06.2026</span></li>"
        for n, title in NUMBERED[:5]
    )
    return (
        f"<div class=wrap><div class=posts><h1>News</h1>{items}<nav class=pager><a rel=next "
        f"href='/news?page=2'>Older posts</a></nav></div><div class=recent><h3>From the port</h3>"
        f"<ul>{box}</ul></div></div>"
    )


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("left", [1, 2, 5])
def test_a_short_last_page_is_read_at_the_place_of_the_list_on_page_1(
    left: int, *, dated: bool
) -> None:
    first = read(entries([*range(28, 18, -1)], dated=dated))
    assert len(first.items) == 10
    last = [*range(left, 0, -1)]
    page = read(entries(last, dated=dated), "?page=5", first.place)
    assert [item.url for item in page.items] == [f"https://board.example/news/{n}" for n in last]


@pytest.mark.parametrize(
    "row",
    [
        "<tr><td><a href='/news/{n}-title'>{title}</a></td></tr>",
        "<div class=items-row><h2><a href='/news/{n}-title'>{title}</a></h2><p>A line.</p></div>",
        "<li><a href='/news/{n}-title'>{title}</a></li>",
    ],
    ids=["table", "headings", "list"],
)
def test_a_date_in_one_title_dates_no_release_and_hides_none(row: str) -> None:
    titles = list(TITLES)
    titles[6] += " held during 10-12 May, 2014"
    holder = {"<tr": "table", "<di": "div", "<li": "ul"}[row[:3]]
    items = "".join(row.format(n=n, title=title) for n, title in enumerate(titles))
    found = rows(read(f"<div id=content><h1>News</h1><{holder}>{items}</{holder}></div>"))
    assert found == [(f"/news/{n}-title", title, None) for n, title in enumerate(titles)]


SHARE = (
    "<a href='https://www.facebook.com/sharer/sharer.php?u=/news/{n}'>Share this on Facebook</a>"
    "<a href='https://twitter.com/intent/tweet?url=/news/{n}'>Tweet this release now</a>"
    "<a href='mailto:?subject={n}'>Send this to a friend</a>"
)


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_links_to_share_a_release_are_not_items(*, dated: bool) -> None:
    items = "".join(
        f"<div class=item>{f'<p>{n} May 2026</p>' if dated else ''}"
        f"<p><a href='/news/{n}'>{title}</a></p><p>{SHARE.format(n=n)}</p></div>"
        for n, title in NUMBERED
    )
    found = rows(read(f"<main><h1>News</h1>{items}</main>"))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n, _ in NUMBERED]


def test_each_of_many_small_tables_is_a_row() -> None:
    items = "".join(
        f"<table><tr><td>{n} May 2026</td><td><a href='/d.aspx?id={n}'>ID {4072 + n} (PDF)</a></td>"
        f"<td>{SHARE.format(n=n)}</td></tr></table>"
        for n, _ in NUMBERED
    )
    found = rows(read(f"<main><h1>Orders</h1>{items}</main>"))
    assert [(url, day) for url, _, day in found] == [
        (f"/d.aspx?id={n}", f"2026-05-{n:02}") for n, _ in NUMBERED
    ]


def test_rows_and_cells_without_end_tags_are_rows_and_cells() -> None:
    items = "".join(
        f"<tr><td>{n} May 2026<td>{title}<td><a href='/get.php?id={n}'>Download</a>"
        for n, title in NUMBERED
    )
    found = rows(read(f"<main><h1>News</h1><table>{items}</table></main>"))
    assert found == [(f"/get.php?id={n}", title, f"2026-05-{n:02}") for n, title in NUMBERED]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_address_without_its_end_quote_ends_with_its_tag(quote: str) -> None:
    items = "".join(
        f"<tr><td>{n} May 2026<td><a href={quote}/news/{n}>{title}</a>" for n, title in NUMBERED
    )
    found = rows(read(f"<main><h1>News</h1><table>{items}</table></main>"))
    assert found == [(f"/news/{n}", title, f"2026-05-{n:02}") for n, title in NUMBERED]


def test_an_address_that_contains_the_end_of_a_tag_is_kept() -> None:
    items = "".join(
        f"<tr><td>{n} May 2026<td><a href='/news?at>{n}'>{title}</a>" for n, title in NUMBERED
    )
    found = rows(read(f"<main><h1>News</h1><table>{items}</table></main>"))
    assert [title for _, title, _ in found] == list(TITLES)
    assert all(url.endswith(f"{n}") for n, (url, _, _) in enumerate(found, 1))


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_a_list_of_titles_below_teasers_belongs_to_them(*, dated: bool) -> None:
    teasers = "".join(
        f"<article class=teaser><h2><a href='/blog/{n}'>{title}</a></h2>"
        f"{f'<time datetime=2026-05-{20 - n}>{n}</time>' if dated else ''}"
        "<p>The board told the public on this day what comes of it.</p></article>"
        for n, title in NUMBERED[:5]
    )
    more = "".join(f"<li><a href='/blog/{n}'>{title}</a></li>" for n, title in NUMBERED[5:])
    below = f"<h3>More articles</h3><ul class=more>{more}</ul>"
    found = rows(read(f"<main><h1>Blog</h1>{teasers}{below}</main>"))
    assert [(url, title) for url, title, _ in found] == [(f"/blog/{n}", t) for n, t in NUMBERED]
