"""Links of captured pages lead into the archive, and take time in proportion to the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.replay.rewrite import rewritten_page, rewritten_style

URL = "https://acme.example/news/a.html"


def rewritten(html: str) -> str:
    return rewritten_page(html.encode(), "text/html; charset=utf-8", URL, "/m/{}".format).decode()


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="b.html">b</a>', '<a href="/m/https://acme.example/news/b.html">b</a>'),
        ("<A HREF=/c?d=1&amp;e=2#f>", '<A HREF="/m/https://acme.example/c?d=1&amp;e=2#f">'),
        ("<img\nsrc='//x.example/i.png'>", '<img\nsrc="/m/https://x.example/i.png">'),
        (
            '<img srcset="a.png 1x, /b.png 2x" alt="a.png">',
            (
                '<img srcset="/m/https://acme.example/news/a.png 1x, '
                '/m/https://acme.example/b.png 2x" alt="a.png">'
            ),
        ),
        ('<a href="#part">', '<a href="#part">'),
        ('<a href="javascript:alert(1)">', '<a href="javascript:alert(1)">'),
        ('<a href="mailto:a@b.example">', '<a href="mailto:a@b.example">'),
        ("<a href='http://[bad'>", '<a href="/m/https://acme.example/news/a.html">'),
        (
            '<base href="/other/"><a href="b">',
            '<base href="/other/"><a href="/m/https://acme.example/other/b">',
        ),
        (
            "<link rel='alternate Stylesheet' href=s.css media=print>",
            '<link rel="stylesheet" href="/m/https://acme.example/news/s.css" media="print">',
        ),
        ('<link rel="preconnect" href="https://evil.example">x', "x"),
        ("<LINK/rel=dns-prefetch href=//evil.example>x", "x"),
        ("<link rel=preload as=image href=//evil.example/a", ""),
        ("<IFRAME src=//evil.example>", "<span data-archived-IFRAME src=//evil.example>"),
        ('<object a="<" data=b>', '<span data-archived-object a="<" data=b>'),
        ("<p>href=b</p><abbr src=b>", "<p>href=b</p><abbr src=b>"),
    ],
)
def test_links_of_a_page_lead_into_the_archive(html: str, shown: str) -> None:
    assert rewritten(html) == shown


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/html; charset=windows-1251", "Заявление".encode("cp1251"), "Заявление"),
        ("text/html", b"<meta charset=euc-kr>" + "발표".encode("euc-kr"), "발표"),
        ("text/html", "naïve".encode("cp1252"), "naïve"),
        ("text/html", "Ærø".encode(), "Ærø"),
        ("text/html", "Ærø".encode("utf-16"), "Ærø"),
        ("text/html; charset=nonsense", "Ærø".encode(), "Ærø"),
    ],
)
def test_a_page_is_read_in_the_character_set_that_it_declares(
    content_type: str, body: bytes, text: str
) -> None:
    assert text in rewritten_page(body, content_type, URL, str).decode()


@given(st.text(alphabet="<>linkarehfsc=\"' /:#\n\x00", max_size=300))
def test_only_link_elements_of_style_sheets_are_kept(html: str) -> None:
    made = rewritten(html).lower()
    for part in made.split("<link")[1:]:
        assert not part[:1].isspace() or part.startswith(' rel="stylesheet" href="/m/https://')


PIECES = ("<a ", "<link ", '<a href="', "<img srcset='a,", "<base ", "<a a=a ", "url(", "@import '")


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_pages_take_no_longer_than_others(piece: str) -> None:
    body = b"x" + piece.encode() * (1_000_000 // len(piece))
    assert rewritten_page(body, "text/html", URL, str)
    assert rewritten_style(body, URL, str)
