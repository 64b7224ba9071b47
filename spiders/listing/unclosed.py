"""Repairs pages whose containers are never closed, so that each post is inside the one before it.

`<div class=post>…<div class=entry>…<div class=post>…`: every post is deeper than the last one, and
no two posts have the same path. The repaired page has them side by side, as the author meant.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from lxml import etree

from spiders.listing.rows.flat_page import element_word

MIN_ENDS: Final = 2
"""Minimum number of containers that end with another one of their kind."""

MAX_PAGE_ENDS: Final = 5
"""Maximum number of containers that the end tags around the list close."""

MAX_STEPS: Final = 6
"""Maximum levels between a container and the one in it."""

MAX_FOLLOWED: Final = 2
"""Maximum levels at which something follows a container within the outer one."""

MAX_ELEMENTS: Final = 20_000
"""Maximum number of containers of a page that are compared."""

_CONTAINERS: Final = ("div", "section", "article", "table", "dl")


@dataclass(slots=True)
class _Chain:
    """Containers that each lie in the one before, and the number of them that something follows.

    ``is_ending`` is whether something follows the last container.
    """

    containers: list[etree._Element]
    followed: int = 0
    is_ending: bool = False

    @property
    def is_unclosed(self) -> bool:
        """Whether end tags are missing: those of the page close few of the containers."""
        ends = len(self.containers) - 1 - self.followed
        return ends >= MIN_ENDS and ends > self.followed

    def continues(self, *, is_followed: bool) -> bool:
        """Whether another container may be in the last one.

        The end tags of the page close the innermost containers, one after the other.
        """
        if is_followed and self.followed:
            return self.is_ending and self.followed < MAX_PAGE_ENDS
        return self.followed <= 1

    def add(self, container: etree._Element, *, is_followed: bool) -> None:
        """Add the next container."""
        self.containers.append(container)
        self.followed += is_followed
        self.is_ending = is_followed


def closed(tree: etree._Element) -> etree._Element:
    """The page's tree, or a repaired copy of it if its containers are never closed."""
    if not _chains(tree):
        return tree
    tree = deepcopy(tree)
    for chain in _chains(tree):
        for outer, inner in pairwise(chain.containers):
            # Posts that are apart again have their texts apart, too.
            if outer in islice(inner.iterancestors(), MAX_STEPS):
                _move_behind(outer, inner)
    return tree


def _move_behind(outer: etree._Element, inner: etree._Element) -> None:
    """Move an element, and all that follows it in another, behind that other one."""
    after, node = outer, inner
    while node is not outer:
        above, following = node.getparent(), [*node.itersiblings()]
        for one in [inner, *following] if node is inner else following:
            after.addnext(one)
            after = one
        node = outer if above is None else above


def _chains(tree: etree._Element) -> list[_Chain]:
    """The containers that lie in each other though they are posts or sections of one list.

    Each ends with the next one, which has the same kind of first child, and has a link of its own
    before it.
    """
    chains: dict[etree._Element, _Chain] = {}
    """The chains by their last container."""
    for element in islice(tree.iter(*_CONTAINERS), MAX_ELEMENTS):
        outer, is_followed = _outer(element)
        if outer is not None and _has_own_link(outer, element):
            chain = chains.get(outer) or _Chain([outer])
            if not chain.continues(is_followed=is_followed):
                continue
            chains.pop(outer, None)
            chain.add(element, is_followed=is_followed)
            chains[element] = chain
    return [chain for chain in chains.values() if chain.is_unclosed]


def _outer(element: etree._Element) -> tuple[etree._Element | None, bool]:
    """The container of the same kind around this one, or None, and whether it goes on after it."""
    node, followed = element, 0
    for _ in range(MAX_STEPS):
        above = node.getparent()
        followed += node.getnext() is not None
        # Most elements of normal pages are followed by others at several levels.
        if above is None or followed > MAX_FOLLOWED:
            break
        if above.tag == element.tag and element_word(above) == element_word(element):
            return above if _first_word(above) == _first_word(element) else None, followed > 0
        node = above
    return None, False


def _first_word(element: etree._Element) -> str:
    """The tag and classes of the first element in another."""
    first = next(element.iterchildren("*"), None)
    return "" if first is None else element_word(first)


def _has_own_link(outer: etree._Element, inner: etree._Element) -> bool:
    """Whether an element has a link before one of the elements in it."""
    for link in outer.iter("a", inner.tag):
        if link is inner:
            return False
        if link.get("href"):
            return True
    return False
