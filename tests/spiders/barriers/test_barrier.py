"""Sites that are out of order, whose pages have a success status."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.barriers import barrier_to_listing, barrier_to_release
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("Europe/Oslo", languages=("en",), now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC))
SENTENCE = "Pier four stays shut while the crew repairs the old lamp. "


def page_with(title: str, words: int) -> Page:
    """A page with a title and a text of about this many words."""
    text = SENTENCE * (words // len(SENTENCE.split()))
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body>"
    return Page("https://harbour.example/news/1", html.encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize("words", [11, 20, 60, 120])
@pytest.mark.parametrize(
    "title",
    [
        "Wartungsarbeiten",
        "Site in maintenance",
        "Site under maintenance",
        "Site en maintenance",
        "Технические работы",
        "503 Service Temporarily Unavailable",
        "Internal Server Error",
    ],
)
def test_a_site_out_of_order_is_in_maintenance_whatever_its_words(title: str, words: int) -> None:
    page = page_with(title, words)
    barrier = barrier_to_release(page, read_release(page, READING).content, "")
    assert barrier
    assert (barrier.kind, barrier.error_kind) == ("maintenance", "blocked:maintenance")


@pytest.mark.parametrize("title", ["Site in maintenance", "Wartungsarbeiten", "Bad gateway"])
def test_a_listing_of_a_site_out_of_order_did_not_move(title: str) -> None:
    barrier = barrier_to_listing(page_with(title, 60))
    assert barrier
    assert barrier.error_kind == "blocked:maintenance"


@pytest.mark.parametrize(
    ("title", "listed", "words"),
    [
        ("Scheduled maintenance of pier 4", "", 60),
        ("Scheduled maintenance of pier 4", "Scheduled maintenance of pier 4", 20),
        ("Scheduled maintenance", "Scheduled maintenance", 60),
        ("Wartungsarbeiten", "", 200),
    ],
)
def test_a_release_about_maintenance_is_a_release(title: str, listed: str, words: int) -> None:
    page = page_with(title, words)
    assert barrier_to_release(page, read_release(page, READING).content, listed) is None
