"""Links of captured pages lead into the archive, and take time in proportion to the page."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.archived_response import Served
from data.archive.warc.cdxj import CdxjEntry
from feeds.replay.archived_parts import Parts, nearest
from feeds.replay.rewrite import rewritten_page, rewritten_style

URL = "https://acme.example/news/a.html"
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
SYMBOLS = b"<?xml version='1.0'?><svg><symbol id='s'><image href='/i.png'/></symbol></svg>"


def entry(uri: str, at: dt.datetime = NOON, status: int = 200) -> CdxjEntry:
    return CdxjEntry(uri, at, "image/png", status, "sha256:1", 1, 0, "a.warc.gz")


def archived(*, without: str = "\0") -> Parts:
    """The parts of a page whose files are all archived, except addresses that contain a text."""

    def load(one: CdxjEntry) -> Served:
        headers = ((b"content-type", b"image/svg+xml"),)
        return Served(one.uri, one.at, 200, headers, SYMBOLS, "urn:uuid:1")

    return Parts(lambda url: None if without in url else entry(url), "/p/{}".format, load)


def rewritten(html: str, *, without: str = "\0") -> str:
    parts = archived(without=without)
    return rewritten_page(
        html.encode(), "text/html; charset=utf-8", URL, "/m/{}".format, parts
    ).decode()


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="b.html">b</a>', '<a href="/m/https://acme.example/news/b.html">b</a>'),
        ("<A HREF=/c?d=1&amp;e=2#f>", '<A HREF="/m/https://acme.example/c?d=1&amp;e=2#f">'),
        ("<img\nsrc='//x.example/i.png'>", '<img\nsrc="/p/https://x.example/i.png">'),
        (
            '<img srcset="a.png 1x, /b.png 2x" alt="a.png">',
            (
                '<img srcset="/p/https://acme.example/news/a.png 1x, '
                '/p/https://acme.example/b.png 2x" alt="a.png">'
            ),
        ),
        (
            '<img alt="a > b" src=c.png>',
            '<img alt="a > b" src="/p/https://acme.example/news/c.png">',
        ),
        (
            f"<img src{' ' * 30}=\n{' ' * 30}c.png>",
            '<img src="/p/https://acme.example/news/c.png">',
        ),
        ('<a href="#part">', '<a href="#part">'),
        ('<a href="javascript:alert(1)">', '<a href="javascript:alert(1)">'),
        ('<a href="mailto:a@b.example">', '<a href="mailto:a@b.example">'),
        ("<a href='http://[bad'>", '<a href="/m/https://acme.example/news/a.html">'),
        (
            '<base href="/other/" target=_top><a href="b">',
            '<base  ><a href="/m/https://acme.example/other/b">',
        ),
        (
            "<link rel='Stylesheet' href=s.css media=print title=a>",
            (
                '<link rel="stylesheet" href="/p/https://acme.example/news/s.css" media="print"'
                ' title="a">'
            ),
        ),
        (
            "<link rel='alternate stylesheet' href=s.css>",
            '<link rel="alternate stylesheet" href="/p/https://acme.example/news/s.css">',
        ),
        (
            """<link rel=preload as=style href=/s.css onload="this.rel='stylesheet'">""",
            '<link rel="stylesheet" href="/p/https://acme.example/s.css">',
        ),
        (
            """<link rel=stylesheet media=print href=/s.css onload="() => this.media='all'">""",
            '<link rel="stylesheet" href="/p/https://acme.example/s.css">',
        ),
        (
            '<link rel="shortcut icon" href=/i.ico>',
            '<link rel="icon" href="/p/https://acme.example/i.ico">',
        ),
        ('<link rel="preconnect" href="https://evil.example">x', "x"),
        ("<LINK/rel=dns-prefetch href=//evil.example>x", "x"),
        ("<link rel=preload as=image href=//evil.example/a", ""),
        ("<IFRAME src=//evil.example width=9>", '<iframe width="9">'),
        ("<frame src=//evil.example>", "<span data-archived-frame src=//evil.example>"),
        ('<object a="<" data=b>', '<span data-archived-object><" data=b>'),
        (
            "<object data=c.svg type=image/svg+xml width=9>old</object>",
            (
                '<img style="vertical-align:baseline;" width="9"'
                ' src="/p/https://acme.example/news/c.svg">'
                "<span hidden data-archived-object>old</span>"
            ),
        ),
        ("<embed src=//evil.example>x", "x"),
        (
            "<meta http-equiv=refresh content='0; url=//evil.example'>",
            "<meta  content='0; url=//evil.example'>",
        ),
        ("<form action=//evil.example>", "<form >"),
        ("<script src=//evil.example></script>", "<script ></script>"),
        ("<noscript><img src=a.png></noscript>", "<noscript></noscript>"),
        ("<!-- <img src=a.png> -->", "<!-- <img src=a.png> -->"),
        ("<textarea><img src=a.png></textarea>", "<textarea><img src=a.png></textarea>"),
        ("<p>href=b</p><abbr src=b>", "<p>href=b</p><abbr src=b>"),
        (
            '<img src="data:image/gif;base64,R0" data-src=a.png class=lazy>',
            '<img src="/p/https://acme.example/news/a.png" data-src=a.png class=lazy>',
        ),
        (
            "<img src=data:, data-srcset='/a 1w'>",
            """<img srcset="/p/https://acme.example/a 1w" src="data:," data-srcset='/a 1w'>""",
        ),
        (
            "<div data-bg=a.png style='color:red;'>",
            (
                '<div data-bg=a.png style="color:red;background-image:'
                'url(&quot;/p/https://acme.example/news/a.png&quot;)">'
            ),
        ),
        ("<div data-background='#fff'>", "<div data-background='#fff'>"),
        (
            '<p style="background:url(&quot;/a.png&quot;)">',
            '<p style="background:url(&quot;/p/https://acme.example/a.png&quot;)">',
        ),
        (
            "<style>@import 's.css';p{background:url(//evil.example/b)}</style>",
            (
                '<style>@import "/p/https://acme.example/news/s.css";'
                'p{background:url("/p/https://evil.example/b")}</style>'
            ),
        ),
        ("<table background=/a.png>", '<table background="/p/https://acme.example/a.png">'),
        (
            "<video poster=/a.png src=/v.mp4>",
            '<video poster="/p/https://acme.example/a.png" >',
        ),
        (
            "<svg><image xlink:href=/a.png /></svg>",
            '<svg><image xlink:href="/p/https://acme.example/a.png" /></svg>',
        ),
    ],
)
def test_a_page_leads_into_the_archive_and_loads_only_archived_parts(html: str, shown: str) -> None:
    assert rewritten(html) == shown


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<img src=gone.png>", '<img src="about:invalid">'),
        ("<img src=gone.png data-src=gone2.png>", '<img src="about:invalid" data-src=gone2.png>'),
        (
            "<img src=a.png data-src=gone.png>",
            '<img src="/p/https://acme.example/news/a.png" data-src=gone.png>',
        ),
        (
            "<img srcset='gone.png 1x, /b.png 2x'>",
            '<img srcset="/p/https://acme.example/b.png 2x">',
        ),
        ("<source srcset='gone.png 1x'>", "<source >"),
        ("<link rel=stylesheet href=gone.css>", ""),
        (
            "<p style='background:url(gone.png)'>",
            '<p style="background:url(&quot;about:invalid&quot;)">',
        ),
        ("<p data-bg=gone.png>", "<p data-bg=gone.png>"),
        ("<input type=image src=gone.png>", '<input type=image src="about:invalid">'),
        ("<use href='gone.svg#s'/>", '<use href="#s"/>'),
    ],
)
def test_a_part_that_is_not_archived_is_not_requested(html: str, shown: str) -> None:
    assert rewritten(html, without="gone") == shown


def test_a_page_shows_the_symbols_of_other_files() -> None:
    made = rewritten("<svg><use xlink:href='icons.svg#s'></use></svg>")
    assert made.startswith('<svg><use xlink:href="#s"></use></svg><div style="position:absolute')
    assert "<svg><symbol id='s'><image href=\"/p/https://acme.example/i.png\"/></symbol>" in made
    assert "<?xml" not in made


def test_missing_parts_are_counted_once_and_alternatives_are_not() -> None:
    parts = archived(without="gone")
    html = (
        "<img src=gone.png><img src=gone.png><img src=gone.png srcset='a.png 1x, gone2.png 2x'>"
        "<picture><source srcset=gone3.png><source srcset=a.png><img src=gone4.png></picture>"
        "<p data-bg=gone5.png><link rel=stylesheet href=s.css>"
    )
    rewritten_page(html.encode(), "", URL, str, parts)
    assert parts.missing == {"https://acme.example/news/gone.png"}
    assert [*parts.style_sheets] == ["https://acme.example/news/s.css"]
    assert parts.times == {NOON}


def test_the_nearest_capture_of_a_part_is_chosen() -> None:
    own = entry("https://a.example/i", NOON + 2 * MINUTE)
    failed = entry("https://a.example/i", NOON, 503)
    moved = entry("http://a.example/i", NOON, 301)
    old = entry("https://a.example/i", NOON - 3 * MINUTE, 404)
    assert nearest([own, failed, moved, old], own.uri, NOON) is own
    assert nearest([own, failed, moved, old], own.uri, NOON - 5 * MINUTE) is old
    assert nearest([failed], own.uri, NOON) is failed
    # A redirect from another form of the address would lead back to this address.
    assert nearest([moved], own.uri, NOON) is None


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/css; charset=shift_jis", "a{b:'発'}".encode("shift_jis"), "発"),
        ("text/css", '@charset "euc-kr";a{b:"발"}'.encode("euc-kr"), "발"),
        ("text/css", "\ufeffa{b:'é'}".encode("utf-16"), "é"),
        ("text/css", "a{b:'é'}".encode("cp1252"), "é"),
        ("text/css; charset=hex", "a{b:'é'}".encode(), "é"),
    ],
)
def test_a_style_sheet_is_read_in_its_character_set(
    content_type: str, body: bytes, text: str
) -> None:
    assert text in rewritten_style(body, content_type, URL, archived()).decode()


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
    assert text in rewritten_page(body, content_type, URL, str, archived()).decode()


@given(st.text(alphabet="<>linkarehfsc=\"' /:#\n\x00", max_size=300))
def test_only_link_elements_of_style_sheets_are_kept(html: str) -> None:
    made = rewritten(html).lower()
    for part in made.split("<link")[1:]:
        kept = (' rel="stylesheet" href="/p/http', ' rel="icon" href="/p/http')
        assert not part[:1].isspace() or part.startswith(kept)


PIECES = (
    "<a ", "<link ", '<a href="', "<img srcset='a,", "<base ", "<a a=a ", "url(", "@import '",
    "<!--", "<style>", "<iframe a='", '<link a="', "<object ", '<a b="c" d=\'', "<noscript ", '="',
    "<img src=a ", "<p style='a(", "<use href=a#b ", f"<a b{' ' * 200}",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_pages_take_no_longer_than_others(piece: str) -> None:
    body = b"x" + piece.encode() * (200_000 // len(piece))
    assert rewritten_page(body, "text/html", URL, str, archived())
    assert rewritten_style(body, "text/css", URL, archived())
