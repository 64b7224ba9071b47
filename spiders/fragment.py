"""Cuts the body out of a page, as a fragment of HTML that holds nothing else."""

from __future__ import annotations

from html import escape

from lxml import etree

from spiders.mainbody import MainBody
from spiders.survey import INLINE, SKIPPED, Frame, Survey

VOID = frozenset(["br", "hr", "img", "wbr", "source", "col"])
KEPT_ATTRIBUTES = frozenset(
    "href title colspan rowspan scope lang dir start reversed type value datetime cite".split()
)


def cut(body: MainBody, seen: Survey, *, named: bool = False) -> str:
    """The HTML of a body's element with the kept blocks only, and the images among them.

    With ``named`` all attributes stay, for rules that ask for them.
    """
    kept = set(map(id, body.kept))
    silent = {piece for block in seen.blocks if id(block) not in kept for piece in block.pieces}
    mute = {
        element
        for element, tail in silent
        if not tail and element.tag in INLINE and not len(element)
    }
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
            if element in mute or (
                tag not in INLINE and tag not in VOID and element not in alive and element in texts
            ):
                walker.skip_subtree()
                continue
            out.append(_open(element, tag, named=named))
            if element.text and (element, False) not in silent:
                out.append(escape(element.text, quote=False))
            continue
        if isinstance(tag, str) and tag not in SKIPPED and element not in mute:
            if tag in INLINE or tag in VOID or element in alive or element not in texts:
                if tag not in VOID:
                    out.append(f"</{tag}>")
        if element.tail and element is not root and (element, True) not in silent:
            out.append(escape(element.tail, quote=False))
    return "".join(out)


def whole(element: etree._Element) -> str:
    """The HTML of a declared body element, all of it."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _open(element: etree._Element, tag: str, *, named: bool) -> str:
    """The start tag; with ``named`` also what selectors ask for."""
    parts = [tag]
    for name, value in element.items():
        if tag == "img" or name in KEPT_ATTRIBUTES or named:
            parts.append(f'{name}="{escape(value)}"')
    return f"<{' '.join(parts)}>"
