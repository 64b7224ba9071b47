"""The source, the day and the pages that are passed to all functions."""

from __future__ import annotations

import datetime as dt
from typing import Final

from data.dates.context import DateContext
from data.identity.decision import first_release
from data.models import Content, Published, Release
from data.models.release import Draft
from spiders.page.page import Page

NOW: Final = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
READING: Final = DateContext("UTC", now=NOW)
PUBLISHED: Final = Published(dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC), "day", "UTC", "", "")


def page_of(text: str, number: int = 1) -> Page:
    """A page with a text in its body."""
    html = f"<html><head><title>Lamps</title></head><body><h1>A second lamp</h1>{text}"
    return Page(f"http://harbour.example/news/{number}", html.encode("utf-8", "replace"))


def content_of(text: str, html: str = "") -> Content:
    """A content with a text."""
    return Content("A second lamp", PUBLISHED, body_text=text, body_html=html)


def draft_of(text: str, html: str = "") -> Draft:
    """A draft of a release with a text."""
    return Draft("harbour", "http://harbour.example/news/1", content_of(text, html))


def release_of(text: str, html: str = "") -> Release:
    """A release with a text."""
    return first_release(draft_of(text, html), NOW)
