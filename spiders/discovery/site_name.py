"""Guess the name of a site from its pages, for example from their copyright lines."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.text.clean import clean_line
from data.text.urls import host_of
from spiders.discovery.press_links import is_front, is_of_site
from spiders.discovery.proposal import Guess
from spiders.page.embedded_metadata import (
    EmbeddedMetadata,
    articles,
    json_ld_scripts,
    parse_json,
    plain_value,
    read_metadata,
    type_of,
)
from spiders.page.links import resolve
from spiders.page.literals import json_objects
from spiders.page.page import Page
from spiders.page.phrases import LISTING, comparison_key, is_generic, is_host, without_frills

TITLE_SEPARATOR = re.compile(
    r"\s+[|–—·•»›>«‹<~/:-]+\s+|\s*[|｜／_]\s*|:{2,}|(?<=[\u3040-\u9fff])-(?=[\u3040-\u9fff])"
)
"""Pattern of separators between a page's title and the name of the site."""

MAX_NAME_LENGTH = 100
ORGANIZATION = re.compile("Organization|WebSite|GovernmentOffice|Corporation|CollegeOrUniversity")
FEED_TITLE = re.compile(r"<title[^>]*>(?:<!\[CDATA\[)?([^<\]]{2,200})", re.IGNORECASE)
JSON_TITLE = re.compile(r'"title"\s*:\s*"([^"]{2,200})"')

HOST_CONFIDENCE: Final = 0.8
"""Confidence (0 to 1) in a site name whose words form the host name."""

MAX_WORDS: Final = 9
"""Maximum number of words in a name that is compared with the host name. Longer names match by
chance."""

MIN_LABEL_LENGTH: Final = 3

MAX_LINKS: Final = 2_000
"""Maximum number of links per page that are checked for leading to the home page."""

MAX_LOGO_WORDS: Final = 6
LOGO_WORDS: Final = re.compile(r"\b(?:logo|home ?page|home)\b|[\[\]]", re.IGNORECASE)
"""Pattern of words in the text of a logo that are not part of the site's name."""

MAX_WHOLE_TITLE: Final = 40
"""Maximum length in letters of a page title that may be the site's name as a whole."""

MAX_LINE: Final = 200
"""Maximum length of a copyright line, in characters."""

MAX_OWNER: Final = 80
"""Maximum length of the name in a copyright line, in characters."""

MAX_TEXTS: Final = 400
"""Maximum number of texts at the end of a page that are searched for a copyright line."""

MAX_PARTS: Final = 50
"""Maximum number of text nodes that form one copyright line."""

MAX_LEVELS: Final = 4
"""Maximum number of ancestors of a copyright sign that may be the copyright line."""

COPYRIGHT: Final = tomllib.loads(
    files("spiders.discovery").joinpath("copyright.toml").read_text("utf-8")
)
"""Regular expressions for copyright lines."""

COPYRIGHT_SIGN: Final = re.compile("|".join(COPYRIGHT["signs"]), re.IGNORECASE)
"""Pattern of signs and words that are typical of a copyright line."""

RIGHTS_PHRASE: Final = re.compile("|".join(COPYRIGHT["rights"]), re.IGNORECASE)
"""Pattern that matches phrases such as *all rights reserved*."""

COPYRIGHT_YEARS: Final = re.compile(
    r"(?<!\d)(?:1[89]|2[05])\d\d(?:\s*(?:[-–—/~～至]|to|bis)\s*(?:\d{2,4}|today|present|heute))?"
    r"(?!\d)(?:\s*г(?:од[ау]?|г)?\.?(?!\w)|\s*[年년])?",
    re.IGNORECASE,
)

COPYRIGHT_BY: Final = re.compile(rf"(?:{'|'.join(COPYRIGHT['by'])})\s+", re.IGNORECASE)
"""Pattern that matches words such as *by* before the name in a copyright line."""

LINE_SEPARATOR: Final = re.compile(r"[|•·●▪\n,;:：，。；।]|\.(?=\s|$)|\s[-–—/]\s")
COPYRIGHT_START: Final = re.compile(
    r"\W*(?:[©ⓒⒸ]|\(c\)|copyright\W+(?:\(c\)|©|by\b|(?:19|20)\d\d))", re.IGNORECASE
)
"""Pattern of the start of a copyright line that is given as the site's name."""

BEFORE_BY: Final = re.compile(r"^[\s\W_]*")
OTHER_LINE_PARTS: Final = re.compile("|".join(COPYRIGHT["other_parts"]), re.IGNORECASE)
"""Pattern for parts of a copyright line that do not name the owner, such as the web designer or the
text of a link."""

LETTERS: Final = re.compile(r"[^\W\d_]{2}")


