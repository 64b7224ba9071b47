"""Find links that may lead to an institution's list of releases.

They are recognized by words in their text and URL, in the languages of data.languages.vocabulary.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from data.languages.vocabulary import pattern
from data.text.clean import clean_line
from data.text.urls import canonical_url, host_of, page_key
from spiders.page.embedded_metadata import json_ld_scripts, parse_json, type_of
from spiders.page.links import resolve
from spiders.page.literals import json_objects
from spiders.page.media_files import leads_to_file
from spiders.page.page import Page

MAX_LINKS: Final = 4_000
"""Maximum number of a page's links that are checked."""

MAX_WORDS: Final = 5
"""Maximum number of words in the text of a link to a section. Longer texts are headlines."""

MAX_PARENTS: Final = 4
"""Maximum number of a page's parent folders that are tried."""

SCORED_PATTERNS: Final = (
    (pattern("press_links.releases"), 1.0),
    (pattern("press_links.news"), 0.8),
    (pattern("press_links.media"), 0.7),
)
"""Patterns of link texts, with their scores (0 to 1): press release pages, news pages, and pages
for journalists."""

OTHER_WORDS: Final = pattern("press_links.other")
"""Pattern of words such as *newsletter*, which resemble words for a press room."""

PATH_FACTOR: Final = 0.75
"""Factor applied to the score of a link if only its URL contains a word for a press room."""

MIN_PARENT_SCORE: Final = 0.65
"""Minimum score (0 to 1) of a page in a parent folder of the current page, whatever its name."""

FRONT: Final = re.compile(
    r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:(?:index|default|home|start|welcome|main)(?:\.\w{2,5})?/?)?",
    re.IGNORECASE,
)
SEPARATORS: Final = re.compile(r"[-_+. ]+")
ENDING: Final = re.compile(r"\.\w{2,5}$")


@dataclass(frozen=True, slots=True)
class PressLink:
    """A link that may lead to a press room: its URL, its text and its ``score`` (0 to 1)."""

    url: str
    text: str
    score: float


def press_links(page: Page) -> tuple[PressLink, ...]:
    """Return links on a page that may lead to a press room, most promising first.

    The text of a link counts more than its URL. Parent folders of the page's URL are included.
    """
    best: dict[str, PressLink] = {}
    for link in (*_named(page), *_above(page)):
        key = canonical_url(link.url)
        known = best.get(key)
        if key != page_key(page.url) and (known is None or link.score > known.score):
            best[key] = link
    # Of two links with the same score, the one with the shorter URL more likely leads to the whole
    # list.
    return tuple(sorted(best.values(), key=lambda link: (-link.score, len(link.url))))


def is_front(url: str) -> bool:
    """Whether a URL is the address of a site's home page, in any language."""
    parts = urlsplit(url)
    return not parts.query and FRONT.fullmatch(parts.path) is not None


def folders_above(url: str) -> Iterator[str]:
    """Yield the URLs of a page's parent folders, nearest first, without the root."""
    parts = urlsplit(url)
    names = [name for name in parts.path.split("/") if name]
    for depth in range(len(names) - 1, max(0, len(names) - 1 - MAX_PARENTS), -1):
        yield urljoin(url, "/" + "/".join(names[:depth]) + "/")


def is_of_site(url: str, other: str) -> bool:
    """Whether two URLs belong to one site.

    This is the case if they have the same host, if one host is a subdomain of the other, or if both
    are subdomains of one domain.
    """
    hosts = [host_of(one).removeprefix("www.") for one in (url, other)]
    first, second = sorted(hosts, key=len)
    tail = ".".join(second.split(".")[-2:])
    return (
        first == second
        or second.endswith(f".{first}")
        or (first.endswith(f".{tail}") and len(tail) > len("gov.uk") + 1)
    )


def _named(page: Page) -> Iterator[PressLink]:
    for node in islice(page.tree.iter("a", "area"), MAX_LINKS):
        url = resolve(node.get("href") or "", page.base)
        if url is None or leads_to_file(url) or not is_of_site(url, page.url):
            continue
        label = "".join(map(str, node.itertext())) or node.get("title") or node.get("aria-label")
        text = clean_line((label or "")[:400])
        if score := max(_of_text(text), PATH_FACTOR * _of_path(url)):
            # A match in both text and URL is more certain than one match.
            both = 0.05 if _of_text(text) and _of_path(url) else 0.0
            yield PressLink(url, text or url, round(min(1.0, score + both), 2))


def _above(page: Page) -> Iterator[PressLink]:
    if is_front(page.url):
        return
    for url in (*_crumbs(page), *folders_above(page.url)):
        if is_of_site(url, page.url) and not is_front(url):
            yield PressLink(url, url, round(max(MIN_PARENT_SCORE, _of_path(url) * 0.9), 2))


def _crumbs(page: Page) -> Iterator[str]:
    """Yield the URLs in a page's breadcrumbs (schema.org)."""
    for text in json_ld_scripts(page):
        for node in json_objects(parse_json(text)):
            item = node.get("item") if "ListItem" in type_of(node) else None
            address = item.get("@id") if isinstance(item, dict) else item
            if isinstance(address, str) and (url := resolve(address, page.base)):
                yield url


def _of_text(text: str) -> float:
    """Return the score (0 to 1) of a link's text as the name of a press room.

    Each additional word lowers the score.
    """
    if not text or "@" in text or OTHER_WORDS.search(text) or len(text.split()) > MAX_WORDS:
        return 0.0
    bare = text.strip(" »›>→|·:-")
    if worth := next((worth for words, worth in SCORED_PATTERNS if words.fullmatch(bare)), 0.0):
        return worth
    return max(
        (worth - 0.1 for words, worth in SCORED_PATTERNS[:2] if _holds(words, bare)), default=0.0
    )


def _holds(words: re.Pattern[str], text: str) -> bool:
    """Whether a text contains a match of the pattern ``words`` as a whole word."""
    return any(
        (found.start() == 0 or not text[found.start() - 1].isalpha() or text[0] >= "\u3040")
        and (found.end() == len(text) or not text[found.end()].isalpha() or text[0] >= "\u3040")
        for found in words.finditer(text)
        if found[0]
    )


def _of_path(url: str) -> float:
    """Return the score (0 to 1) of a URL whose last segment is a word for a press room, else 0."""
    path = ENDING.sub("", unquote(urlsplit(url).path.rstrip("/")))
    name = SEPARATORS.sub(" ", path.rstrip("/").rpartition("/")[2])
    if not name or OTHER_WORDS.search(name):
        return 0.0
    return next((worth for words, worth in SCORED_PATTERNS if words.fullmatch(name)), 0.0)
