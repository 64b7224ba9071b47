"""Inputs of any size that are hard to read: text, markup, data and addresses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count, islice, takewhile
from typing import Final, TypeAlias

Generator: TypeAlias = Callable[[int], str]
"""Makes an input of about so many characters."""

SENTENCE: Final = (
    "The harbour board said today that a second lamp would be lit in winter, for ships. "
)
SEED: Final = 20260302


def repeated(part: str, size: int, *, start: str = "", end: str = "") -> str:
    """One part as often as fits, between a start and an end."""
    return f"{start}{part * max(1, (size - len(start) - len(end)) // len(part))}{end}"


def numbered(part: str, size: int, *, start: str = "", end: str = "") -> str:
    """A part with a number in it, ``{n}``, counted as far as fits."""
    parts: list[str] = []
    length = len(start) + len(end)
    for n in count(1):
        # The braces of JSON and scripts are no fields.
        made = part.replace("{n}", str(n)).replace("{day}", str(n % 28 + 1))
        length += len(made)
        if length > size and parts:
            break
        parts.append(made)
    return f"{start}{''.join(parts)}{end}"


def nested(opening: str, closing: str, size: int, *, inside: str = "x") -> str:
    """Openings in one another, and as many closings."""
    depth = max(1, size // (len(opening) + len(closing)))
    return f"{opening * depth}{inside}{closing * depth}"


def shuffled(alphabet: str, size: int) -> str:
    """Characters in an order without a pattern, always the same."""
    return "".join(random.Random(SEED).choices(alphabet, k=size))  # noqa: S311 - no secret


def distinct_words(size: int) -> str:
    """Words that all differ."""
    words = takewhile(lambda word: word is not None, (f"word{n:x}" for n in count()))
    return " ".join(islice(words, max(1, size // 9)))


def attributes(size: int) -> str:
    """One tag with many attributes."""
    return numbered(" a{n}=x", size, start="<p", end=">text</p>")


def deep_json(size: int) -> str:
    """Objects in one another."""
    return nested('{"a":', "}", size, inside="1")


def json_records(size: int) -> str:
    """A list of records, as an API of a press room gives it."""
    record = {
        "title": "Notice {n} of ships",
        "slug": "notice-{n}",
        "publishedAt": "2026-03-02",
        "body": f"<p>{SENTENCE}</p>",
    }
    return numbered(f"{json.dumps(record)},", size, start='{"items":[', end="{}]}")


def feed(head: str, item: str, end: str, size: int) -> str:
    """A feed of many items."""
    return numbered(item, size, start=head, end=end)


RSS_ITEM: Final = (
    "<item><title>Notice {n} of ships</title><link>/news/{n}</link>"
    "<pubDate>Mon, 02 Mar 2026 10:00:00 +0100</pubDate><description>A notice.</description></item>"
)
ATOM_ENTRY: Final = (
    "<entry><title>Notice {n} of ships</title><link href='/news/{n}'/><id>urn:{n}</id>"
    "<updated>2026-03-02T10:00:00Z</updated></entry>"
)
ROW: Final = (
    "<li><a href='/news/{n}'>Notice {n}: ships at the pier</a> <i>{day} March 2026</i></li>"
)

GENERATORS: Final[Mapping[str, Generator]] = {
    # Elements in elements, with and without their ends.
    **{
        f"open {tag}": partial(repeated, f"<{tag}>x")
        for tag in ("div", "p", "b", "a href=/x", "ul><li", "blockquote", "form", "select", "font")
    },
    # Controls of forms, and addresses of more rows.
    "lists of a form": partial(
        repeated, "<form method=post><select name=page><option>1<option>2</select>"
    ),
    "buttons of a form": partial(
        repeated, "<form method=post class=pager><button name=page value=2>2</button>"
    ),
    "postbacks": partial(
        repeated,
        "<form method=post><input type=hidden name=__VIEWSTATE>"
        "<a href=\"javascript:__doPostBack('a','Page$2')\">2</a>",
    ),
    "addresses of rows": partial(repeated, "<a data-url=/a data-page=2>2</a>"),
    "open tables": partial(repeated, "<table><tr><td>"),
    "open empty cells": partial(repeated, "<td>"),
    "nested tables": partial(nested, "<table><tr><td>", "</td></tr></table>"),
    "groups of nested tables": partial(
        repeated, f"{'<table><tr><td>' * 300}x{'</td></tr></table>' * 300}"
    ),
    "nested lists": partial(nested, "<ul><li>a<a href=/b>b</a>", "</li></ul>"),
    "nested spans": partial(nested, "<span class='a b'>", "</span>"),
    "nested quotes in elements": partial(nested, "<q lang=en>", "</q>"),
    # Elements beside each other.
    "paragraphs": partial(repeated, f"<p>{SENTENCE}</p>"),
    "dated rows": partial(numbered, ROW, start="<ul>", end="</ul>"),
    "links": partial(numbered, "<a href=/news/{n}>Notice {n}</a> "),
    "the same link": partial(repeated, "<a href=/news/1>Notice of the board</a> "),
    "page numbers": partial(numbered, "<a href='?page={n}'>{n}</a> "),
    "headings": partial(numbered, "<h2>Notice {n} of the board</h2>"),
    "first headings": partial(repeated, "<h1 class=title>A second lamp</h1>"),
    "tables": partial(repeated, "<table><tr><td>1<td>2<tr><td>3<td>4</table>"),
    "cells over two rows": partial(
        numbered,
        "<tr><td rowspan=2>{day} May 2026<td><a href=/news/{n}>Harbour board opens pier {n}</a>"
        f"<tr><td>{SENTENCE * 3}<a href=/file/{{n}}.pdf>PDF</a>",
        start="<table>",
    ),
    "days without years": partial(
        numbered, "<p><i>05-{day}</i><p>{day} May", start="<h1>News</h1>", end="<a href=/n>n</a>"
    ),
    "lines of single breaks": partial(
        numbered, "<td>Harbour board opens pier {n}<br>{day}.05.2026<br>The work starts soon.<br>"
    ),
    "empty cells": partial(repeated, "<td></td>", start="<table><tr>", end="</table>"),
    "times": partial(numbered, "<time datetime=2026-03-{day}>{day} March 2026</time>"),
    "broken lines": partial(numbered, "line {n}<br>"),
    "forms": partial(numbered, "<form><input name=q{n} type=password><label>Find</label></form>"),
    "empty elements": partial(repeated, "<b></b><i></i>"),
    "images": partial(numbered, "<img src=/a{n}.jpg alt='Lamp {n}' srcset='a 1x, b 2x'>"),
    "files": partial(numbered, "<a href=/files/{n}.pdf title='Paper {n}'>Paper {n} (PDF)</a>"),
    "meta elements": partial(numbered, "<meta name=n{n} property=og:title content='Lamp {n}'>"),
    "alternates": partial(numbered, "<link rel=alternate hreflang=fr href=/fr/{n}>"),
    "lists of definitions": partial(numbered, "<dl><dt>Date {n}<dd>{day}.3.2026</dl>"),
    # Attributes, names, comments, and what ends nowhere.
    "attributes": attributes,
    "a long attribute": partial(repeated, "a b ", start="<p title='", end="'>text</p>"),
    "a long class": partial(numbered, "c{n} date-title ", start="<div class='", end="'>text</div>"),
    "long classes": partial(repeated, f"<div class='{'post-content-title-date ' * 20}'>x</div>"),
    "a long style": partial(repeated, "display : none ;", start="<p style='", end="'>text</p>"),
    "comments": partial(repeated, "<!-- a -- b -->x"),
    "open comments": partial(repeated, "<!--x"),
    "CDATA": partial(repeated, "<![CDATA[x]]>"),
    "open CDATA": partial(repeated, "<![CDATA["),
    "declarations": partial(repeated, "<?xml version='1.0'?><!DOCTYPE html>"),
    "open scripts": partial(repeated, "<script>var a='<"),
    "<": partial(repeated, "<"),
    "</": partial(repeated, "</"),
    "<a": partial(repeated, "<a "),
    "quotes": partial(repeated, "\"'"),
    "quotes after =": partial(repeated, "<a b=\"'><"),
    # Data in pages, and data alone.
    "JSON-LD": partial(
        numbered,
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Lamp {n}"}</script>',
    ),
    "scripts with states": partial(numbered, "<script>window.__S{n}__ = {a:[{n},'b']}</script>"),
    "brackets": partial(repeated, "["),
    "closed brackets": partial(nested, "[", "]"),
    "braces with keys": partial(repeated, '{"a":['),
    "nested objects": deep_json,
    "JSON records": json_records,
    "calls in scripts": partial(repeated, "(function(a){return a}("),
    "escapes in a literal": partial(repeated, "\\u0041\\x41\\'", start="{a:'", end="'}"),
    "RSS": partial(feed, "<rss version='2.0'><channel>", RSS_ITEM, "</channel></rss>"),
    "Atom": partial(feed, "<feed xmlns='http://www.w3.org/2005/Atom'>", ATOM_ENTRY, "</feed>"),
    "sitemap": partial(
        feed,
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>",
        "<url><loc>http://harbour.example/news/{n}</loc><lastmod>2026-03-02</lastmod></url>",
        "</urlset>",
    ),
    "nested XML": partial(nested, "<channel><item>", "</item></channel>"),
    "namespaces": partial(numbered, "<a xmlns:n{n}='urn:{n}'>", start="<feed>"),
    # Dates, and what looks like dates.
    "dates": partial(numbered, "{day} March 2026, 10:30 CET; "),
    "dates in figures": partial(numbered, "{day}/03/2026 "),
    "near-dates": partial(numbered, "{n}/{n}/{n}/{n}-{n}."),
    "names of months": partial(repeated, "March may Mai mars "),
    "months of several words": partial(numbered, "{day} tháng tám thg th{day} tháng mười "),
    "dates in addresses": partial(
        numbered, "www.a.example/2026/03/{day}/x.pdf a.b/c-2026-03-{day}.pdf "
    ),
    "dates of changes": partial(
        numbered, "<p>Last updated: <b>{day}/03/26</b><i>{n} views</i></p>"
    ),
    "clocks": partial(repeated, "10:30:10:30 am pm GMT+1 "),
    "days ago": partial(numbered, "{n} days ago yesterday "),
    # Plain text.
    "sentences": partial(repeated, SENTENCE),
    "alternating paragraphs": partial(repeated, "Yes.\n\nNo.\n\n"),
    "different paragraphs": partial(numbered, "Paragraph {n} of the board says it.\n\n"),
    "different words": distinct_words,
    "one word": partial(repeated, "a"),
    "one word and a mark": partial(repeated, "a", end="?!"),
    "words and dashes": partial(repeated, "a-", end="!"),
    "words and dots": partial(repeated, "a.b@"),
    "capitals": partial(repeated, "AaA "),
    "digits": partial(repeated, "7"),
    "figures": partial(repeated, "1,000.5 "),
    "spaces": partial(repeated, " ", start="a", end="b"),
    "tabs and lines": partial(repeated, "\t\n \r", start="a", end="b"),
    "no-break spaces": partial(repeated, "\u00a0\u2003", start="a", end="b"),
    "empty lines": partial(repeated, "\n", start="a", end="b"),
    "short lines": partial(repeated, "a\n"),
    "marks": partial(repeated, "\u0301\u0316", start="a"),
    "marks that decompose": partial(repeated, "\u0344\uff9e\u0f73", start="a"),
    "a mark on each letter": partial(repeated, "e\u0301o\u0323"),
    "bidi": partial(repeated, "\u202b\u05d0\u202c\u2067a\u2069"),
    "emoji": partial(repeated, "\U0001f469\u200d\U0001f469\u200d\U0001f467\ufe0f"),
    "flags": partial(repeated, "\U0001f1e6\U0001f1ff"),
    "Chinese": partial(shuffled, "\u4eca\u5e74\u8239\u4e09\u96bb\u3067\u3059\u56db\u3002"),
    "Thai": partial(repeated, "\u0e40\u0e1b\u0e34\u0e14\u0e27\u0e31\u0e19"),
    "Arabic": partial(repeated, "\u0643\u062a\u0627\u0628\u064f "),
    "Hangul": partial(repeated, "\u1100\u1161\u11a8"),
    "mojibake": partial(repeated, "\u00c3\u00a9\u00e2\u20ac\u2122"),
    "mojibake in words": partial(repeated, "caf\u00c3\u00a9 bo\u00c3\u00aete "),
    "Cyrillic mojibake": partial(repeated, "\u0420\u00a0\u0420\u00b5\u0420\u00bb"),
    "wide spread bytes": partial(shuffled, "".join(map(chr, range(128, 256)))),
    "controls": partial(repeated, "a\x01\x0b\x7f\u200b\ufeff"),
    "half surrogates": partial(repeated, "\\ud800\ufffd"),
    # Addresses, references, fields of headers and expressions.
    "&": partial(repeated, "&"),
    "references": partial(repeated, "&amp;#39;&eacute;&#x41"),
    "references without an end": partial(repeated, "&ampamp&#"),
    "%": partial(repeated, "%"),
    "%25": partial(repeated, "%2525%C3%A9"),
    "%2525": partial(repeated, "25", start="http://harbour.example/%"),
    "sessions": partial(
        repeated, "/(abcdefghijklmnopqrstuvwx)", start="http://h.example/a.aspx%3F"
    ),
    "session ids": partial(numbered, "&jsessionid={n}&cfid=a", start="http://h.example/?"),
    "up and down": partial(repeated, "/../../a/b", start="http://h.example"),
    "../": partial(repeated, "../", start="http://harbour.example/"),
    "path": partial(numbered, "/a{n}", start="http://harbour.example"),
    "hosts": partial(repeated, "a.", start="http://"),
    "query": partial(numbered, "&a{n}={n}", start="http://harbour.example/?b=1"),
    "empty parameters": partial(repeated, "&=", start="http://harbour.example/?"),
    "users": partial(repeated, "a:b@", start="http://"),
    "addresses of databases": partial(repeated, "postgres://"),
    "tokens": partial(numbered, "?token=x{n}&key=y http://u:p@h.example "),
    "@": partial(repeated, "http://@"),
    "addresses": partial(numbered, "http://harbour.example/news/{n}?utm_source=x&id={n} "),
    "Link fields": partial(numbered, '<http://h.example/{n}>; rel="hub self"; title="a, b", '),
    "open Link fields": partial(repeated, '<a>; rel="'),
    "cookies": partial(numbered, "a{n}=b; Path=/; Expires=Mon, 02 Mar 2026 10:00:00 GMT, "),
    "semicolons": partial(repeated, "; ,"),
    "robots.txt": partial(numbered, "User-agent: a{n}\nDisallow: /*a*{n}$\nCrawl-delay: 1\n"),
    "stars": partial(repeated, "*a", start="User-agent: *\nDisallow: /", end="$"),
    "terms": partial(repeated, '-"a b" c* OR '),
    "parentheses": partial(repeated, "((a)"),
    "Markdown": partial(repeated, "*a **b** _c_ [d](/e) `f`\n"),
    "open Markdown": partial(repeated, "[a](*_`"),
    "WARC heads": partial(repeated, "WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n"),
    "header lines": partial(numbered, "X-Field-{n}: value\r\n", start="HTTP/1.1 200 OK\r\n"),
}
"""All inputs by name. A function gets each of them, whatever it is meant for."""
