"""The headline of a release, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from data.normalize import clean_line
from spiders.frames import Survey
from spiders.headlines import candidates, headline_features
from spiders.mainbody import MainBody
from spiders.metadata import Metadata
from spiders.trees import load_trees


@dataclass(frozen=True, slots=True)
class Title:
    """A headline, the rule that found it, how sure it is, and its block's number if it has one."""

    text: str
    rule: str
    confidence: float
    order: int | None = None


def find_title(meta: Metadata, seen: Survey, body: MainBody | None, url: str) -> Title | None:
    """The headline of a page, or None where it has none."""
    start = body.kept[0].order if body else len(seen.blocks)
    found = candidates(meta, seen, start)
    if not found:
        return None
    chances = load_trees("headlines").probabilities(
        headline_features(found, meta, seen, start, url)
    )
    best = found[int(chances.argmax())]
    order = best.block.order if best.block else None
    return Title(clean_line(best.text), best.rule, round(float(chances.max()), 3), order)
