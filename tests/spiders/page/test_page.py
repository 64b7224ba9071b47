"""What a page is encoded in, where nothing says it or what says it is wrong."""

from __future__ import annotations

import datetime as dt
import encodings.aliases
import gzip
import warnings

import pytest

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.page import MAX_UNPACKED, Page

TEXTS = {
    "en": ("cp1252", "The naïve café owner’s résumé was “déjà vu”, the harbour board said today."),
    "fr": ("cp1252", "La préfecture a annoncé une enquête très détaillée à propos de l’été."),
    "de": ("cp1252", "Die Behörde prüft die Straße für Fußgänger; „größere“ Schritte folgen."),
    "es": ("cp1252", "La administración publicó mañana las señales del año en español."),
    "pt": ("cp1252", "A administração não publicou as decisões sobre a região; à tarde há mais."),
    "sv": ("cp1252", "Myndigheten på ön säger att åtgärden är färdig för året och våren."),
    "pl": ("cp1250", "Urząd ogłosił, że żegluga w porcie będzie zamknięta, a statki wrócą."),
    "ru": ("cp1251", "Управление порта сообщило о новых судах в гавани на прошлой неделе."),
}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("declared", ["", 'lang="{}"', 'lang="en"'])
@pytest.mark.parametrize("header", ["text/html", "text/html; charset=utf-8"])
def test_an_encoding_that_nothing_names_is_found(language: str, declared: str, header: str) -> None:
    encoding, text = TEXTS[language]
    html = f"<html {declared.format(language)}><body><p>{f'{text} ' * 5}</p></body></html>"
    page = Page("https://harbour.example/1", html.encode(encoding), header)
    assert page.text == html


SEVEN_BIT = {
    "iso2022_jp": "港湾局は北の防波堤に二つ目の灯りをともすと発表した。",
    "iso2022_jp_ext": "港湾局は北の防波堤に灯りをともす。ｶﾞｲﾄﾞ",
    "iso2022_kr": "항만청은 북쪽 방파제에 두 번째 등불을 켠다고 밝혔다.",
}


@pytest.mark.parametrize("encoding", SEVEN_BIT)
@pytest.mark.parametrize("header", ["text/html", "text/html; charset=utf-8"])
def test_letters_in_seven_bits_are_read_whatever_is_declared(encoding: str, header: str) -> None:
    html = f"<html><body><p>{SEVEN_BIT[encoding]}</p></body></html>"
    assert Page("https://harbour.example/1", html.encode(encoding), header).text == html


NOT_CHARSETS = (
    *("hex", "base64", "bz2", "rot13", "uu", "zlib", "quopri", "punycode", "idna", "undefined"),
    *("unicode_escape", "raw_unicode_escape", "utf_7", "cp037", "cp500", "cp1140"),
)

ALIASES = encodings.aliases.aliases
CODECS = sorted({*ALIASES, *ALIASES.values(), *NOT_CHARSETS, "palmos", "charmap", "utf_8_sig"})
"""All names under which Python knows codecs, and those that are not in its list."""


@pytest.mark.parametrize("way", ["header", "meta"])
def test_a_page_is_read_whatever_codec_it_declares(way: str) -> None:
    for name in CODECS:
        meta = f'<meta charset="{name}">' if way == "meta" else ""
        text = "La préfecture a annoncé une enquête + \\u0041 +AGE-."
        html = f'<html lang="fr">{meta}<body><p>{text}</p></body></html>'
        header = f"text/html; charset={name}" if way == "header" else "text/html"
        with warnings.catch_warnings(action="error"):
            page = Page("https://harbour.example/1", html.encode("cp1252"), header)
            assert page.text, name
        if name in NOT_CHARSETS:
            # As it would be read without a declaration.
            assert page.text == html, name


def test_hz_is_decoded_only_if_declared() -> None:
    html = (
        '<html><meta charset="hz-gb-2312"><body><p>港务局在北防波堤点亮第二盏灯。</p></body></html>'
    )
    body = html.encode("hz")
    assert Page("https://harbour.example/1", body).text == html
    bare = body.replace(b"hz-gb-2312", b"utf-8")
    assert Page("https://harbour.example/1", bare).markup == bare


def test_seven_bit_bytes_with_tildes_stay_as_they_are() -> None:
    html = "<html><body><p>In {~{x}~} of +AGE- and ~{ no letters hide.</p></body></html>"
    assert Page("https://harbour.example/1", html.encode()).text == html


def test_a_gzipped_page_is_unpacked_even_without_a_header() -> None:
    html = (
        "<html><body><p>The harbour board said that a second lamp would be lit.</p></body></html>"
    )
    assert Page("https://harbour.example/1", gzip.compress(html.encode())).text == html


def test_of_a_gzip_file_that_is_cut_the_beginning_is_read() -> None:
    html = "<html><body>" + "".join(f"<p>Notice {n * 7919}.</p>" for n in range(2_000))
    assert "Notice 7919." in Page("https://x.example/1", gzip.compress(html.encode())[:3_000]).text


def test_a_gzip_bomb_is_read_up_to_a_limit() -> None:
    page = Page("https://x.example/1", gzip.compress(b"<p>one</p>" + b" " * 60_000_000))
    assert len(page.markup) == MAX_UNPACKED
    assert page.text.startswith("<p>one</p>")


def test_a_sitemap_that_is_a_gzip_file_is_read() -> None:
    xml = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<url><loc>https://harbour.example/news/1</loc><lastmod>2026-03-02</lastmod></url></urlset>"
    )
    page = Page(
        "https://harbour.example/sitemap.xml.gz", gzip.compress(xml.encode()), "application/gzip"
    )
    listing = read_listing(page, DateContext("UTC", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC)))
    assert [item.url for item in listing.items] == ["https://harbour.example/news/1"]
