"""HTML from anywhere, made safe: no script, no style, no relative or foreign address."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Final

import nh3

from data.text.nesting import flattened
from data.text.urls import SCHEMES, absolute, loadable

TAGS: Final = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em "  # noqa: SIM905 - words read better in a row
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s "
    "samp small source span strong sub summary sup table tbody td tfoot th thead time tr u ul "
    "var wbr".split()
)
ATTRIBUTES: Final = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime", "cite"},
    "ins": {"datetime", "cite"},
}
ADDRESSES: Final = frozenset(["href", "src", "cite"])
DROPPED_WHOLE: Final = frozenset(
    "script style noscript template iframe object embed svg math select textarea button form "  # noqa: SIM905 - words read better in a row
    "title".split()
)
"""Elements that go with all that they hold; of others only the tag goes."""


MOST: Final = 2_000_000
"""Characters of a fragment that are kept."""

LEVELS: Final = 150
"""How deep elements may lie in one another; honest texts stay below twenty."""


PART: Final = re.compile(r"<[^>]*+>?|(?:[^<&]|&(?:#?\w{1,31}+;?+)?+){1,1024}+")
"""A tag, or a stretch of text in which no character reference is cut."""

PARTING: Final = "<x-part></x-part>"
MANY: Final = 2_000
"""Characters that are written as references, from which on the length of a text counts."""


def _ready(fragment: str) -> str:
    """The part of a fragment that is kept, so that it takes time in proportion to its length.

    Each reference costs as much as the text around it is long: texts are parted by an element that
    goes without a trace.
    """
    kept = flattened(fragment[:MOST], LEVELS)
    if kept.count("&") + kept.count("\xa0") < MANY:
        return kept
    return PART.sub(lambda part: part[0] + (PARTING if _is_parted(part) else ""), kept)


def _is_parted(part: re.Match[str]) -> bool:
    """Whether a part is text that more text follows."""
    text, end = part.string, part.end()
    return part[0][0] != "<" and end < len(text) and text[end] != "<"


DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the text after it around: another text may be read than is there (CVE-2021-42574)."""


def _in_order(html: str) -> str:
    """A fragment whose text is read in the order that it stands in."""
    return html if html.isascii() else DIRECTIONS.sub("", html)


def is_huge(fragment: str) -> bool:
    """Whether only the beginning of a fragment is kept."""
    return len(fragment) > MOST


def sanitize(fragment: str, base: str) -> str:
    """A safe copy of an HTML fragment, its addresses absolute; of a huge one the beginning.

    ``base`` is what relative addresses start from. Links may lead to http, https, mailto and tel
    addresses. Images may come from http and https addresses only.
    """
    token = _base.set(base)
    try:
        return _in_order(_RESOLVER.clean(_ready(fragment)))
    finally:
        _base.reset(token)


_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED_WHOLE),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    url_schemes=set(SCHEMES),
    link_rel=None,
)


NOT_LOADABLE: Final = re.compile(r"\ssrc=\"(?!https?:)", re.IGNORECASE)
"""The address of an image that no page can load, in HTML as nh3 writes it."""


def sanitize_absolute(fragment: str) -> str:
    """The same for a fragment whose addresses are absolute already."""
    safe = _CLEANER.clean(_ready(fragment))
    # A filter costs a call for each attribute, and few fragments need it.
    return _in_order(_LOADED_CLEANER.clean(safe) if NOT_LOADABLE.search(safe) else safe)


_base: ContextVar[str] = ContextVar("base")


def _resolved(_tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return loadable(_base.get(), value)
    return absolute(_base.get(), value) if name in ADDRESSES else value


def _loaded(_tag: str, name: str, value: str) -> str | None:
    return value if name != "src" or loadable("", value) else None


_LOADED_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    attribute_filter=_loaded,
    url_schemes=set(SCHEMES),
    link_rel=None,
)

# Made once: that takes ten times longer than to sanitize a release with it.
_RESOLVER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED_WHOLE),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    attribute_filter=_resolved,
    url_schemes=set(SCHEMES),
    link_rel=None,
)
