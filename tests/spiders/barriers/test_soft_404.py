"""Error pages with a success status, and releases that only resemble one."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.barriers import barrier_to_release
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.press_room import release_html

READING = DateContext("Europe/Oslo", languages=("en",), now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC))


def plain(title: str, body: str) -> str:
    """A page that says little."""
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    "html",
    [
        plain("Page not found - Harbour Board", "<p>It does not exist. Use the menu.</p>"),
        plain("Harbour Board", "<h1>404</h1><p>Look elsewhere.</p>"),
        plain("Error 404 (Not Found)!!1", "<p>That is all we know.</p>"),
        plain("404 - Harbour Board", "<h1>Harbour Board of Lindmouth</h1><p>Use the menu.</p>"),
        release_html(9, day="", text="<p>Please use the menu.</p>").replace(
            "Notice 9: ships counted at pier 9", "This press release has been removed"
        ),
        plain("News", "<h1>Seite nicht gefunden</h1><p>Use the menu.</p>"),
        plain("Seite nicht gefunden | Hafenamt", "<h1>Hoppla</h1><p>Suchen Sie weiter.</p>"),
        plain("Страница не найдена", "<p>Вернитесь на главную.</p>"),
        plain("页面不存在", "<p>请返回首页。</p>"),
    ],
)
def test_an_error_page_with_a_success_status_is_recognized(html: str) -> None:
    page = Page("https://harbour.example/news/1", html.encode())
    barrier = barrier_to_release(page, read_release(page, READING).content, "")
    assert barrier
    assert barrier.kind == "missing"


@pytest.mark.parametrize(
    "html",
    [
        release_html(1),
        release_html(1, day="").replace("Notice 1: ships counted", "Lost ship not found"),
        release_html(1).replace("Notice 1: ships counted at pier 1", "Page not found"),
        plain("Room 404 - Harbour Board", "<h1>Room 404 opens</h1><p>A room opens.</p>"),
    ],
)
def test_a_release_about_missing_things_is_a_release(html: str) -> None:
    page = Page("https://harbour.example/news/1", html.encode())
    assert barrier_to_release(page, read_release(page, READING).content, "") is None
