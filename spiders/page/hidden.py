"""Find hidden elements: texts for screen readers, data for scripts, closed dialogs.

Texts that open on a click, such as "read more", are also hidden at first. So only short hidden
elements are skipped, and only if they contain no headline, date or table.
"""

import re
from functools import lru_cache
from typing import Final

from lxml import etree

MAX_HIDDEN_LENGTH: Final = 600
"""Maximum length in characters of a hidden element that may be skipped."""

KEPT_TAGS: Final = ("h1", "time", "table", "article", "main")
"""Tags of elements that are never skipped. A hidden element that contains one of them is not
skipped either."""

CONTENT_TAGS: Final = ("body", "h1", "main")
"""Tags of elements around the content of a page."""

HIDING_CLASS: Final = re.compile(
    r"(?:[\w-]*[-_])?(?:visually|visualy)-?hidden(?:-focusable)?|sr-?only|screen-?reader"
    r"(?:-?(?:only|text|response))?|show-for-sr|element-(?:invisible|hidden)|hidden-visually|a11y-"
    r"(?:hidden|only|text)|assistive-text|off-?screen|hide|hidden|d-none|display-none|is-hidden|"
    r"u-hidden|uk-hidden|js-hidden|ms-hid(?:e|den)|s4-die|nodisplay|no-?display|print-?only|only-?print|visible-print|w-condition-invisible",
    re.IGNORECASE,
)
"""Pattern of class names that hide elements, from common frameworks."""

SHOWN_CLASSES: Final = re.compile(
    r"not-sr-only|(?:sm|md|lg|xl|2xl|dark|group-hover):[\w-]+|d-(?:sm|md|lg|xl|xxl)-(?!none)[\w-]+"
)
"""Pattern of class names that show a hidden element again on wide screens or on hover."""

HIDING_STYLE: Final = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)", re.IGNORECASE)
"""Pattern of inline styles that hide an element. Spaces must be removed first."""

NORMALIZED_TEXT: Final = etree.XPath("normalize-space()")
"""XPath expression for an element's text with normalized spaces."""


def hidden_parts(root: etree._Element) -> list[etree._Element]:
    """Return the hidden descendants of ``root`` that are short enough to skip."""
    parts = root.iterdescendants("*")
    return [part for part in parts if is_hidden(part) and says_little(part)]


def is_hidden(element: etree._Element) -> bool:
    """Whether an element is hidden by its attributes, inline style or classes."""
    # Most elements have no attribute other than a class.
    names = element.keys()
    if "hidden" in names:
        return (element.get("hidden") or "").strip().lower() != "until-found"
    if "style" in names and HIDING_STYLE.search("".join((element.get("style") or "").split())):
        return True
    if "aria-hidden" in names and element.get("aria-hidden") == "true" and element.tag != "a":
        return True
    return "class" in names and calls_itself_hidden(element.get("class") or "")


def shown_by_scripts(root: etree._Element) -> frozenset[etree._Element]:
    """Return the elements around the page's content. If they are hidden, a script shows them."""
    about = (next(root.iter(tag), None) for tag in CONTENT_TAGS)
    return frozenset(
        above for one in about if one is not None for above in (one, *one.iterancestors())
    )


@lru_cache(maxsize=10_000)  # Cached because the elements of a page share a few hundred classes.
def calls_itself_hidden(named: str) -> bool:
    """Whether one of the classes in ``named`` hides an element."""
    classes = named.split()
    return any(map(HIDING_CLASS.fullmatch, classes)) and not any(
        map(SHOWN_CLASSES.fullmatch, classes)
    )


def says_little(element: etree._Element) -> bool:
    """Whether a hidden element can be skipped, because it is short and has no important tag.

    Important tags are those of headlines, times and tables (see `KEPT_TAGS`).
    """
    if element.tag in KEPT_TAGS or next(element.iter(*KEPT_TAGS), None) is not None:
        return False
    return len(str(NORMALIZED_TEXT(element))) <= MAX_HIDDEN_LENGTH
