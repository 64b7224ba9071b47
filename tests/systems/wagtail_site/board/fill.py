"""Fills the site from JSON on standard input, and says what it holds: ``python -m board.fill``."""

import json
import sys

import django
from django.utils import timezone

django.setup()

from wagtail.models import Page, Site  # noqa: E402 - only after the setup

from .models import ContentPage, NewsIndexPage, NewsPage  # noqa: E402 - as above


def fill() -> None:
    """Replace all pages."""
    given = json.load(sys.stdin)
    Site.objects.all().delete()
    for page in Page.objects.filter(depth=2):
        page.delete()
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=ContentPage(title=given["title"], slug="board", body="Welcome"))
    Site.objects.create(
        hostname="127.0.0.1",
        port=given["port"],
        root_page=home,
        is_default_site=True,
        site_name=given["title"],
    )
    for title, text in given["pages"].items():
        home.add_child(instance=ContentPage(title=title, body=text, show_in_menus=True))
    news = NewsIndexPage(
        title="News", slug="news", style=given["style"], feeds=given["feeds"], show_in_menus=True
    )
    home.add_child(instance=news)
    for post in given["posts"]:
        news.add_child(instance=NewsPage(**post))
    held = [
        {
            "title": page.title,
            "date": timezone.localtime(page.published).isoformat(),
            "html": page.body,
        }
        for page in NewsPage.objects.live()
    ]
    sys.stdout.write(json.dumps(held))


fill()
