"""Find all text of a page outside its frames, for pages that are not articles.

Lists of names, tables and policies have many short blocks, which article detection drops.
"""

from typing import Final

from lxml import etree

from data.revisions.edits import SINGLE_PAGE
from spiders.body.frames import own_names
from spiders.body.main_content import MainContent, holder, month_calendars
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.hidden import hidden_parts

FRAME_TAGS: Final = frozenset(["header", "footer", "nav", "aside"])
FRAME_ROLES: Final = frozenset(
    ["banner", "complementary", "contentinfo", "navigation", "search", "dialog", "alertdialog"]
)
FRAME_NAMES: Final = frozenset(
    "foot footer site-footer page-footer colophon header site-header page-header nav navbar "  # noqa: SIM905 - words read better in a row
    "navigation menu breadcrumb breadcrumbs sidebar cookie cookies cookie-banner".split()
)
"""Classes and ids of the frames of a page. In contrast to releases, ``legal`` may be the content.
"""

MAIN_TAGS: Final = frozenset(["main", "article"])

MIN_MAIN_SHARE: Final = 0.5
"""Minimum share of a page's text (without frames) in a ``main`` element for ignoring the text
outside of it."""

MAX_FRAME_SHARE: Final = 0.5
"""Maximum share of a page's text in one element that is left out as a frame."""


def find_whole_text(seen: BlockTree, headline: str) -> MainContent | None:
    """Return all blocks of a segmented page outside its frames, except the first ``headline``.

    Returns None if no blocks remain.
    """
    root = seen.top.element
    hidden = frozenset(hidden_parts(root))
    dropped = hidden.union(month_calendars(root))
    size = sum(len(block.text) for block in seen.blocks)
    outside: list[TextBlock] = []
    mains: dict[int, list[TextBlock]] = {}
    end = 0
    inside = (0, -1)
    left_out: set[int] = set()
    for container in seen.containers:
        if not container.blocks or container.last <= end:
            continue
        element = container.element
        is_main = element.tag in MAIN_TAGS or element.get("role") == "main"
        if is_main and container.first >= inside[0]:
            inside = (container.last, container.index)
            mains[container.index] = seen.blocks[container.first : container.last]
        in_main = container.first < inside[0]
        if element in dropped or (_is_frame(element, in_main=in_main) and not is_main):
            own = seen.blocks[container.first : container.last]
            if element in dropped or sum(len(one.text) for one in own) <= MAX_FRAME_SHARE * size:
                left_out.update(range(container.first, container.last))
                end = container.last
    outside = [block for block in seen.blocks if block.order not in left_out]
    left = sum(len(block.text) for block in outside)
    for own in mains.values():
        kept = [block for block in own if block.order not in left_out]
        if sum(len(block.text) for block in kept) >= MIN_MAIN_SHARE * left:
            outside = kept
            break
    named = next((block for block in outside if block.text == headline), None)
    blocks = tuple(block for block in outside if block is not named)
    return (
        MainContent(holder(blocks, seen.top), blocks, SINGLE_PAGE, 1.0, hidden) if blocks else None
    )


def _is_frame(element: etree._Element, *, in_main: bool) -> bool:
    """Return whether an element is a frame of the page. Inside the main element, only menus are."""
    if element.tag == "nav" or element.get("role") in FRAME_ROLES:
        return True
    if in_main:
        return False
    return element.tag in FRAME_TAGS or not FRAME_NAMES.isdisjoint(own_names(element))
