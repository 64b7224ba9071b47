"""Repair pages with unclosed containers, where each post is nested in the previous one.

In `<div class=post>…<div class=entry>…<div class=post>…`, each post is nested more deeply, so no
two posts have the same path. In the repaired tree, the posts are siblings.
"""

from copy import deepcopy
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from lxml import etree

from spiders.listing.rows.flat_page import element_word

MIN_ENDS: Final = 2
"""Minimum number of unclosed containers in a chain of nested containers. Shorter chains are
ignored."""

MAX_PAGE_ENDS: Final = 5
"""Maximum number of unclosed containers that the page's own end tags close after the list."""

MAX_STEPS: Final = 6
"""Maximum number of levels between a container and the next container nested in it."""

MAX_FOLLOWED: Final = 2
"""Maximum number of levels between two nested containers at which another element may follow."""

MAX_ELEMENTS: Final = 20_000
"""Maximum number of containers compared per page."""

_CONTAINERS: Final = ("div", "section", "article", "table", "dl")


@dataclass(slots=True)
class _Chain:
    """A chain of containers, each nested in the previous one.

    ``followed`` is the number of containers that are followed by another element. ``is_ending`` is
    true if an element follows the last container.
    """

    containers: list[etree._Element]
    followed: int = 0
    is_ending: bool = False

    @property
    def is_unclosed(self) -> bool:
        """Whether the containers of the chain are unclosed.

        The page's end tags close only a few of them in this case.
        """
        ends = len(self.containers) - 1 - self.followed
        return ends >= MIN_ENDS and ends > self.followed

    def continues(self, *, is_followed: bool) -> bool:
        """Whether another container may be nested in the last container of the chain.

        The page's end tags close only the innermost containers, one after the other.
        """
        if is_followed and self.followed:
            return self.is_ending and self.followed < MAX_PAGE_ENDS
        return self.followed <= 1

    def add(self, container: etree._Element, *, is_followed: bool) -> None:
        """Add the next nested container."""
        self.containers.append(container)
        self.followed += is_followed
        self.is_ending = is_followed


def closed(tree: etree._Element) -> etree._Element:
    """Return a page's tree, or a repaired copy if its containers are unclosed."""
    if not _chains(tree):
        return tree
    tree = deepcopy(tree)
    for chain in _chains(tree):
        for outer, inner in pairwise(chain.containers):
            # The texts after the posts are moved together with the posts.
            if outer in islice(inner.iterancestors(), MAX_STEPS):
                _move_behind(outer, inner)
    return tree


def _move_behind(outer: etree._Element, inner: etree._Element) -> None:
    """Move ``inner``, and all elements after it inside ``outer``, behind ``outer``."""
    after, node = outer, inner
    while node is not outer:
        above, following = node.getparent(), [*node.itersiblings()]
        for one in [inner, *following] if node is inner else following:
            after.addnext(one)
            after = one
        node = outer if above is None else above


def _chains(tree: etree._Element) -> list[_Chain]:
    """Return the chains of nested containers that should be siblings: posts or sections of a list.

    All containers of a chain have the same type of first child. Each has a link before the next
    container.
    """
    chains: dict[etree._Element, _Chain] = {}
    """The chains found so far, by their last container."""
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
    """Return the nearest container of the same type around an element, or None.

    The second value is whether another element follows inside that container.
    """
    node, followed, word = element, 0, element_word(element)
    for _ in range(MAX_STEPS):
        above = node.getparent()
        followed += node.getnext() is not None
        # On normal pages, most elements are followed by others at several levels.
        if above is None or followed > MAX_FOLLOWED:
            break
        if above.tag == element.tag and element_word(above) == word:
            return above if _first_word(above) == _first_word(element) else None, followed > 0
        node = above
    return None, False


def _first_word(element: etree._Element) -> str:
    """Return the tag and classes of an element's first child."""
    first = next(element.iterchildren("*"), None)
    return "" if first is None else element_word(first)


def _has_own_link(outer: etree._Element, inner: etree._Element) -> bool:
    """Whether ``outer`` has a link before the nested container ``inner``."""
    for link in outer.iter("a", inner.tag):
        if link is inner:
            return False
        if link.get("href"):
            return True
    return False
