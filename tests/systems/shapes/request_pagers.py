"""Lists whose older posts come by a form, a postback, or a request that a script makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from tests.systems.shapes.board import NEWS_PATH, PER_PAGE, Board, Entry, card, cell_row
from tests.systems.shapes.server import Answer, Request, json_reply, shape

MORE: Final = {
    "ko": "더보기",
    "ja": "もっと見る",
    "es": "Cargar más",
    "fr": "Voir plus",
    "de": "Mehr laden",
}
POSTBACK: Final = (
    "<script>function __doPostBack(eventTarget, eventArgument) { var theForm = document.forms[0];"
    " theForm.__EVENTTARGET.value = eventTarget; theForm.__EVENTARGUMENT.value = eventArgument;"
    " theForm.submit(); }</script>"
)


def state_of(page: int) -> str:
    """The view state of a page of a grid."""
    return f"/wEPDwUKLTEw{page:04}ZGQ="


def web_form(inner: str, state: str, *, extra: str = "") -> str:
    """A page's form as ASP.NET writes it, with the sign-up for a newsletter in it."""
    hidden = "".join(
        f"<input type='hidden' name='{name}' id='{name}' value='{value}'>"
        for name, value in (
            ("__EVENTTARGET", ""),
            ("__EVENTARGUMENT", ""),
            ("__VIEWSTATE", state),
            ("__EVENTVALIDATION", f"/wEdAAs{state[-6:]}"),
        )
    )
    sign_up = (
        "<div class='newsletter'><input name='ctl00$mail' type='text'><input type='submit'"
        " name='ctl00$subscribe' value='Subscribe'></div>"
    )
    return (
        f"<form method='post' action='{NEWS_PATH}' id='aspnetForm'>{hidden}{POSTBACK}{extra}"
        f"{inner}{sign_up}</form>"
    )


def accepted(request: Request) -> bool:
    """Whether a postback holds what the server gave, and signs nobody up."""
    valid = (
        request.form.get("__EVENTVALIDATION")
        == f"/wEdAAs{request.form.get('__VIEWSTATE', '')[-6:]}"
    )
    return valid and not request.form.get("ctl00$mail") and "ctl00$subscribe" not in request.form


@shape("postback-numbers", "en", posts=True)
def postback_numbers(board: Board, request: Request) -> Answer:
    """A grid whose pager posts the page's form back."""
    if request.path != NEWS_PATH:
        return None
    number = 1
    if request.method == "POST":
        argument = request.form.get("__EVENTARGUMENT", "").removeprefix("Page$")
        if not accepted(request) or not argument.isdecimal():
            return None
        number = int(argument)
    entries = board.on_page(number)
    if not entries:
        return None
    cells = "".join(
        f"<td><span>{page}</span></td>"
        if page == number
        else "<td><a href=\"javascript:__doPostBack('ctl00$main$grid','Page$"
        f"{page}')\">{page}</a></td>"
        for page in range(1, board.pages + 1)
    )
    grid = (
        f"<table id='ctl00_main_grid' class='grid'>{board.rows(entries, cell_row)}"
        f"<tr class='gridPager'><td colspan=3><table><tr>{cells}</tr></table></td></tr></table>"
    )
    return board.listing(web_form(grid, state_of(number)))


@shape("postback-next", "pt", posts=True)
def postback_next(board: Board, request: Request) -> Answer:
    """A link button posts the form back; the server knows the page by the view state."""
    if request.path != NEWS_PATH:
        return None
    number = 1
    if request.method == "POST":
        state = request.form.get("__VIEWSTATE", "")
        if not accepted(request) or request.form.get("__EVENTTARGET") != "ctl00$lnkProxima":
            return None
        number = next((page for page in range(board.pages) if state == state_of(page)), 0) + 1
    entries = board.on_page(number)
    if not entries:
        return None
    script = "javascript:__doPostBack('ctl00$lnkProxima','')"
    on = f'<a id="ctl00_lnkProxima" href="{script}">Próxima</a>' if number < board.pages else ""
    rows = f"<ul>{board.rows(entries)}</ul><div class='paginacao'>{on}</div>"
    return board.listing(web_form(rows, state_of(number)))