def guess_name(listing: Page, releases: Sequence[Page], feed: Page | None = None) -> Guess:
    """Guess the name of a site with the most trusted rule that finds one.

    The rules are, in order: metadata, the common part of the page titles, the feed's title, the end
    of the page's title, the copyright line, and the host. Names of page types are skipped.
    """
    host = host_of(listing.url)
    named = [
        _weighed(replace(guess, value=name), host)
        for guess in _names(listing, releases, feed)
        if (name := without_frills(without_copyright(guess.value)))
        and not is_generic(name)
        and not is_host(name)
    ]
    if sure := next((guess for guess in named if guess.sure), None):
        return sure
    own = (urlsplit(listing.url).hostname or "unnamed").removeprefix("www.")
    named.append(Guess(own, 0.1 if is_number(host) else 0.3, "the host"))
    return max(named, key=lambda guess: guess.confidence)


def is_number(host: str) -> bool:
    """Whether a host is empty or an IP address rather than a name."""
    return not host or not any(letter.isalpha() for letter in host) or ":" in host


def _weighed(guess: Guess, host: str) -> Guess:
    """Return a guess, with a higher confidence if the words of the name form the host name."""
    if guess.confidence >= HOST_CONFIDENCE or not says(host, guess.value):
        return guess
    return Guess(guess.value, HOST_CONFIDENCE, f"{guess.rule}, which fits the host name")


def says(host: str, name: str) -> bool:
    """Whether a host label consists of the beginnings of the words in a name, in order.

    For example, ``ndcourts`` is formed from *North Dakota Court System*.
    """
    words = [comparison_key(word) for word in name.split()]
    if not 0 < len(words) <= MAX_WORDS:
        return False
    labels = [comparison_key(label) for label in host.split(".")[:-1]]
    return any(len(label) >= MIN_LABEL_LENGTH and _made_of(label, words) for label in labels)


def _made_of(label: str, words: Sequence[str]) -> bool:
    reached = {0}
    for word in words:
        for start in tuple(reached):
            length = 0
            while length < len(word) and label[start + length : start + length + 1] == word[length]:
                length += 1
                reached.add(start + length)
    return len(label) in reached


def _names(listing: Page, releases: Sequence[Page], feed: Page | None) -> Iterator[Guess]:
    pages = (listing, *releases)
    metas = [read_metadata(page) for page in pages]
    heading = _heading(listing)
    sites = (clean_line(meta.meta("og:site_name")) for meta in metas if not _is_own(meta))
    yield Guess(_most(sites), 0.95, "og:site_name")
    yield Guess(_most(name for page in pages for name in _organizations(page)), 0.9, "json-ld")
    publishers = (clean_line(meta.text("publisher", "sourceOrganization")) for meta in metas)
    yield Guess(_most(publishers), 0.9, "json-ld publisher")
    named = (clean_line(meta.meta("application-name", "dc.publisher")) for meta in metas)
    yield Guess(_most(named), 0.85, "meta")
    titles = Counter(_heading(page) for page in releases)
    alike = {title for title, count in titles.items() if count * 2 > len(releases)}
    shared = _shared(metas, heading, alike)
    yield Guess(shared, 0.8 if releases else 0.65, "the common part of its page titles")
    yield Guess(_of_feed(feed) if feed else "", 0.7, "the feed's title")
    parts = [part for part in _parts(metas[0]) if len(part) <= MAX_NAME_LENGTH]
    for part in reversed(parts):
        yield Guess(part if part != heading else "", 0.5, "the page's title")
    body = listing.tree.find("body")
    lines = copyright_lines(body) if body is not None else iter(())
    yield Guess(next(filter(None, map(named_in, lines)), ""), 0.45, "its copyright line")
    logos = (name for name in _logos(listing) if len(name.split()) <= MAX_LOGO_WORDS)
    logo = next((name for name in logos if not is_generic(without_frills(name))), "")
    yield Guess(logo, 0.25, "its link to the home page")
    for part in reversed(parts):
        yield Guess(part, 0.4, "the page's title")


def _logos(page: Page) -> Iterator[str]:
    """Yield the texts of links to the home page, including alternative texts of images."""
    for link in islice(page.tree.iter("a"), MAX_LINKS):
        address = resolve(link.get("href") or "", page.base)
        if address and is_front(address) and is_of_site(address, page.url):
            pictures = (one.get("alt") or "" for one in link.iter("img"))
            names = (*pictures, link.get("title") or "", "".join(map(str, link.itertext())))
            yield from (
                name
                for one in names
                if (name := LOGO_WORDS.sub("", clean_line(one[:MAX_NAME_LENGTH])))
            )


