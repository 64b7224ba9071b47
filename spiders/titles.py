"""The headline of a release, as its page shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from data.normalize import clean_line
from spiders.hints import BIT
from spiders.mainbody import MainBody
from spiders.metadata import Metadata
from spiders.survey import Block, Survey

SEPARATOR = re.compile(r"\s+[|\-–—·•»«:/~>]+\s+|\s*[|｜»«]\s*|\s+::\s+|_{1,3}(?=\w)")
MAX_TITLE = 400
NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Title:
    """A headline, the rule that found it, and how sure it is."""

    text: str
    rule: str
    confidence: float


def squash(text: str) -> str:
    """The letters and digits of a text, without case."""
    return NOT_LETTERS.sub("", text.casefold())


def find_title(meta: Metadata, seen: Survey, body: MainBody | None) -> Title | None:
    """The headline of a page, or None where it has none."""
    named = [
        ("json-ld", meta.text("headline")),
        ("og:title", meta.meta("og:title", "twitter:title")),
        ("title", meta.title),
    ]
    said = [(rule, clean_line(text), squash(text)) for rule, text in named if squash(text)]
    start = body.kept[0].order if body and body.kept else len(seen.blocks)
    best: tuple[float, str, str] | None = None
    for score, rule, text in candidates(seen, start, said):
        if best is None or score > best[0]:
            best = (score, rule, text)
    for rule, text, _ in said:
        short = without_suffix(text, meta.meta("og:site_name"))
        score = {"json-ld": 2.2, "og:title": 2.0, "title": 1.0}[rule] + (text != short) * -0.1
        if best is None or score > best[0]:
            best = (score, rule, short)
    if best is None:
        return None
    return Title(clean_line(best[2])[:MAX_TITLE], best[1], min(1.0, best[0] / 5))


def candidates(
    seen: Survey, start: int, said: list[tuple[str, str, str]]
) -> Iterator[tuple[float, str, str]]:
    """Blocks that may be the headline, each with a score."""
    for block in seen.blocks[: start + 40]:
        level = level_of(block)
        hinted = (block.hints | block.frame.hints) & BIT["title"]
        if not (level or hinted) or len(block.text) > 300 or len(block.text) < 4:
            continue
        key = squash(block.text)
        whole = any(key == other for _, _, other in said[:1] + said[1:])
        inside = any(key in other for _, _, other in said) and len(key) > 8
        score = {1: 2.0, 2: 1.0, 3: 0.6}.get(level, 0.9) + bool(hinted) * 0.5
        score += 2.0 * whole + 1.5 * inside
        far = abs(start - block.order)
        score -= min(far, 30) / 20
        if block.order > start:
            score -= 0.5
        yield score, f"h{level}" if level else "class", block.text


def level_of(block: Block) -> int:
    """The level of the heading that a block stands in, or 0."""
    tag = block.frame.tag
    return int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else 0


def without_suffix(title: str, site: str) -> str:
    """A document's title without the name of the site at its end or start."""
    parts = [part for part in SEPARATOR.split(title) if part]
    if len(parts) < 2:
        return title
    key = squash(site)
    if key and squash(parts[-1]) == key:
        return title[: title.rfind(parts[-1])].rstrip(" |-–—·•»«:/~>")
    return max(parts, key=len) if len(parts) == 2 else parts[0]