@shape("postback-years", "pl", posts=True)
def postback_years(board: Board, request: Request) -> Answer:
    """A drop-down of years posts the form back."""
    if request.path != NEWS_PATH:
        return None
    year = board.years[0]
    if request.method == "POST":
        chosen = request.form.get("ctl00$ddlRok", "")
        if not accepted(request) or not chosen.isdecimal():
            return None
        year = int(chosen)
    options = "".join(
        f"<option value='{one}'{' selected=selected' * (one == year)}>{one}</option>"
        for one in board.years
    )
    menu = (
        "<label>Rok: <select name='ctl00$ddlRok'"
        " onchange=\"javascript:setTimeout('__doPostBack(\\'ctl00$ddlRok\\',\\'\\')', 0)\">"
        f"{options}</select></label>"
    )
    rows = f"<ul>{board.rows(board.in_year(year))}</ul>"
    return board.listing(web_form(rows, state_of(year), extra=menu))


@shape("form-posts-the-page", "ru", posts=True)
def form_posts_the_page(board: Board, request: Request) -> Answer:
    """Buttons of a form with a token post the number of the page."""
    if request.path != NEWS_PATH:
        return None
    number = 1
    if request.method == "POST":
        sent = request.form.get("page", "")
        if request.form.get("csrf") != "a91f" or not sent.isdecimal():
            return None
        number = int(sent)
    entries = board.on_page(number)
    if not entries:
        return None
    buttons = "".join(
        f"<button type='submit' name='page' value='{page}'{' disabled' * (page == number)}>{page}"
        "</button>"
        for page in range(1, board.pages + 1)
    )
    hidden = "<input type=hidden name=csrf value=a91f>"
    form = f"<form method='post' class='pager'>{hidden}{buttons}</form>"
    write = (
        "<form method='post' action='/subscribe/'><input name=email placeholder='e-mail'>"
        "<button name='page' value='1'>Подписаться</button></form>"
    )
    return board.listing(f"<ul>{board.rows(entries)}</ul>{form}{write}")


@shape("form-gets-a-year", "fr")
def form_gets_a_year(board: Board, request: Request) -> Answer:
    """A form by GET with a drop-down of years and a button."""
    year = request.number("annee", board.years[0])
    entries = board.in_year(year)
    if request.path != NEWS_PATH or not entries:
        return None
    options = "".join(f"<option{' selected' * (one == year)}>{one}</option>" for one in board.years)
    form = (
        f"<form method='get' action='{NEWS_PATH}'><input type='text' name='mot' value=''>"
        f"<select name='annee'>{options}</select><input type='submit' value='Filtrer'></form>"
    )
    return board.listing(f"{form}<div class='teasers'>{board.rows(entries, card)}</div>")


@shape("offset-beside-an-address", "es")
def offset_beside_an_address(board: Board, request: Request) -> Answer:
    """A button carries the address and the offset of the next rows, which are HTML."""
    if request.path == "/ajax/noticias":
        offset = request.number("offset", 0)
        return board.rows(board.entries[offset : offset + PER_PAGE], card)
    if request.path != NEWS_PATH:
        return None
    button = (
        f"<button class='js-load' data-url='/ajax/noticias' data-offset='{PER_PAGE}'"
        f" data-limit='{PER_PAGE}' data-total='{len(board.entries)}'>{MORE['es']}</button>"
    )
    return board.listing(f"<div id='lista'>{board.rows(board.on_page(1), card)}</div>{button}")


def item_of(one: Entry) -> dict[str, Any]:
    """An entry as an API has it."""
    return {
        "id": one.number,
        "title": one.title,
        "date": one.day.isoformat(),
        "url": one.url,
        "summary": one.teaser[:100],
    }


