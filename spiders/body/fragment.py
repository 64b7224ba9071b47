"""Take the body out of a page, without hidden elements and rejected blocks inside it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import zip_longest

from lxml import etree

from spiders.body.main_content import MainContent
from spiders.body.serialize import MAX_ELEMENTS, SerializedBody, serialize
from spiders.body.text_blocks import BlockTree, Container, TextBlock
from spiders.page.hidden import hidden_parts


def prose_of(
    body: MainContent, seen: BlockTree, base: str, dropped: Collection[etree._Element] = ()
) -> SerializedBody:
    """Serialize the element of a body with only its kept blocks and the images among them.

    ``dropped`` are elements to leave out.
    """
    alive, dead = _parted(body, seen)
    kept = {block.order for block in body.kept}
    unseen = body.hidden
    if unseen is None:
        unseen = frozenset(hidden_parts(body.container.element))
    hidden = unseen.union(dropped)
    # Blocks and serialized lines correspond: both end at a block-level element or an empty line.
    met: list[TextBlock] = [
        block
        for block in _inside(body, seen)
        if block.container.element in alive and (not hidden or _is_shown(block, hidden))
    ]
    most = MAX_ELEMENTS if seen.complete else len(met)
    prose = serialize(body.container.element, base, dead | hidden, max_lines=most)
    for block, run in zip_longest(met, prose.runs):
        if run and (block is None or block.order not in kept):
            prose.cut(run)
    return prose


def outer_html(element: etree._Element) -> str:
    """Return the full HTML of a declared body element."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _inside(body: MainContent, seen: BlockTree) -> list[TextBlock]:
    return seen.blocks[body.container.first : body.container.last]


def _parted(body: MainContent, seen: BlockTree) -> tuple[set[etree._Element], set[etree._Element]]:
    """Return the elements with a kept block, and the elements with text but no kept block."""
    alive: set[etree._Element] = set()
    for block in body.kept:
        container: Container | None = block.container
        while container is not None and container.element not in alive:
            alive.add(container.element)
            container = container.parent
    inside = seen.containers[body.container.index :]
    dead = {one.element for one in inside if one.blocks and one.element not in alive}
    return alive, dead.union(seen.menus)


def _is_shown(block: TextBlock, hidden: frozenset[etree._Element]) -> bool:
    """Whether at least part of a block's text is outside the hidden elements."""
    return any(
        element not in hidden and hidden.isdisjoint(element.iterancestors())
        if not tail
        else hidden.isdisjoint(element.iterancestors())
        for element, tail in block.pieces
    )
