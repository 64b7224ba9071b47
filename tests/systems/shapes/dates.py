"""Lists and releases whose dates are hard to read: other dates beside them, short years."""

from __future__ import annotations

import datetime as dt
from html import escape

from tests.systems.shapes.board import NEWS_PATH, Board, Entry, card
from tests.systems.shapes.server import Answer, Request, shape


def whole_list(board: Board, request: Request, rows: str) -> Answer:
    """One page of all rows."""
    return board.listing(f"<ul class='items'>{rows}</ul>") if request.path == NEWS_PATH else None


def undated(one: Entry) -> str:
    """A row without a date."""
    return f"<li><a href='{one.url}'>{escape(one.title)}</a></li>"


def marked(board: Board, one: Entry) -> str:
    """A release with its date in a time element, on a site that was updated long ago."""
    line = f"<p><time datetime='{one.day}'>{board.date(one.day)}</time></p>"
    return board.release(one, above=line, below="<p>Website last updated: 12 May 2019</p>")


@shape("site-updated-below", "en", releases=marked)
def site_updated_below(board: Board, request: Request) -> Answer:
    """Each page ends with the day on which the site was last updated."""
    return whole_list(board, request, "".join(map(undated, board.entries)))


def beside_an_update(board: Board, one: Entry) -> str:
    """A release beside a headline about an update."""
    side = (
        "<aside class='sidebar'><h3>Aktuell</h3><p><a href='/hinweis.html'>Aktualisiert am"
        " 3. Januar 2018: Hinweise zum Hochwasser</a></p></aside>"
    )
    return board.release(one, side=side)


@shape("update-beside", "de", releases=beside_an_update)
def update_beside(board: Board, request: Request) -> Answer:
    """A column beside each release tells of an update."""
    return whole_list(board, request, "".join(map(undated, board.entries)))


def with_a_dated_file(board: Board, one: Entry) -> str:
    """A release with an attachment that has a date of its own."""
    below = (
        f"<ul class='fichiers'><li><a href='/f/{one.number}.pdf'>Annexe (PDF, 1,2 Mo)</a>"
        " <small>mis à jour le 4 avril 2017</small></li></ul>"
    )
    return board.release(one, below=below)


@shape("updated-attachments", "fr", releases=with_a_dated_file)
def updated_attachments(board: Board, request: Request) -> Answer:
    """The attachment of each release has a date."""
    return whole_list(board, request, "".join(map(undated, board.entries)))


def with_short_year(board: Board, one: Entry) -> str:
    """A release with a date of two digits each, the year first."""
    return board.release(
        one, above=f"<p class='info'>发布时间：{one.day:%y-%m-%d}　浏览次数：{one.number * 7}</p>"
    )


@shape("short-years-first", "zh", releases=with_short_year)
def short_years_first(board: Board, request: Request) -> Answer:
    """The list and the releases write years with two digits, first."""
    rows = "".join(
        f"<li><a href='{one.url}'>{escape(one.title)}</a><span>{one.day:%y-%m-%d}</span></li>"
        for one in board.entries
    )
    return whole_list(board, request, rows)


def with_views(board: Board, one: Entry) -> str:
    """A release whose date and views stand in elements side by side."""
    line = (
        f"<div class='info'><span class='d'>{one.day:%m/%d/%y}</span><span class='v'>"
        f"{one.number} Views</span></div>"
    )
    return board.release(one, above=line)


@shape("date-beside-a-count", "en", releases=with_views)
def date_beside_a_count(board: Board, request: Request) -> Answer:
    """The views of a post stand right after its date."""
    rows = "".join(
        f"<li><a href='{one.url}'>{escape(one.title)}</a><span class='d'>{one.day:%m/%d/%y}</span>"
        f"<span class='v'>{one.number} Views</span></li>"
        for one in board.entries
    )
    return whole_list(board, request, rows)


@shape("dates-of-months-beside", "ru")
def dates_of_months_beside(board: Board, request: Request) -> Answer:
    """A list of months with time elements stands beside list and releases."""
    months = "".join(
        f"<li><a href='/arhiv/{year}-{month:02}.html'><time datetime='{dt.date(year, month, 1)}'>"
        f"{month:02}.{year}</time></a></li>"
        for year, month in board.months
    )
    side = f"<aside><h3>Архив</h3><ul>{months}</ul></aside>"
    if request.path == NEWS_PATH:
        return board.listing(f"<div>{board.rows(board.entries, card)}</div>", side=side)
    for year, month in board.months:
        if request.path == f"/arhiv/{year}-{month:02}.html":
            rows = board.rows(board.in_month(year, month), card)
            return board.listing(f"<div>{rows}</div>", side=side)
    return None
