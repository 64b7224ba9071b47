"""What a page holds but shows to no eye: labels for screen readers, data for programs, old dialogs.

Texts that a page unfolds, such as the rest after "read more", are hidden too until then. So only
what says little is passed over, and nothing that a headline or a date stands in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lxml import etree

LONGEST: Final = 600
"""Characters that a hidden part says at the most."""

NEVER: Final = ("h1", "time", "table", "article", "main")
"""What is read even where it is hidden."""

ABOUT: Final = ("body", "h1", "main")
"""What holds or heads the content of a page."""

CALLED: Final = re.compile(
    r"(?:[\w-]*[-_])?(?:visually|visualy)-?hidden(?:-focusable)?|sr-?only|screen-?reader"
    r"(?:-?(?:only|text|response))?|show-for-sr|element-(?:invisible|hidden)|hidden-visually|a11y-"
    r"(?:hidden|only|text)|assistive-text|off-?screen|hide|hidden|d-none|display-none|is-hidden|"
    r"u-hidden|uk-hidden|js-hidden|ms-hid(?:e|den)|s4-die|nodisplay|no-?display|print-?only|only-?print|visible-print",
    re.IGNORECASE,
)
"""Classes of what is not shown, as frameworks call it."""

SHOWN: Final = re.compile(
    r"not-sr-only|(?:sm|md|lg|xl|2xl|dark|group-hover):[\w-]+|d-(?:sm|md|lg|xl|xxl)-(?!none)[\w-]+"
)
"""Classes that show it again, on wide screens or by a pointer."""

STYLED: Final = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)", re.IGNORECASE)

SAID: Final = etree.XPath("normalize-space()")


def hidden_parts(root: etree._Element) -> list[etree._Element]:
    """The elements in another that say little and are shown to no eye."""
    named = (part for part in root.iterdescendants("*") if part.attrib)
    return [part for part in named if is_hidden(part) and says_little(part)]


def is_hidden(element: etree._Element) -> bool:
    """Whether an element says of itself that it is not shown."""
    get = element.get
    until = get("hidden")
    if until is not None:
        return until.strip().lower() != "until-found"
    if (style := get("style")) and STYLED.search("".join(style.split())):
        return True
    if get("aria-hidden") == "true" and element.tag != "a":
        return True
    named = get("class")
    return named is not None and calls_itself_hidden(named)


def shown_by_scripts(root: etree._Element) -> frozenset[etree._Element]:
    """The elements that hold what the page is about: if one is hidden, a script shows it."""
    about = (next(root.iter(tag), None) for tag in ABOUT)
    return frozenset(
        above for one in about if one is not None for above in (one, *one.iterancestors())
    )


@lru_cache(maxsize=10_000)  # the elements of a page share a few hundred classes
def calls_itself_hidden(named: str) -> bool:
    """Whether a text of classes says that its element is not shown."""
    classes = named.split()
    return any(map(CALLED.fullmatch, classes)) and not any(map(SHOWN.fullmatch, classes))


def says_little(element: etree._Element) -> bool:
    """Whether a hidden element can be passed over."""
    if element.tag in NEVER or next(element.iter(*NEVER), None) is not None:
        return False
    return len(str(SAID(element))) <= LONGEST
