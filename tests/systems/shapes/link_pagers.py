"""Lists whose older posts are behind links: numbers, arrows, years, months and archives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from typing import Final

from tests.systems.shapes.board import NEWS_PATH, PER_PAGE, Board, card, cell_row
from tests.systems.shapes.server import Answer, Reply, Request, shape

ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
THAI_DIGITS: Final = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
GAP: Final = "<div class='teaser-list'>"


def numbered(board: Board, request: Request, pager: Callable[[int, int], str]) -> Answer:
    """A page of the list with a pager below, which is made from its number and the last one."""
    number = request.number()
    entries = board.on_page(number)
    if request.path != NEWS_PATH or not entries:
        return None
    rows = f"<ul class='news-list'>{board.rows(entries)}</ul>"
    return board.listing(f"{rows}\n<div class='pages'>{pager(number, board.pages)}</div>")


def links(numbers: Iterable[int], here: int, label: Callable[[int], str]) -> str:
    """Links to pages by number; the present page is plain text."""
    return " ".join(
        f"<b>{label(number)}</b>"
        if number == here
        else f"<a href='?page={number}'>{label(number)}</a>"
        for number in numbers
    )


@shape("arrows-as-images", "es")
def arrows_as_images(board: Board, request: Request) -> Answer:
    """Two images lead to the pages beside."""

    def pager(here: int, last: int) -> str:
        back = f"<a href='?page={here - 1}'><img src='/theme/flecha_izq.gif' border=0></a>"
        on = f"<a href='?page={here + 1}'><img src='/theme/flecha_der.gif' alt='siguiente'></a>"
        return f"{back if here > 1 else ''} {here}/{last} {on if here < last else ''}"

    return numbered(board, request, pager)


@shape("arrows-as-icons", "nl")
def arrows_as_icons(board: Board, request: Request) -> Answer:
    """Icons of a font lead to the pages beside."""

    def pager(here: int, last: int) -> str:
        back = f"<li><a href='?page={here - 1}'><i class='fa fa-chevron-left'></i></a></li>"
        on = f"<li><a href='?page={here + 1}'><i class='fa fa-chevron-right'></i></a></li>"
        return f"<ul class='pagination'>{back if here > 1 else ''}{on if here < last else ''}</ul>"

    return numbered(board, request, pager)


@shape("arrows-as-svg", "pt")
def arrows_as_svg(board: Board, request: Request) -> Answer:
    """Drawings with a label lead to the pages beside."""

    def pager(here: int, last: int) -> str:
        drawn = "<svg aria-hidden=true viewBox='0 0 24 24'><path d='M8 5v14l11-7z'></path></svg>"
        back = f"<a class='c-btn' href='?page={here - 1}' aria-label='Página anterior'>{drawn}</a>"
        on = f"<a class='c-btn' href='?page={here + 1}' aria-label='Página seguinte'>{drawn}</a>"
        return f"{back if here > 1 else ''}{on if here < last else ''}"

    return numbered(board, request, pager)


@shape("numbers-in-brackets", "pl")
def numbers_in_brackets(board: Board, request: Request) -> Answer:
    """The numbers of pages stand in brackets."""
    return numbered(
        board,
        request,
        lambda here, last: links(range(1, last + 1), here, lambda number: f"[{number}]"),
    )


@shape("ranges", "en")
def ranges(board: Board, request: Request) -> Answer:
    """The pages are called by the numbers of their items."""

    def label(number: int) -> str:
        return f"{(number - 1) * PER_PAGE + 1}-{min(number * PER_PAGE, len(board.entries))}"

    return numbered(
        board,
        request,
        lambda here, last: links(range(1, last + 1), here, label).replace("> <", "> | <"),
    )


@shape("pages-in-a-menu", "it")
def pages_in_a_menu(board: Board, request: Request) -> Answer:
    """A drop-down names the pages by their addresses."""

    def pager(here: int, last: int) -> str:
        options = "".join(
            f"<option value='{NEWS_PATH}?page={number}'{' selected' * (number == here)}>"
            f"Pagina {number} di {last}</option>"
            for number in range(1, last + 1)
        )
        return f"<select onchange='location.href=this.value'>{options}</select>"

    return numbered(board, request, pager)


@shape("reversed-numbers", "ru")
def reversed_numbers(board: Board, request: Request) -> Answer:
    """The newest page has the highest number, and the list begins there."""
    last = board.pages
    shown = request.number(default=last)
    entries = board.on_page(last + 1 - shown)
    if request.path != NEWS_PATH or not entries or shown > last:
        return None
    pager = links(range(last, 0, -1), shown, str)
    return board.listing(f"<ul>{board.rows(entries)}</ul><p class='navi'>{pager}</p>")


@shape("reversed-numbers-without-a-mark", "pl")
def reversed_numbers_without_a_mark(board: Board, request: Request) -> Answer:
    """As before, but the present page is left out of the numbers."""
    last = board.pages
    shown = request.number(default=last)
    entries = board.on_page(last + 1 - shown)
    if request.path != NEWS_PATH or not entries or shown > last:
        return None
    others = (number for number in range(last, 0, -1) if number != shown)
    pager = links(others, shown, str)
    return board.listing(f"<ul>{board.rows(entries)}</ul><p class='navi'>{pager}</p>")


@shape("next-link-of-the-head-fails", "fr")
def next_link_of_the_head_fails(board: Board, request: Request) -> Answer:
    """The head names a next page that does not exist; the pager below the list is right."""
    number = request.number("p")
    entries = board.on_page(number)
    if request.path != NEWS_PATH or not entries:
        return None
    pager = " ".join(f"<a href='?p={page}'>{page}</a>" for page in range(1, board.pages + 1))
    return board.listing(
        f"<ul>{board.rows(entries)}</ul><nav class='pagination'>{pager}</nav>",
        head=f"<link rel='next' href='{NEWS_PATH}page/{number + 1}/'>",
    )


@shape("previous-means-older", "en")
def previous_means_older(board: Board, request: Request) -> Answer:
    """As in a diary, the previous page is the older one."""

    def pager(here: int, last: int) -> str:
        older = f"<a class='nav-l' href='?page={here + 1}'>« Previous entries</a>"
        newer = f"<a class='nav-r' href='?page={here - 1}'>Next entries »</a>"
        return f"{older if here < last else ''} {newer if here > 1 else ''}"

    return numbered(board, request, pager)


@shape("numbers-in-arabic", "ar")
def numbers_in_arabic(board: Board, request: Request) -> Answer:
    """The pager of a page that is read from right to left, in its own digits."""

    def pager(here: int, last: int) -> str:
        shown = links(range(1, last + 1), here, lambda number: str(number).translate(ARABIC_DIGITS))
        on = f"<a href='?page={here + 1}'>التالي ‹</a>" if here < last else ""
        return f"{shown} {on}"

    return numbered(board, request, pager)


@shape("numbers-in-thai", "th")
def numbers_in_thai(board: Board, request: Request) -> Answer:
    """Only numbers in Thai digits."""
    return numbered(
        board,
        request,
        lambda here, last: links(
            range(1, last + 1), here, lambda number: str(number).translate(THAI_DIGITS)
        ),
    )


@shape("pages-with-a-total", "zh")
def pages_with_a_total(board: Board, request: Request) -> Answer:
    """A pager of words with the total number of items."""

    def pager(here: int, last: int) -> str:
        on = f"<a href='?page={here + 1}'>下一页</a> <a href='?page={last}'>尾页</a>"
        return f"共{len(board.entries)}条 第{here}/{last}页 {on if here < last else '下一页 尾页'}"

    return numbered(board, request, pager)


@shape("years-in-tabs", "de")
def years_in_tabs(board: Board, request: Request) -> Answer:
    """The page shows the newest year; tabs lead to the others."""
    year = request.number("jahr", board.years[0])
    entries = board.in_year(year)
    if request.path != NEWS_PATH or not entries:
        return None
    tabs = "".join(
        f"<li class='tab{' active' * (one == year)}'><a href='?jahr={one}'>{one}</a></li>"
        for one in board.years
    )
    return board.listing(f"<ul class='tabs'>{tabs}</ul>{GAP}{board.rows(entries, card)}</div>")


@shape("years-in-a-menu", "tr")
def years_in_a_menu(board: Board, request: Request) -> Answer:
    """The page shows the newest year; a drop-down leads to the others."""
    paths = {f"{NEWS_PATH}{year}/": year for year in board.years}
    year = board.years[0] if request.path == NEWS_PATH else paths.get(request.path)
    if year is None:
        return None
    options = "".join(
        f"<option value='{path}'{' selected' * (one == year)}>{one}</option>"
        for path, one in paths.items()
    )
    menu = f"<select class='yil' onchange='window.location=this.value'>{options}</select>"
    return board.listing(f"{menu}<ul>{board.rows(board.in_year(year))}</ul>")


def by_year(board: Board, request: Request, label: Callable[[int], str]) -> Answer:
    """The page shows the ten newest; links lead to years, which are called by a label."""
    paths = {f"{NEWS_PATH}archive-{year}.html": year for year in board.years}
    rows = "".join(f"<li><a href='{path}'>{label(year)}</a></li>" for path, year in paths.items())
    below = f"<ul class='by-year'>{rows}</ul>"
    if request.path == NEWS_PATH:
        return board.listing(f"<ul>{board.rows(board.on_page(1))}</ul>{below}")
    if request.path not in paths:
        return None
    return board.listing(f"<ul>{board.rows(board.in_year(paths[request.path]))}</ul>{below}")


@shape("school-years", "en")
def school_years(board: Board, request: Request) -> Answer:
    """Each archive is called by two years."""
    return by_year(board, request, lambda year: f"{year}/{(year + 1) % 100}")


@shape("years-of-an-era", "ja")
def years_of_an_era(board: Board, request: Request) -> Answer:
    """Years are counted from the beginning of the emperor's reign."""
    return by_year(board, request, lambda year: f"令和{year - 2018}年")


