"""The requests of scripts for more rows are built from what the page states."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from spiders.items import Form, Listing, ListingItem, Series
from spiders.listing.paging.loaders import continued
from spiders.listing.paging.pagination import next_pages
from spiders.page.page import Page

URL = "https://board.example/uudised/"
AJAX = "https://board.example/wp-admin/admin-ajax.php"


def pages_of(body: str) -> tuple[str | None, Form | None, Series | None]:
    found = next_pages(Page(URL, f"<html><body>{body}".encode(), "text/html"))
    return found.next, found.form, found.series


@pytest.mark.parametrize(
    ("body", "address", "series"),
    [
        # Estonian, Greek, Hindi, Swedish, Persian, Vietnamese, Romanian, Traditional Chinese
        (
            '<button data-url="/api/uudised" data-offset="10" data-limit="10">Näita rohkem',
            "/api/uudised?offset=10&limit=10",
            Series("/api/uudised", "offset", 10),
        ),
        (
            '<div class="more" data-endpoint="/nea.php?cat=3" data-page="2">Περισσότερα</div>',
            "/nea.php?cat=3&page=2",
            Series("/nea.php", "page", 1),
        ),
        (
            ('<a href="#" data-ajax-url="/samachar/list" data-current-page="1" data-max-pages="7">'
            "और देखें</a>"),
            "/samachar/list?page=2",
            Series("/samachar/list", "page", 1, 7),
        ),
        (
            '<ul data-load-url="more?page=1" data-page="3"></ul><span>Visa fler</span>',
            "/uudised/more?page=3",
            Series("/uudised/more", "page", 1),
        ),
        (
            ('<section data-source="/akhbar.json" data-next-page="2" data-category="akhbar">'
            "<button>بیشتر</button></section>"),
            "/akhbar.json?page=2&category=akhbar",
            Series("/akhbar.json", "page", 1),
        ),
        (
            '<div id="tin" data-api="/tin-tuc" data-start="0" data-total="25">Xem thêm</div>',
            "/tin-tuc?start=0",
            Series("/tin-tuc", "start", 0, 24),
        ),
        (
            '<p data-href="/stiri/lot" data-paged="2" data-total="45" data-per-page="9">Mai mult',
            "/stiri/lot?paged=2&per_page=9",
            Series("/stiri/lot", "paged", 1, 5),
        ),
    ],
)  # fmt: skip
def test_a_counter_beside_an_address_makes_a_request(
    body: str, address: str, series: Series
) -> None:
    found, form, counted = pages_of(body)
    assert found == f"https://board.example{address}"
    assert form is None
    assert counted == series


def test_a_request_by_post_has_the_fields_as_its_body() -> None:
    body = (
        '<a data-method="POST" data-url="/news/lista?x=1" data-offset="12" data-size="6">更多</a>'
    )
    address, form, _ = pages_of(body)
    assert form
    assert (form.url, form.address) == ("https://board.example/news/lista", address)
    assert dict(parse_qsl(form.body)) == {"x": "1", "offset": "12", "size": "6"}


@pytest.mark.parametrize(
    "body",
    [
        (
            '<a class="load" data-action="load_more_news" data-page="2" data-nonce="9f">Ver más</a>'
            '<script>var theme = {"ajaxurl": "\\/wp-admin\\/admin-ajax.php", "home": "/"};</script>'
        ),
        (
            '<a class="load" href="#">Ver más</a><script>var news_params = {"ajax_url": '
            '"https:\\/\\/board.example\\/wp-admin\\/admin-ajax.php", "action": "load_more_news", '
            '"nonce": "9f", "current_page": "1", "max_page": "4"};</script>'
        ),
    ],
)
def test_a_wordpress_plugin_is_requested_as_its_page_states(body: str) -> None:
    _, form, series = pages_of(body)
    assert form
    assert form.url == AJAX
    sent = dict(parse_qsl(form.body))
    assert (sent["action"], sent["page"], sent["nonce"]) == ("load_more_news", "2", "9f")
    assert series
    assert (series.path, series.name, series.step) == ("/wp-admin/admin-ajax.php", "page", 1)


@pytest.mark.parametrize(
    "body",
    [
        '<a data-url="https://other.example/api" data-page="2">More</a>',
        '<a data-url="javascript:go()" data-page="2">More</a>',
        '<a data-url="/api/news" data-page="all">More</a>',
        '<a data-url="/api/news" data-page="2222222222">More</a>',
        '<a data-url="/api/news">More</a>',
        '<a data-url="/newsletter/subscribe" data-page="2">More</a>',
        '<a data-url="/news/purge" data-method="post" data-page="2">More</a>',
        '<a data-url="/api/news?cmd=publish" data-page="2">More</a>',
        '<div class="swiper"><a data-url="/api/slides" data-page="2">More</a></div>',
        "".join(f'<a data-url="/post/{n}" data-page="2">More</a>' for n in range(9)),
        # An action that writes, one without an address, and one whose script is of another site
        (
            '<a data-action="subscribe_page" data-page="2">x</a>'
            '<script>a={ajaxurl:"/admin-ajax.php"}</script>'
        ),
        '<a data-action="load_more" data-page="2">More</a>',
        (
            '<a data-action="load_more" data-page="2">x</a>'
            '<script>a={ajaxurl:"//other.example/admin-ajax.php"}</script>'
        ),
        (
            '<script>a={ajaxurl:"/wp-admin/admin-ajax.php",action:"load_more",current_page:4,'
            "max_page:4}</script>"
        ),
        '<script>a={ajaxurl:"/wp-admin/admin-ajax.php",action:"send_mail",page:1}</script>',
        "<script>" + "{" * 5000 + "admin-ajax.php</script>",
    ],
)
def test_no_request_is_made_without_a_stated_request_for_more_rows(body: str) -> None:
    assert pages_of(body) == (None, None, None)


ITEMS = tuple(ListingItem(f"https://board.example/{n}", f"Notice {n}") for n in range(3))
OFFSET = Series("/more", "offset", 0)


@pytest.mark.parametrize(
    ("url", "series", "following"),
    [
        ("https://board.example/more?a=1&offset=10", OFFSET, "?a=1&offset=13"),
        ("https://board.example/more?offset=10", Series("/more", "offset", 5, 14), None),
        ("https://board.example/more?offset=10", Series("/more", "offset", 5, 15), "?offset=15"),
        ("https://board.example/other?offset=10", OFFSET, None),
        ("https://board.example/more?page=2", OFFSET, None),
        ("https://board.example/more?offset=x", OFFSET, None),
        ("https://board.example/more?offset=10", None, None),
    ],
)
def test_a_series_counts_on(url: str, series: Series | None, following: str | None) -> None:
    found = continued(Listing(url, ITEMS), url, None, series)
    assert found.next == (following and f"https://board.example/more{following}")


def test_a_part_without_items_ends_a_series_and_a_stated_next_page_takes_precedence() -> None:
    url = "https://board.example/more?offset=10"
    assert continued(Listing(url, ()), url, None, OFFSET).next is None
    named = Listing(url, ITEMS, next="https://board.example/named")
    assert continued(named, url, None, OFFSET) == named


def test_a_series_by_post_counts_on_in_the_body() -> None:
    form = Form("https://board.example/more", "action=load&page=2")
    found = continued(Listing(form.url, ITEMS), form.address, form, Series("/more", "page", 1, 3))
    assert found.form == Form(form.url, "action=load&page=3")
    assert found.next == found.form.address
    assert continued(found, form.address, found.form, None) == found
    assert (
        continued(
            Listing(form.url, ITEMS), form.address, found.form, Series("/more", "page", 1, 3)
        ).next
        is None
    )


def test_a_state_names_the_next_page_by_address_or_number() -> None:
    rows = [{"id": 1, "title": "A"}, {"id": 2, "title": "B"}]

    def following(state: object, url: str = URL) -> str | None:
        script = f"<script id=__NEXT_DATA__ type=application/json>{json.dumps(state)}</script>"
        return next_pages(Page(url, f"<html><body>{script}".encode(), "text/html")).next

    listed = {"props": {"items": rows, "pagination": {"currentPage": 1, "totalPages": 4}}}
    assert following(listed) == f"{URL}?page=2"
    assert following(listed, f"{URL}?p=1&page=1") == f"{URL}?p=1&page=2"
    asked = {**listed, "query": {"pageNo": "1"}}
    assert following(asked) == f"{URL}?pageNo=2"
    laravel = {
        "props": {"news": {"data": rows, "next_page_url": f"{URL}?page=2", "filler": "x" * 80}}
    }
    assert following(laravel) == f"{URL}?page=2"
    ended = {"props": {"items": rows, "pagination": {"currentPage": 4, "totalPages": 4}}}
    assert following(ended) is None
    elsewhere = {"props": {"data": rows, "next_page_url": "https://other.example/?page=2"}}
    assert following(elsewhere) is None
    # Numbers of something else than a list
    assert following({"props": {"book": {"page": 3, "pages": 400, "title": "x" * 90}}}) is None


PAGE_URL = "https://board.example/notice/list.do"
PAGER = (
    '<div class="paging"><strong>1</strong> <a href="#" onclick="{call}(2); return false;">2</a> '
    '<a href="#" onclick="{call}(3); return false;">3</a></div>'
)
FORM = (
    '<form name="listForm" method="post" action="/notice/list.do">'
    '<input type="hidden" name="pageIndex" id="pg" value="1">'
    '<input type="hidden" name="bbs" value="7">'
    '<input type="text" name="word"></form>'
)  # fmt: skip


def found(script: str, form: str = FORM, call: str = "goPage") -> Listing:
    html = f"<html><body>{form}{PAGER.format(call=call)}<script>{script}</script>"
    return next_pages(Page(PAGE_URL, html.encode(), "text/html"))


@pytest.mark.parametrize(
    "script",
    [
        # Korean, Chinese and Japanese systems write such functions.
        "function goPage(p) { document.listForm.pageIndex.value = p; listForm.submit(); }",
        "function goPage(p){var f=document.forms[0];f.pageIndex.value=p;if(f){f.submit();}}",
        "var goPage = function (n) { $('#pg').val(n); $('form').submit(); };",
        "function goPage(n, x) {\n document.getElementById('pg').value = n;\n f.submit();\n}",
        "function goPage(n) { $(\"input[name='pageIndex']\").val(n); listForm.submit(); }",
    ],
)
def test_a_function_that_submits_a_form_is_followed(script: str) -> None:
    pages = found(script)
    assert pages.form
    assert pages.form.url == PAGE_URL
    assert dict(parse_qsl(pages.form.body)) == {"pageIndex": "2", "bbs": "7"}


def test_a_function_may_set_the_address_of_the_form() -> None:
    script = (
        "function goPage(n) { document.listForm.pageIndex.value = n;"
        "document.listForm.action = '/notice/page.do'; document.listForm.submit(); }"
    )
    pages = found(script)
    assert pages.form
    assert pages.form.url == "https://board.example/notice/page.do"
    assert found(script.replace("/notice/page.do", "https://other.example/")).next is None


def test_a_function_that_opens_an_address_is_followed() -> None:
    pages = found("function goPage(n) { location.href = 'list.do?bbs=7&page=' + n + '&x=1'; }")
    assert (pages.next, pages.form) == (f"{PAGE_URL}?bbs=7&page=2&x=1", None)


@pytest.mark.parametrize(
    ("script", "form"),
    [
        ("function goPage(n) { document.listForm.pageIndex.value = n; }", FORM),
        ("function goPage(n) { document.listForm.amount.value = n; submit(); }", FORM),
        ("function other(n) { document.listForm.pageIndex.value = n; submit(); }", FORM),
        (
            "function goPage(n) { f.pageIndex.value = n; f.submit(); }",
            FORM.replace("/notice/list.do", "/member/delete.do"),
        ),
        (
            "function goPage(n) { f.pageIndex.value = n; f.submit(); }",
            FORM.replace('type="text"', 'type="password"'),
        ),
        ("function goPage(n) { location.href = 'https://other.example/?page=' + n; }", FORM),
        ("function goPage(n) {" * 5000, FORM),
    ],
)
def test_other_functions_are_not(script: str, form: str) -> None:
    assert found(script, form).next is None