def _is_own(meta: EmbeddedMetadata) -> bool:
    """Whether a page's site name in metadata is only the page's title, as on some systems."""
    name, parts = comparison_key(meta.meta("og:site_name")), _parts(meta)
    longest = len(name) > MAX_WHOLE_TITLE and name == comparison_key(meta.title)
    return longest or (
        len(parts) > 1 and name == comparison_key(parts[0]) != comparison_key(parts[-1])
    )


def _most(names: Iterable[str]) -> str:
    """Return the most frequent name, or ""."""
    counted = Counter(name for name in names if 1 < len(name) <= MAX_NAME_LENGTH)
    return counted.most_common(1)[0][0] if counted else ""


def _organizations(page: Page) -> Iterator[str]:
    for text in json_ld_scripts(page):
        value = parse_json(text)
        if value is None or articles(value):
            continue
        for node in json_objects(value):
            if ORGANIZATION.search(type_of(node)):
                yield clean_line(plain_value(node.get("name")))


def _parts(meta: EmbeddedMetadata) -> list[str]:
    return [part for part in map(clean_line, TITLE_SEPARATOR.split(meta.title)) if part]


def _heading(page: Page) -> str:
    """Return the main heading of a page, which is usually the name of the page, not the site."""
    found = page.tree.find(".//h1")
    return clean_line("".join(map(str, found.itertext()))) if found is not None else ""


def _shared(metas: Sequence[EmbeddedMetadata], heading: str, alike: Collection[str] = ()) -> str:
    """Return the part that most page titles share, or "".

    If there are several such parts, the most frequent is returned. If these are equally frequent,
    the last of them is returned. ``alike`` contains headings of most releases, which are not the
    site's name.
    """
    titles = [parts for meta in metas if (parts := _parts(meta))]
    if len(titles) < 2:  # noqa: PLR2004 - a common part needs two titles
        return ""
    counted = Counter(part for parts in titles for part in dict.fromkeys(parts))
    places = {part: place for parts in titles for place, part in enumerate(parts)}
    shared = [
        part
        for part, count in counted.items()
        if count * 2 > len(titles)
        and 1 < len(part) <= MAX_NAME_LENGTH
        and part not in alike
        and not is_generic(part)
    ]
    return max(shared, key=lambda part: (part != heading, counted[part], places[part]), default="")


def _of_feed(feed: Page) -> str:
    start = feed.text[:5000]
    match = (JSON_TITLE if start.lstrip()[:1] == "{" else FEED_TITLE).search(start)
    parts = [part for part in TITLE_SEPARATOR.split(clean_line(match[1])) if part] if match else []
    named = [part for part in parts if not LISTING.fullmatch(part)]
    return named[-1] if named else ""


def without_copyright(name: str) -> str:
    """Remove copyright signs, years and *all rights reserved* from a site's name."""
    is_line = len(name) <= MAX_LINE and (COPYRIGHT_START.match(name) or RIGHTS_PHRASE.search(name))
    return named_in(name) if is_line else name


def named_in(line: str) -> str:
    """Return the name in a copyright line, or "" if it contains none.

    Years, copyright signs and phrases such as "all rights reserved" are removed.
    """
    bare = RIGHTS_PHRASE.sub("|", clean_line(line[:MAX_LINE]))
    bare = COPYRIGHT_YEARS.sub(" ", COPYRIGHT_SIGN.sub(" ", bare))
    for piece in LINE_SEPARATOR.split(bare):
        name = BEFORE_BY.sub("", piece).strip(" -–—()[]")
        while lead := COPYRIGHT_BY.match(name):
            name = name[lead.end() :].strip()
        name = " ".join(name.split())
        if len(name) <= MAX_OWNER and LETTERS.search(name) and not OTHER_LINE_PARTS.search(name):
            return name
    return ""


def copyright_lines(body: etree._Element) -> Iterator[str]:
    """Yield the copyright lines of a page, the last line of the page first."""
    hidden = {"script", "style", "noscript", "template"}
    texts = [element for element in body.iter(etree.Element) if element.tag not in hidden]
    for element in reversed(texts[-MAX_TEXTS:]):
        own = f"{element.text or ''} {' '.join(one.tail or '' for one in element)}"
        if not (
            COPYRIGHT_SIGN.search(own[-10 * MAX_LINE :])
            or RIGHTS_PHRASE.search(own[-10 * MAX_LINE :])
        ):
            continue
        line = clean_line(own)
        whole = element
        for _ in range(MAX_LEVELS):
            around = clean_line(
                " ".join(map(str, islice(whole.itertext(), MAX_PARTS)))[: MAX_LINE + 1]
            )
            if len(around) > MAX_LINE:
                break
            line = around
            parent = whole.getparent()
            if named_in(line) or parent is None or parent.tag in {"body", "html"}:
                break
            whole = parent
        yield line[-MAX_LINE:]