@shape("months-in-a-form", "he")
def months_in_a_form(board: Board, request: Request) -> Answer:
    """The page shows the ten newest; a drop-down in a form leads to the months."""
    values = {f"{year}-{month:02}": (year, month) for year, month in board.months}
    options = "".join(
        f"<option value='{value}'>{month:02}/{year}</option>"
        for value, (year, month) in values.items()
    )
    form = (
        f"<form action='{NEWS_PATH}'><select name='chodesh'><option value=''>—</option>{options}"
        "</select><input type='submit' value='הצג'></form>"
    )
    chosen = request.query.get("chodesh", "")
    if request.path != NEWS_PATH or (chosen and chosen not in values):
        return None
    entries = board.in_month(*values[chosen]) if chosen else board.on_page(1)
    return board.listing(f"{form}<ul>{board.rows(entries)}</ul>")


@shape("years-beside", "cs")
def years_beside(board: Board, request: Request) -> Answer:
    """The page shows the ten newest; a column beside leads to years, each with its own pager."""
    paths = {f"/archiv/{year}/": year for year in board.years}
    rows = "".join(f"<li><a href='{path}'>{year}</a></li>" for path, year in paths.items())
    side = f"<aside class='col'><h3>Archiv</h3><ul>{rows}</ul></aside>"
    if request.path == NEWS_PATH:
        return board.listing(f"<ul>{board.rows(board.on_page(1))}</ul>", side=side)
    if request.path not in paths:
        return None
    entries = board.in_year(paths[request.path])
    number = request.number()
    shown = entries[(number - 1) * PER_PAGE : number * PER_PAGE] if number else ()
    if not shown:
        return None
    pager = links(range(1, -(-len(entries) // PER_PAGE) + 1), number, str)
    return board.listing(f"<ul>{board.rows(shown)}</ul><p class='pager'>{pager}</p>", side=side)


@shape("months-beside", "it")
def months_beside(board: Board, request: Request) -> Answer:
    """The page shows the newest; a column beside leads to the months, with counts."""
    paths = {f"{NEWS_PATH}{year}/{month:02}/": (year, month) for year, month in board.months}
    rows = "".join(
        f"<li><a href='{path}'>{month:02}/{year}</a> ({len(board.in_month(year, month))})</li>"
        for path, (year, month) in paths.items()
    )
    side = f"<aside><h3>Archivio</h3><ul class='mesi'>{rows}</ul></aside>"
    if request.path == NEWS_PATH:
        return board.listing(f"{GAP}{board.rows(board.on_page(1), card)}</div>", side=side)
    if request.path not in paths:
        return None
    return board.listing(
        f"{GAP}{board.rows(board.in_month(*paths[request.path]), card)}</div>", side=side
    )


@shape("archive-behind-a-link", "en")
def archive_behind_a_link(board: Board, request: Request) -> Answer:
    """The page shows the newest and a link to the archive of all, which has pages."""
    if request.path == NEWS_PATH:
        rows = board.rows(board.on_page(1), card)
        return board.listing(f"{GAP}{rows}</div><p><a href='/news-archive/'>News archive</a></p>")
    number = request.number()
    entries = board.on_page(number)
    if request.path != "/news-archive/" or not entries:
        return None
    on = f"<a href='?page={number + 1}'>Older</a>" if number < board.pages else ""
    return board.listing(f"<table>{board.rows(entries, cell_row)}</table>{on}")


@shape("archive-of-years", "uk")
def archive_of_years(board: Board, request: Request) -> Answer:
    """The page shows the newest and a link to an archive that lists only years."""
    paths = {f"/arkhiv/{year}.html": year for year in board.years}
    if request.path == NEWS_PATH:
        rows = board.rows(board.on_page(1))
        return board.listing(f"<ul>{rows}</ul><a class='all' href='/arkhiv/'>Архів новин</a>")
    if request.path == "/arkhiv/":
        rows = "".join(f"<li><a href='{path}'>{year} рік</a></li>" for path, year in paths.items())
        return board.page(f"<h1>Архів новин</h1><ul>{rows}</ul>")
    if request.path in paths:
        entries = board.in_year(paths[request.path])
        return board.page(f"<h1>{paths[request.path]}</h1><ul>{board.rows(entries)}</ul>")
    return None


@shape("endless-calendar", "el")
def endless_calendar(board: Board, request: Request) -> Answer:
    """A list with pages beside a calendar whose months never end."""
    number, month = request.number(), request.query.get("month", "")
    calendar = f"<a href='{NEWS_PATH}?month={(int(month) if month.isdecimal() else 0) + 1}'>«</a>"
    side = f"<aside class='calendar'><table><caption>{calendar}</caption></table></aside>"
    if request.path != NEWS_PATH:
        return None
    if month:
        return board.listing("<p>—</p>", side=side)
    entries = board.on_page(number)
    if not entries:
        return Reply(board.listing("<p>—</p>"), status=HTTPStatus.NOT_FOUND)
    on = (
        f"<a class='next' href='?page={number + 1}'>{escape('>')}</a>"
        if number < board.pages
        else ""
    )
    return board.listing(f"<ul>{board.rows(entries)}</ul><div class='pager'>{on}</div>", side=side)
