"""Pagers whose numbers call a function that submits a form or opens an address."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from spiders.listing.paging.pagination import NextPages, next_pages
from spiders.page.page import Page

URL = "https://board.example/notice/list.do"
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


def found(script: str, form: str = FORM, call: str = "goPage") -> NextPages:
    html = f"<html><body>{form}{PAGER.format(call=call)}<script>{script}</script>"
    return next_pages(Page(URL, html.encode(), "text/html"))


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
    assert pages.form.url == URL
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
    assert (pages.next, pages.form) == (f"{URL}?bbs=7&page=2&x=1", None)


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
