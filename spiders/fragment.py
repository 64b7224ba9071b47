"""Cuts the body out of a page, as a fragment of HTML that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from lxml import etree

from spiders.mainbody import MainBody
from spiders.survey import INLINE, SKIPPED, Block, Frame, Survey

VOID = frozenset(["br", "hr", "img", "wbr", "source", "col"])
KEPT_ATTRIBUTES = frozenset(
    "class id href title alt width height colspan rowspan scope lang dir start reversed type value "
    "datetime cite data-dropped".split()
)
LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-srcset",
    "srcset",
    "data-url",
)
MARK = "data-dropped"
"""The attribute that marks what detection would leave out, where declared rules shall judge."""


def cut(body: MainBody, seen: Survey) -> str:
    """The HTML of a body's element with the kept blocks only, and the images among them."""
    kept = set(map(id, body.kept))
    silent = {piece for block in seen.blocks if id(block) not in kept for piece in block.pieces}
    alive: set[etree._Element] = set()
    for block in body.kept:
        frame: Frame | None = block.frame
        while frame is not None and frame.element not in alive:
            alive.add(frame.element)
            frame = frame.parent
    texts = {frame.element for frame in seen.frames if frame.blocks}
    out: list[str] = []
    root = body.frame.element
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if not isinstance(tag, str) or tag in SKIPPED:
                walker.skip_subtree()
                continue
            if tag not in INLINE and tag not in VOID and element not in alive and element in texts:
                walker.skip_subtree()
                continue
            out.append(_open(element, tag))
            if element.text and (element, False) not in silent:
                out.append(escape(element.text, quote=False))
            continue
        if isinstance(tag, str) and tag not in SKIPPED:
            if tag in INLINE or tag in VOID or element in alive or element not in texts:
                if tag not in VOID:
                    out.append(f"</{tag}>")
        if element.tail and element is not root and (element, True) not in silent:
            out.append(escape(element.tail, quote=False))
    return "".join(out)


def whole(element: etree._Element) -> str:
    """The HTML of a declared body element, all of it."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _open(element: etree._Element, tag: str) -> str:
    parts = [tag]
    for name, value in element.items():
        if name in KEPT_ATTRIBUTES and tag != "img":
            parts.append(f'{name}="{escape(value)}"')
    if tag == "img":
        parts.extend(f'{name}="{escape(value)}"' for name, value in element.items())
    return f"<{' '.join(parts)}>"
