"""Cuts the body out of a page, as a fragment of HTML that holds nothing else."""

from __future__ import annotations

from html import escape
from typing import Final

from lxml import etree

from spiders.frames import Frame, Survey
from spiders.mainbody import MainBody
from spiders.survey import ANCHOR, BLOCK, BREAK, KINDS, SKIP

VOID: Final = frozenset(["hr", "img", "col"])
SAID: Final = frozenset(
    "p ul ol li h1 h2 h3 h4 h5 h6 blockquote table thead tbody tfoot tr td th caption pre figure "  # noqa: SIM905 - words read better in a row
    "figcaption dl dt dd details summary b strong i em u s sub sup code kbd samp abbr q cite mark "
    "small del ins ruby rt rp bdo bdi dfn var hr img col colgroup".split()
)
"""Elements that mean something; of others only what they hold is kept, in a ``div`` or without."""

KEPT_ATTRIBUTES: Final = frozenset(
    "href title colspan rowspan scope lang dir start reversed type value datetime cite".split()  # noqa: SIM905 - words read better in a row
)


def cut(body: MainBody, seen: Survey, *, named: bool = False) -> str:  # noqa: C901, PLR0912 - one walk
    """The HTML of a body's element with the kept blocks only, and the images among them.

    With ``named`` all elements and attributes stay, for rules that ask for them.
    """
    kept = {block.order for block in body.kept}
    inside = seen.blocks[body.frame.first : body.frame.last]
    silent = {piece for block in inside if block.order not in kept for piece in block.pieces}
    mute = {element for element, tail in silent if not tail and not len(element)}
    alive: set[etree._Element] = set()
    holders = {block.frame.element for block in body.kept}
    for block in body.kept:
        frame: Frame | None = block.frame
        while frame is not None and frame.element not in alive:
            alive.add(frame.element)
            frame = frame.parent
    texts = {frame.element for frame in seen.frames if frame.blocks}
    known: set[etree._Element] = (
        set() if seen.complete else {frame.element for frame in seen.frames}
    )
    out: list[str] = []
    open_tags: list[str] = []
    root = body.frame.element
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        kind = KINDS.get(tag, BLOCK)
        if event == "start":
            dead = kind == BLOCK and element not in alive and element in texts
            if known and kind == BLOCK and element not in known:
                break
            if kind == SKIP or dead or element in mute:
                walker.skip_subtree()
                open_tags.append("")
                continue
            if kind == BREAK:
                out.append("<br>")
                written = ""
            else:
                written = tag if named or tag in SAID else "div" if element in holders else ""
                if kind == ANCHOR and element.get("href"):
                    written = tag
                if written:
                    out.append(
                        _open(element, written, named=named) if element.attrib else f"<{written}>"
                    )
            open_tags.append("" if written in VOID else written)
            if element.text and (element, False) not in silent:
                out.append(escape(element.text, quote=False))
            continue
        written = open_tags.pop()
        if written:
            out.append(f"</{written}>")
        if element.tail and element is not root and (element, True) not in silent:
            out.append(escape(element.tail, quote=False))
    out.extend(f"</{tag}>" for tag in reversed(open_tags) if tag)
    return "".join(out)


def whole(element: etree._Element) -> str:
    """The HTML of a declared body element, all of it."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def _open(element: etree._Element, tag: str, *, named: bool) -> str:
    """The start tag; with ``named`` also what selectors ask for."""
    parts = [tag]
    for name, value in element.items():
        if tag == "img" or name in KEPT_ATTRIBUTES or named:
            parts.append(f'{name!s}="{escape(str(value))}"')
    return f"<{' '.join(parts)}>"
