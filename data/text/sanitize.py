"""Sanitize HTML: remove scripts, styles and unsafe addresses, and make all addresses absolute."""

import re
from contextvars import ContextVar
from typing import Final

import nh3

from data.text.markup import flattened, with_few_attributes
from data.text.urls import SCHEMES, absolute, loadable

TAGS: Final = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em "  # noqa: SIM905 - a string is easier to read
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
    "script style noscript template iframe object embed svg math select textarea button form "  # noqa: SIM905 - a string is easier to read
    "title".split()
)
"""Names of elements that are removed with their content. For all other forbidden elements, only the
tags are removed."""


MAX_CHARACTERS: Final = 2_000_000
"""Maximum length in characters of a fragment. The rest is cut."""

MAX_LEVELS: Final = 150
"""Maximum depth of nested elements. The depth of real texts is below 20."""


PART: Final = re.compile(
    r"(<[a-zA-Z/!?][^>]*+>?)|(?:[^<&]|<(?![a-zA-Z/!?])|&(?:#?\w{1,31}+;?+)?+){1,1024}+"
)
"""Pattern that matches a tag or comment (group 1), or a part of a text. The part does not end
inside a character reference."""

TAG_START: Final = re.compile(r"<[a-zA-Z/!?]")

SEPARATOR: Final = "<x-part></x-part>"
MIN_SLOW_CHARACTERS: Final = 2_000
"""A fragment's long texts are split if the fragment has at least this many characters that are slow
for nh3."""

MAX_TAG_LENGTH: Final = 10_000
"""Maximum length in characters of a tag in a fragment whose long texts are split. Longer tags are
dropped."""

DIRECTIONS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that change the direction of the following text, and so can disguise text
(CVE-2021-42574)."""

NOT_LOADABLE: Final = re.compile(r" src=\"(?!(?i:https?:))")
"""Pattern of an image address that browsers can't load, in HTML from nh3."""

_base: ContextVar[str] = ContextVar("base")


def _ready(fragment: str) -> str:
    """Cut an HTML fragment, and prepare it so that nh3 parses it in linear time."""
    return _split(flattened(with_few_attributes(fragment[:MAX_CHARACTERS]), MAX_LEVELS))


def _split(html: str) -> str:
    """Split long texts with many characters that are slow for nh3, using an element that nh3 drops.

    After each character reference, nh3 searches the rest of a text for ``&``. It does the same
    after each character from U+0080 to U+00BF, whose UTF-8 begins with the first byte of a no-break
    space.
    """
    slow = html.count("&")
    if not html.isascii():
        slow += html.encode("utf-8", "replace").count(b"\xc2")
    return PART.sub(_split_part, html) if slow >= MIN_SLOW_CHARACTERS else html


def _split_part(part: re.Match[str]) -> str:
    if part[1] is not None:
        return part[1] if len(part[1]) <= MAX_TAG_LENGTH else ""
    html, end = part.string, part.end()
    is_followed_by_text = end < len(html) and not TAG_START.match(html, end)
    return part[0] + (SEPARATOR if is_followed_by_text else "")


def _in_order(html: str) -> str:
    """Remove all characters that change the direction of text."""
    for sign in DIRECTIONS:
        html = html.replace(sign, "")
    return html


def is_huge(fragment: str) -> bool:
    """Return whether a fragment is longer than the maximum, so that it will be cut."""
    return len(fragment) > MAX_CHARACTERS


def sanitize(fragment: str, base: str) -> str:
    """Return a safe copy of an HTML fragment, with absolute addresses. Huge fragments are cut.

    Relative addresses are resolved against ``base``. Links may use http, https, mailto and tel;
    images only http and https.
    """
    token = _base.set(base)
    try:
        return _in_order(_RESOLVER.clean(_ready(fragment)))
    finally:
        _base.reset(token)


def sanitize_absolute(fragment: str) -> str:
    """Sanitize an HTML fragment whose addresses are already absolute."""
    safe = _CLEANER.clean(_ready(fragment))
    # Use the slower cleaner, whose filter is called for each attribute, only if it is needed.
    return _in_order(_LOADED_CLEANER.clean(_split(safe)) if NOT_LOADABLE.search(safe) else safe)


def _resolved(_tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return loadable(_base.get(), value)
    return absolute(_base.get(), value) if name in ADDRESSES else value


def _loaded(_tag: str, name: str, value: str) -> str | None:
    return value if name != "src" or loadable("", value) else None


# Created once, because this takes ten times longer than sanitizing a release.
_CLEANER, _LOADED_CLEANER, _RESOLVER = (
    nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(DROPPED_WHOLE) if drops else None,
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=attribute_filter,
        url_schemes=set(SCHEMES),
        link_rel=None,
    )
    for attribute_filter, drops in ((None, True), (_loaded, False), (_resolved, True))
)