def items_of(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries as an API has them."""
    return [item_of(one) for one in entries]


@shape("more-as-json", "ja")
def more_as_json(board: Board, request: Request) -> Answer:
    """A button names an API that answers JSON, page by page."""
    if request.path == "/api/news":
        number = request.number()
        entries = board.on_page(number)
        more = number < board.pages
        return json_reply({"items": items_of(entries), "page": number, "hasMore": more})
    if request.path != NEWS_PATH:
        return None
    button = (
        "<button type='button' class='load-more' data-url='/api/news' data-page='2'"
        f" data-pages='{board.pages}'>{MORE['ja']}</button>"
    )
    return board.listing(f"<ul class='list'>{board.rows(board.on_page(1))}</ul>{button}")


@shape("more-as-html-in-json", "ko")
def more_as_html_in_json(board: Board, request: Request) -> Answer:
    """A link names an address that answers HTML inside JSON, with the next address."""
    if request.path == "/board/more.do":
        number = request.number("pageIndex")
        on = f"/board/more.do?pageIndex={number + 1}" if number < board.pages else None
        return json_reply({"html": board.rows(board.on_page(number)), "next": on})
    if request.path != NEWS_PATH:
        return None
    link = f"<a href='#' class='btn-more' data-url='/board/more.do?pageIndex=2'>{MORE['ko']}</a>"
    return board.listing(f"<ul class='bbs'>{board.rows(board.on_page(1))}</ul>{link}")


@shape("more-as-a-fragment", "de")
def more_as_a_fragment(board: Board, request: Request) -> Answer:
    """The last element of each part names the next part."""

    def part(number: int) -> str:
        more = f"<div class='more' data-next-url='/teile/{number + 1}'>{MORE['de']}</div>"
        return board.rows(board.on_page(number), card) + (more if number < board.pages else "")

    if request.path == NEWS_PATH:
        return board.listing(f"<div class='grid'>{part(1)}</div>")
    number = request.path.removeprefix("/teile/")
    return part(int(number)) if number.isdecimal() and board.on_page(int(number)) else None


@shape("more-by-admin-ajax", "it", posts=True)
def more_by_admin_ajax(board: Board, request: Request) -> Answer:
    """WordPress's admin-ajax answers more rows to a POST whose values stand in the page."""
    if request.path == "/wp-admin/admin-ajax.php":
        sent = request.form
        known = sent.get("action") == "load_more_posts" and sent.get("nonce") == "5c1d0e"
        number = sent.get("page", "")
        return board.rows(board.on_page(int(number)), card) if known and number.isdecimal() else "0"
    if request.path != NEWS_PATH:
        return None
    values = {
        "ajaxurl": "/wp-admin/admin-ajax.php",
        "action": "load_more_posts",
        "nonce": "5c1d0e",
        "current_page": 1,
        "max_page": board.pages,
    }
    script = f"<script>var loadmore_params = {json.dumps(values)};</script>"
    rows = f"<div class='posts-grid'>{board.rows(board.on_page(1), card)}</div>"
    return board.listing(f"{rows}<a class='loadmore' href='#'>Carica altri</a>{script}")


@shape("pages-in-next-state", "en")
def pages_in_next_state(board: Board, request: Request) -> Answer:
    """A page of Next.js that states its number and the last one; scripts draw the pager."""
    number = request.number()
    entries = board.on_page(number)
    if request.path != NEWS_PATH or not entries:
        return None
    state = {
        "props": {
            "pageProps": {
                "articles": items_of(entries),
                "pagination": {"page": number, "totalPages": board.pages},
            }
        },
        "page": "/news",
        "query": {"page": str(number)},
    }
    script = f"<script id='__NEXT_DATA__' type='application/json'>{json.dumps(state)}</script>"
    return board.listing(f"<div id='__next'><ul>{board.rows(entries)}</ul></div>{script}")


@shape("pages-in-inertia-state", "nl")
def pages_in_inertia_state(board: Board, request: Request) -> Answer:
    """A page of Inertia whose state lists the items and the next page's address."""
    number = request.number()
    entries = board.on_page(number)
    if request.path != NEWS_PATH or not entries:
        return None
    more = f"{NEWS_PATH}?page={number + 1}" if number < board.pages else None
    news = {"data": items_of(entries), "next_page_url": more, "total": len(board.entries)}
    state = json.dumps({"component": "News/Index", "props": {"news": news}, "url": NEWS_PATH})
    return board.page(f"<div id='app' data-page='{escape(state, quote=True)}'></div>")


@shape("more-by-a-script-alone", "cs")
def more_by_a_script_alone(board: Board, request: Request) -> Answer:
    """Only the code of a script knows where more rows come from: the list is bounded."""
    if request.path != NEWS_PATH:
        return None
    rows = f"<ul id='vypis'>{board.rows(board.on_page(1))}</ul>"
    return board.listing(
        f"{rows}<button id='dalsi'>Načíst další</button><script src='/app.js'></script>"
    )
