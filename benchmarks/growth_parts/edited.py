"""Functions that decide how a new version of a release differs from the previous one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Final

from benchmarks.growth_parts.setting import NOW, READING, content_of, draft_of, page_of, release_of
from data.identity.decision import decide, decide_reextraction
from data.identity.matching import DraftSignature, keys_of
from data.revisions.diff import changes, compare
from data.revisions.edit_classes import classify
from data.revisions.edits import fingerprint, significant_changes
from data.revisions.extraction_drift import TwoReadings, compare_readings
from data.stories.copies import likeness
from data.text.html_text import paragraphs
from data.text.similarity import signature
from spiders.crawl.drafts.layout_change import LayoutChange, passages
from spiders.crawl.drafts.page_sketch import shown_on

SKETCHES: Final = (bytes(range(200)), bytes(range(255, 55, -1)))


def edited(text: str) -> str:
    """A text without each fifth of its pieces."""
    pieces = text.split("\n\n") if "\n\n" in text else text.split(" ")
    joint = "\n\n" if "\n\n" in text else " "
    return joint.join(one for n, one in enumerate(pieces) if n % 5) or text[::2]


def differences(text: str) -> object:
    """Write the difference of two versions."""
    found = changes(content_of(text), content_of(edited(text)))
    return [(one.brief(2000), one.html, one.short_html(600)) for one in found]


def comparisons(text: str) -> object:
    """Compare two texts that differ everywhere."""
    return compare("body", text, text[::-1])


def edits(text: str) -> object:
    """Tell whether readers would care about a difference."""
    old, new = content_of(text, paragraphs(text)), content_of(edited(text), text)
    return significant_changes(old, new), fingerprint(old), classify(old, new)


def decisions(text: str) -> object:
    """Decide what a draft of a known release changed."""
    known = release_of(text, f"<p>{escape(text)}</p>")
    draft = draft_of(edited(text), f"<p><a href=/a>{escape(edited(text))}</a></p>")
    return decide(draft, known, NOW), decide_reextraction(draft, known), keys_of(draft)


def signatures(text: str) -> object:
    """Compare a draft with releases at other addresses."""
    DraftSignature(draft_of(text))
    return likeness(signature(text), signature(edited(text)))


def layout_changes(text: str) -> object:
    """Part what a design changed from what a publisher changed."""
    change = LayoutChange(READING, lambda _: SKETCHES[0])
    known = release_of(text)
    draft = replace(draft_of(edited(text)), skeleton=SKETCHES[1])
    change.note(draft, known, shown_on(page_of(f"<p>{escape(text)}</p>")))
    return change.split(draft), passages(text, edited(text))


def extractions(text: str) -> object:
    """Compare what two versions of the rules read."""
    old, new = content_of(text), content_of(edited(text))
    return compare_readings([TwoReadings("http://h.example/1", old, new, old)]).is_mass_change


EDITED: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one
    for one in (differences, comparisons, edits, decisions, signatures, layout_changes, extractions)
}
