"""Draft a short source file with an unused id from guesses about a site.

If no list was found, the file is incomplete: its comments contain candidates for links and
selectors.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import chain, count, islice
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from anyascii import anyascii

from data.text.clean import clean_line
from data.text.urls import host_of
from spiders.discovery.press_links import PressLink
from spiders.page.css import CssSelector, selectors_of
from spiders.page.links import resolve
from spiders.page.page import Page
from spiders.page.phrases import is_generic, is_host
from spiders.sources.source_file import (
    DateOrder,
    ReleaseRules,
    SourceFile,
    SourceKind,
    parse_source,
)

MIN_CONFIDENCE = 0.6
"""Minimum confidence (0 to 1) in a guess that does not have to be checked by a person."""

CHECK_COMMENT: Final = "# check this: "
"""Start of the comment after a guess in a source file that a person must check."""

MAX_ID_LENGTH: Final = 26
"""Maximum length of a source id in letters, unless a shorter id is already in use."""

MIN_LABEL_LENGTH: Final = 3
"""Minimum length in letters of a host label that identifies the site's owner."""

_COMMON: Final = """
    www www1 www2 www3 web news newsroom press presse prensa media m en de fr es it pt mobile
    site portal home city blog info go gov gv gouv gob govt gub mil com co org net edu ac or ne
    nic state
"""
COMMON: Final = frozenset(_COMMON.split())
"""Labels in host names that do not identify a site's owner."""

_SMALL: Final = """
    a an and the of for in on at to de del der des die das den du la le les el los las da do dos
    di dei della delle degli e y et und für fur von van het een i og och ja u w na inc
    ltd llc plc corp corporation company gmbh ag sa spa srl bv nv kg ev v www com org net
"""
SMALL: Final = frozenset(_SMALL.split())
"""Words that are omitted from a shortened id."""

INSTITUTION_WORDS: Final = frozenset(
    (
        "state",
        "city",
        "county",
        "department",
        "ministry",
        "office",
        "bureau",
        "agency",
        "ministerio",
    )
)
"""Words for types of institutions. They are omitted from an id that would otherwise be too long."""

MAX_LINKS: Final = 2_000
"""Maximum number of links checked per page."""

MAX_PLACES: Final = 400
"""Maximum number of different selectors for links that are compared per page."""

MAX_SELECTORS_PER_LINK: Final = 6
"""Maximum number of selectors tried per link."""

MIN_LIST_LINKS: Final = 3
"""Minimum number of links matched by a candidate selector."""

MAX_CANDIDATES: Final = 5
"""Maximum number of selector candidates written to a source file."""

MIN_HEADLINE_LENGTH: Final = 15
"""Minimum average length in characters of link texts that may be headlines."""

MAX_SHOWN_TEXT_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed value for a field of a source, with a ``confidence`` from 0 to 1.

    ``rule`` is a short reason for the guess.
    """

    value: str
    confidence: float
    rule: str

    @property
    def sure(self) -> bool:
        """Whether no person needs to check the guess."""
        return self.confidence >= MIN_CONFIDENCE


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A drafted source file, with only those fields that can't be detected.

    ``feed`` is the URL of a complete feed. ``rules`` contains selectors for fields that detection
    extracts wrongly. ``catalogue`` contains the ids of a catalogue and of its entry, or "".
    """

    id: str
    name: Guess
    url: str
    timezone: Guess
    kind: SourceKind = "list"
    feed: str | None = None
    render: bool = False
    date_order: DateOrder | None = None
    rules: ReleaseRules = field(default_factory=ReleaseRules)
    catalogue: str = ""

    @property
    def toml(self) -> str:
        """The text of the source file. Comments mark guesses that a person must check."""
        lines = [
            toml_line("name", self.name.value, self.name),
            toml_line("url", self.url),
            toml_line("timezone", self.timezone.value, self.timezone),
        ]
        optional = {
            "kind": self.kind if self.kind != "list" else "",
            "catalogue": self.catalogue,
            "date_order": self.date_order,
            "feed": self.feed,
        }
        lines += [toml_line(name, value) for name, value in optional.items() if value]
        if self.render:
            lines.append("render = true")
        rules = [
            toml_line(name, value)
            for name in ("title", "published", "body")
            if (value := getattr(self.rules, name))
        ]
        if rules:
            lines += ["", "[release]", *rules]
        return "\n".join(lines) + "\n"

    @property
    def file(self) -> SourceFile:
        """The parsed source file. Raises SourceError if its text is invalid."""
        return parse_source(self.toml, f"{self.id}.toml")


def toml_line(key: str, value: str, guess: Guess | None = None) -> str:
    """Return a line of TOML that sets ``key`` to ``value``. A comment marks an uncertain guess."""
    # A JSON string without DEL characters is also a valid TOML string.
    text = json.dumps(value.replace("\x7f", ""), ensure_ascii=False)
    doubt = f"  {CHECK_COMMENT}{guess.rule}" if guess and not guess.sure else ""
    return f"{key} = {text}{doubt}"


