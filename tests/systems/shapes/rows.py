"""Lists whose rows are hard to tell apart from what stands beside or inside them."""

from __future__ import annotations

import datetime as dt
from html import escape

from tests.systems.shapes.board import NEWS_PATH, Board, Entry, card
from tests.systems.shapes.server import Answer, Request, shape


@shape("containers-never-closed", "ja")
def containers_never_closed(board: Board, request: Request) -> Answer:
    """Each post opens a container that nothing closes."""
    if request.path != NEWS_PATH:
        return None
    rows = "".join(
        f"<div class='post'><h2><a href='{one.url}'>{escape(one.title)}</a></h2>"
        f"<div class='meta'>{board.date(one.day)}</div><p>{escape(one.teaser)}</p>"
        for one in board.entries
    )
    return board.listing(f"<div id='posts'>{rows}</div>")


@shape("years-on-one-page", "ko")
def years_on_one_page(board: Board, request: Request) -> Answer:
    """Sections by year; rows name only the month and the day."""
    if request.path != NEWS_PATH:
        return None
    parts = [
        f"<h2>{year}년</h2><ul>"
        + "".join(
            f"<li><span>{one.day:%m.%d}</span><a href='{one.url}'>{escape(one.title)}</a></li>"
            for one in board.in_year(year)
        )
        + "</ul>"
        for year in board.years
    ]
    return board.listing("".join(parts))


@shape("date-links-to-its-month", "fr")
def date_links_to_its_month(board: Board, request: Request) -> Answer:
    """The date of each row links to the archive of its month, the byline to the author."""
    if request.path != NEWS_PATH:
        return None
    rows = "".join(
        f"<div class='billet'><div class='quand'><a href='/{one.day:%Y/%m}/index.html'>"
        f"{board.date(one.day)}</a> par <a href='/auteur/desk/'>Le service presse</a></div>"
        f"<h3><a href='{one.url}'>{escape(one.title)}</a></h3>"
        f"<p>{escape(one.teaser[:160])}</p></div>"
        for one in board.entries
    )
    return board.listing(rows)


@shape("document-in-the-teaser", "es")
def document_in_the_teaser(board: Board, request: Request) -> Answer:
    """The teasers link to documents."""
    if request.path != NEWS_PATH:
        return None
    rows = "".join(
        f"<article><h3><a href='{one.url}'>{escape(one.title)}</a></h3><p>{board.date(one.day)}</p>"
        f"<p>{escape(one.teaser[:120])}"
        f" <a href='/docs/nota-{one.number}.pdf'>Descargar nota</a></p>"
        "</article>"
        for one in board.entries
    )
    return board.listing(rows)


@shape("undated-beside-dated-events", "it")
def undated_beside_dated_events(board: Board, request: Request) -> Answer:
    """The list has no dates, and a long box of events has."""
    if request.path != NEWS_PATH:
        return None
    events = "".join(
        f"<li><span class='data'>{board.date(dt.date(2031, 1, day))}</span>"
        f"<a href='/eventi/{day}.html'>Visita guidata numero {day}</a></li>"
        for day in range(1, 16)
    )
    side = f"<div class='colonna'><h2>Eventi</h2><ul>{events}</ul></div>"
    rows = "".join(
        f"<div class='voce'><h3><a href='{one.url}'>{escape(one.title)}</a></h3>"
        f"<p>{escape(one.teaser[:150])}</p></div>"
        for one in board.entries
    )
    return board.listing(f"<div class='elenco'>{rows}</div>", side=side)


@shape("title-for-screen-readers", "fr")
def title_for_screen_readers(board: Board, request: Request) -> Answer:
    """The link to read on names the post for screen readers."""
    if request.path != NEWS_PATH:
        return None
    rows = "".join(
        f"<article class='post'><h2><a href='{one.url}'>{escape(one.title)}</a></h2>"
        f"<time datetime='{one.day}'>{board.date(one.day)}</time><p>{escape(one.teaser[:150])}"
        f" <a href='{one.url}'>En savoir plus<span class='screen-reader-text'> sur"
        f" {escape(one.title)}</span></a></p></article>"
        for one in board.entries
    )
    return board.listing(rows)


def in_section(board: Board, one: Entry) -> str:
    """A card that leads to one of three sections of the site."""
    section = ("works", "finance", "people")[one.number % 3]
    return card(board, one).replace(NEWS_PATH, f"/{section}/{one.day.year}/")


@shape("rows-of-many-sections", "en")
def rows_of_many_sections(board: Board, request: Request) -> Answer:
    """The rows lead to pages of other sections."""
    if request.path == NEWS_PATH:
        return board.listing(f"<div>{board.rows(board.entries, in_section)}</div>")
    for one in board.entries:
        section = ("works", "finance", "people")[one.number % 3]
        if request.path == one.url.replace(NEWS_PATH, f"/{section}/{one.day.year}/"):
            return board.release(one)
    return None


@shape("teasers-and-more-links", "en")
def teasers_and_more_links(board: Board, request: Request) -> Answer:
    """A blog page of teasers, then links to more posts, then numbers."""
    number = request.number("start", 0)
    shown = board.entries[number : number + 5]
    if request.path != NEWS_PATH or not shown:
        return None
    teasers = "".join(
        f"<div class='items-row'><div class='item'><h2 itemprop='headline'><a href='{one.url}'>"
        f"{escape(one.title)}</a></h2><dl class='article-info'><dd class='published'>Published:"
        f" <time datetime='{one.day}T09:00:00+01:00'>{board.date(one.day)}</time></dd></dl>"
        f"<p>{escape(one.teaser)}</p></div></div>"
        for one in shown
    )
    more = "".join(
        f"<li><a href='{one.url}'>{escape(one.title)}</a></li>"
        for one in board.entries[number + 5 : number + 9]
    )
    numbers = " ".join(
        f"<a class='pagenav' href='?start={start}'>{start // 5 + 1}</a>"
        for start in range(0, len(board.entries), 5)
        if start != number
    )
    return board.listing(
        f"<div class='blog'>{teasers}<div class='items-more'><h3>More Articles …</h3>"
        f"<ol>{more}</ol></div><div class='pagination'>{numbers}</div></div>"
    )


@shape("pinned-old-release", "pt")
def pinned_old_release(board: Board, request: Request) -> Answer:
    """The oldest release stands first on each page, pinned."""
    number = request.number()
    entries = board.on_page(number)
    if request.path != NEWS_PATH or not entries:
        return None
    pinned = f"<div class='fixado'>📌 {card(board, board.entries[-1])}</div>"
    on = f"<a rel='next' href='?page={number + 1}'>Próxima</a>" if number < board.pages else ""
    return board.listing(f"{pinned}<div class='lista'>{board.rows(entries, card)}</div>{on}")
