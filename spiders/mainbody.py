"""Which blocks of a page are the text of its release: the seam that a better method replaces."""

from __future__ import annotations

from dataclasses import dataclass

from spiders.hints import BIT
from spiders.survey import Block, Frame, Survey

NOISE = (
    BIT["share"]
    | BIT["related"]
    | BIT["nav"]
    | BIT["comment"]
    | BIT["ad"]
    | BIT["subscribe"]
    | BIT["cookie"]
    | BIT["footer"]
)


@dataclass(frozen=True, slots=True)
class MainBody:
    """The blocks that are the release's text, and the frame that holds them all.

    ``rule`` names the method and ``confidence`` is 0 to 1.
    """

    frame: Frame
    kept: tuple[Block, ...]
    rule: str
    confidence: float


def find_body(seen: Survey) -> MainBody | None:
    """The main text of a surveyed page, or None where it has none."""
    scores: dict[int, tuple[float, Frame]] = {}
    for block in seen.blocks:
        size = len(block.text)
        if size < 25 or block.links * 2 > size or block.frame.tag in {"header", "footer", "nav"}:
            continue
        worth = 1 + block.text.count(",") + min(size / 100, 3)
        share = 1.0
        frame: Frame | None = block.frame
        frame = frame.parent if frame and frame.tag in {"p", "li", "blockquote"} else frame
        while frame is not None and share > 0.2:
            before = scores.get(id(frame), (0.0, frame))[0]
            scores[id(frame)] = (before + worth * share, frame)
            frame, share = frame.parent, share / 2
    if not scores:
        return None
    best = max(
        scores.values(), key=lambda pair: pair[0] * (1 - pair[1].links / (pair[1].chars + 1))
    )[1]
    kept = [block for block in seen.blocks if within(block.frame, best) and worthy(block, best)]
    return MainBody(best, tuple(kept), "density", 0.5) if kept else None


def within(frame: Frame | None, outer: Frame) -> bool:
    """Whether a frame lies in another, or is it."""
    while frame is not None and frame.depth >= outer.depth:
        if frame is outer:
            return True
        frame = frame.parent
    return False


def worthy(block: Block, outer: Frame) -> bool:
    """Whether a block inside the body's element is text of the body."""
    frame: Frame | None = block.frame
    while frame is not None and frame is not outer:
        if frame.hints & NOISE or frame.tag in {"nav", "aside", "footer", "form", "figcaption"}:
            return False
        frame = frame.parent
    return block.links * 2 <= len(block.text)