def source_id(name: Guess, url: str, taken: Iterable[str] = ()) -> str:
    """Choose an id for a source. ``taken`` contains the ids already in use.

    The site's name is used if it is certain, short and mostly Latin. Otherwise, the host is used.
    If the host does not identify the site's owner, the important words of the name are used.
    """
    choices = [choice for choice in dict.fromkeys(_choices(name, url)) if choice]
    numbered = (f"{choices[0]}-{number}" for number in count(2))
    used = set(taken)
    return next(one for one in chain(choices, numbered) if one not in used)


def page_id(name: Guess, url: str, taken: Iterable[str] = ()) -> str:
    """Choose an id for a single page: the id of its site, and the last part of the page's path."""
    path = PurePosixPath(unquote(urlsplit(url).path))
    last = _shortened(_slug(path.stem)) or "page"
    used, base = set(taken), f"{source_id(name, url)}-{last}"
    numbered = (f"{base}-{number}" for number in count(2))
    return next(one for one in chain([base], numbered) if one not in used)


def _choices(name: Guess, url: str) -> Iterator[str]:
    label = "" if is_host(name.value) or is_generic(name.value) else name.value
    latin = sum(letter < "\u0250" for letter in label) * 2 > len(label)
    whole = _slug(label)
    if name.sure and latin and len(whole) <= MAX_ID_LENGTH:
        yield whole
    hosts = list(_of_host(url))
    yield from hosts[:1]
    yield _shortened(_without_small(whole))
    yield from hosts[1:]
    yield "source"


def _of_host(url: str) -> Iterator[str]:
    """Yield possible ids from the labels of a host: the last two, the longest, then all.

    Labels that do not identify the site's owner are skipped.
    """
    host = host_of(url)
    try:
        ip_address(host)
    except ValueError:
        labels = [_slug(label) for label in host.split(".")]
        own = [label for label in labels[:-1] if label and label not in COMMON]
        if own and len(short := _shortened("-".join(own[-2:]))) >= MIN_LABEL_LENGTH:
            yield short
            yield max(own, key=len)
            yield "-".join(own)


def _without_small(slug: str) -> str:
    words = [word for word in slug.split("-") if word not in SMALL]
    if len("-".join(words)) > MAX_ID_LENGTH:
        words = [word for word in words if word not in INSTITUTION_WORDS]
    return "-".join(words) or slug


def _slug(text: str) -> str:
    return _shortened(re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-"), 60)


def _shortened(slug: str, most: int = MAX_ID_LENGTH) -> str:
    """Shorten an id to up to ``most`` letters, to whole words if possible."""
    return slug if len(slug) <= most else (slug[: most + 1].rpartition("-")[0] or slug[:most])


@dataclass(frozen=True, slots=True)
class LinkSelector:
    """A selector for links to releases, the number of its matches, and the first link's text."""

    selector: str
    links: int
    first: str


def skeleton(proposal: SourceDraft, page: Page, links: Sequence[PressLink]) -> str:
    """Return the text of a source file with all known fields, and with candidates as comments."""
    lines = [proposal.toml.rstrip()]
    if links:
        lines += ["", "# Pages of the site that may list its releases; try one as url:"]
        lines += [
            f"# {toml_line('url', link.url)}  # {_short(link.text)}"
            for link in links[:MAX_CANDIDATES]
        ]
    lines += [
        "",
        "# Which of the page's links are releases? Uncomment the right lines:",
        "# [listing]",
    ]
    found = link_selectors(page)
    lines += [
        f"# {toml_line('link', one.selector)}  # {one.links}, the first: {_short(one.first)}"
        for one in found
    ] or ['# link = "…"  # the CSS selector of the links, such as main h2 a']
    lines += ['# published = "…"  # the CSS selector of their dates, such as main time']
    return "\n".join(lines) + "\n"


def link_selectors(page: Page) -> tuple[LinkSelector, ...]:
    """Return selectors that may match the links to releases, best first.

    Good candidates match many links with long texts.
    """
    found: dict[str, LinkSelector] = {}
    for selector in islice(dict.fromkeys(_selectors(page)), MAX_PLACES):
        nodes = CssSelector(selector).elements(page.tree)
        texts = [clean_line("".join(map(str, node.itertext()))) for node in nodes]
        texts = [text for text in texts if text]
        if len(texts) >= MIN_LIST_LINKS and sum(map(len, texts)) >= MIN_HEADLINE_LENGTH * len(
            texts
        ):
            key = "\n".join(texts)
            # Of two selectors that match the same links, the shorter one is more readable.
            known = found.get(key)
            if known is None or len(selector) < len(known.selector):
                found[key] = LinkSelector(selector, len(texts), texts[0])
    ranked = sorted(found.items(), key=lambda pair: -len(set(pair[0].split("\n"))) * len(pair[0]))
    return tuple(candidate for _, candidate in ranked[:MAX_CANDIDATES])


def _selectors(page: Page) -> Iterator[str]:
    """Yield the most general selectors for each link of a page outside menus."""
    for node in islice(page.tree.iter("a"), MAX_LINKS):
        around = any(True for _ in node.iterancestors("nav", "header", "footer", "aside"))
        if not around and resolve(node.get("href") or "", page.base):
            useful = (one for one in selectors_of(node) if one.rpartition(" ")[2].startswith("a"))
            yield from islice(useful, MAX_SELECTORS_PER_LINK)


def _short(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= MAX_SHOWN_TEXT_LENGTH else f"{line[:MAX_SHOWN_TEXT_LENGTH]}…"
