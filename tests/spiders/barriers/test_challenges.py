"""Challenges and logins, and pages that only have a sign of one."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.barriers import Barrier, barrier_to_release, error_status
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.press_room import release_html

READING = DateContext("Europe/Oslo", languages=("en",), now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC))
ASKS = '<form action="/login"><input name="user"><input type="password" name="p"></form>'

REJECTED = "The requested URL was rejected. Please consult with your administrator."


def before(html: str) -> Barrier | None:
    """What stands before the page."""
    page = Page("https://harbour.example/news/1", html.encode())
    return barrier_to_release(page, read_release(page, READING).content, "")


def plain(title: str, body: str) -> str:
    """A page that says little."""
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("html", "told"),
    [
        (plain("Just a moment...", "<h2>Checking your browser</h2>"), "challenge"),
        (plain("harbour.example", "<script>window._cf_chl_opt={cRay:'8'}</script>"), "challenge"),
        (plain("Access denied", "<h1>Access denied</h1><p>Reference 18.2f</p>"), "challenge"),
        (plain("Making sure you&#39;re not a bot!", "<p>Loading...</p>"), "challenge"),
        (plain("Request Rejected", f"{REJECTED}<br>Your support ID is: 7310"), "challenge"),
        (plain("", '<iframe src="/_Incapsula_Resource?SWUDNSAI=31"></iframe>'), "challenge"),
        (plain("Вход | Порт", f"<h1>Вход</h1>{ASKS}<p>Войдите</p>"), "login"),
        (plain("登录 - 港务局", ASKS), "login"),
    ],
)
def test_the_text_before_a_page_is_named(html: str, told: str) -> None:
    barrier = before(html)
    assert barrier
    assert barrier.kind == told in barrier.message


@pytest.mark.parametrize(
    "html",
    [
        release_html(1),
        release_html(1).replace("</body>", f"<h2>Log in</h2>{ASKS}</body>"),
        release_html(1).replace("</body>", '<div class="g-recaptcha"></div></body>'),
        release_html(1).replace("Notice 1: ships counted", "Access denied: ships turned away"),
        release_html(1, day="").replace("Notice 1: ships", "Login for skippers: ships"),
        plain("Harbour Board", "<h1>Pier 4 closed</h1><p>Pier 4 is closed today.</p>" + ASKS),
        plain(
            "Pier 4 closed", '<p>Closed.</p><script src="/_Incapsula_Resource?SWJIYLWA=1"></script>'
        ),
    ],
)
def test_a_page_with_something_of_a_wall_is_a_page(html: str) -> None:
    assert before(html) is None


@pytest.mark.parametrize(
    ("status", "html", "kind"),
    [
        (
            403,
            plain("Just a moment...", "<script>window._cf_chl_opt={}</script>"),
            "blocked:challenge",
        ),
        (
            503,
            plain("Just a moment...", "<script>window._cf_chl_opt={}</script>"),
            "blocked:challenge",
        ),
        (403, plain("Access denied", "<h1>Access denied</h1>"), "http:403"),
        (500, plain("Error", "<script>window._cf_chl_opt={}</script>"), "http:500"),
        (404, "", "http:404"),
    ],
)
def test_a_refusal_that_is_a_challenge_is_reported_as_one(
    status: int, html: str, kind: str
) -> None:
    assert error_status(status, Page("https://harbour.example/news/1", html.encode()))[0] == kind
