"""Telling a lock or a notice in place of a text from a page that only has something of one."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.barriers import barrier_to_listing
from spiders.crawl.drafts.release_reader import draft_release
from spiders.crawl.page_errors import NotARelease
from spiders.items import ListingItem
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import SourceFile
from tests.press_room import release_html

READING = DateContext("Europe/Oslo", languages=("en",), now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC))
FILE = SourceFile("Harbour Board", "https://harbour.example/news/", "Europe/Oslo")
TITLE = "Notice 1: ships counted at pier 1"


def refused(html: str, title: str = TITLE) -> str:
    """Why a page that a listing names is no release; empty where it is one."""
    page = Page("https://harbour.example/news/1", html.encode(), "text/html; charset=utf-8")
    item = ListingItem(page.url, title)
    try:
        read = read_release(page, READING, None, item)
        draft_release("harbour", FILE, page, read, item)
    except NotARelease as error:
        return f"{error.kind}: {error}"
    return ""


def wordpress(said: str, label: str, button: str) -> str:
    """A post that its author gave a password, in a classic theme."""
    return f"""<!DOCTYPE html><html lang="en"><head><title>Protected: {TITLE} | Board</title></head>
    <body class="post-template-default single single-post has-sidebar">
    <div id="page" class="site"><header id="masthead" class="site-header"><p class="site-title">
    <a href="/">Harbour Board</a></p></header><div id="content" class="site-content">
    <main id="main" class="site-main"><article class="post post-password-required">
    <header class="entry-header"><h1 class="entry-title">Protected: {TITLE}</h1>
    <div class="entry-meta"><time class="entry-date" datetime="2026-03-02T09:00:00+01:00">
    2 March 2026</time></div></header>
    <div class="entry-content"><form action="/wp-login.php?action=postpass" method="post"
    class="post-password-form"><p>{said}</p><p><label>{label} <input name="post_password"
    type="password" size="20"></label> <input type="submit" value="{button}"></p></form>
    </div></article></main></div>
    <footer><p>Harbour Board of Lindmouth, 4 Quay Street</p></footer></div></body></html>"""


@pytest.mark.parametrize(
    "words",
    [
        (
            "This content is password protected. To view it please enter your password below:",
            "Password:",
            "Enter",
        ),
        (
            "Dieser Inhalt ist passwortgeschützt. Um ihn anzuzeigen, gib bitte dein Passwort ein:",
            "Passwort:",
            "Absenden",
        ),
        ("このコンテンツはパスワードで保護されています。", "パスワード:", "確定"),
    ],
)
def test_a_post_with_a_password_is_not_a_release_in_any_language(
    words: tuple[str, str, str],
) -> None:
    assert refused(wordpress(*words)) == "blocked:login: the page is protected by a password"


FIELDS = '<input name="user"><input type="password" name="p"><button>Go</button>'
LOGIN = f'<form action="/login"><p>Members of the Board see this page.</p>{FIELDS}</form>'
BODY = "<p>The Harbour Board"
NOT_FREE = """<script type="application/ld+json">
{"@type": "NewsArticle", "isAccessibleForFree": "False"}</script></head>"""


def plain(body: str) -> str:
    """A page that says little."""
    return f"<html><head><title>Harbour Board</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("html", "why"),
    [
        (plain(f"<h1>Members</h1><main>{LOGIN}</main>"), "login"),
        (plain("<h1>We'll be back soon!</h1><p>The crew is at work.</p>"), "maintenance"),
        (plain("<h1>Wartungsarbeiten</h1><p>Bitte versuchen Sie es später.</p>"), "maintenance"),
        (plain("<h2>Subscribe to continue reading</h2><p>Become a friend today.</p>"), "paywall"),
        (
            release_html(1, text="<p>The Board counted ships.</p>").replace("</head>", NOT_FREE),
            "paywall",
        ),
    ],
)
def test_a_notice_in_place_of_a_release_is_named(html: str, why: str) -> None:
    assert why in refused(html)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (release_html(1), TITLE),
        (release_html(1).replace(BODY, f'<aside class="box">{LOGIN}</aside>{BODY}'), TITLE),
        (release_html(1).replace("<h1>", f'<div class="header">{LOGIN}</div><h1>'), TITLE),
        (release_html(1).replace("</body>", f"{LOGIN}</body>"), TITLE),
        (
            release_html(1, day="", text="<p>Pier 4 is closed on Monday.</p>").replace(
                TITLE, "Scheduled maintenance of pier 4"
            ),
            "Scheduled maintenance of pier 4",
        ),
        (
            release_html(1, text="<p>See the file.</p>").replace(TITLE, "Portal in maintenance"),
            "Portal in maintenance",
        ),
    ],
)
def test_a_release_with_something_of_a_lock_is_a_release(html: str, title: str) -> None:
    assert refused(html, title) == ""


UNLOCK = '<form action="/?unlock"><input type="password" name="pwd"><button>Go</button></form>'


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        (f'<div id="login">{UNLOCK}</div>', "login"),
        ("<h1>Wartungsarbeiten</h1><p>Wir sind bald wieder da.</p>", "maintenance"),
        ("<h1>Members only</h1>", "login"),
        ("<h1>News</h1><p>No results.</p>", None),
        (f"<header>{UNLOCK}</header><h1>News</h1><p>No results.</p>", None),
    ],
)
def test_a_page_in_place_of_a_listing_is_reported(inside: str, kind: str | None) -> None:
    page = Page("https://harbour.example/news/", f"<body>{inside}</body>".encode())
    barrier = barrier_to_listing(page)
    assert (barrier and barrier.kind) == kind
