"""The content of a single page without its noise, ready to be stored as a version."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Final

import msgspec
from msgspec.structs import replace as replace_fields

from data.models import Content
from data.revisions.alignment import aligned
from data.revisions.edits import DOCUMENT, file_name, moved_links
from data.revisions.noise import NoiseState, Settled, settle, visits_needed
from data.revisions.page_lines import MAX_LINE_COMPARISONS, Difference
from data.revisions.places import after_visit

TITLE_MARK: Final = "\x01"
"""First character of a line with the title. data.text.clean removes this character from texts."""
FILE_MARK: Final = "\x02"
"""First character of a line with a file's address. data.text.clean removes it from texts."""

GAP: Final = re.compile(
    r"(?<=[^\W\d_]{3}[.!?…])\s++(?!\d)"
    r"|(?<=[。！？।؟])\s*+"
    r"|(?<!\s)\s++(?=[|·•] )"
    r"|(?<!\s)[^\S\n]*+\n\s*+"
)
"""Pattern that matches the gap after a compared line: after a sentence, before a separator, or at
the end of a line. A period after a number or a short word may be a part of a date."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class SettledContent:
    """The content to store, and the new state of the page as JSON text.

    ``waits`` is true if the next visit may confirm a change, and ``differs`` if the page differs
    from the content. ``is_restless`` is true if most of the page changes at every visit.
    """

    content: Content
    state: str
    waits: bool
    differs: bool
    is_restless: bool


def settled_content(
    known: Content, new: Content, state: str | None, day: dt.date
) -> SettledContent:
    """Return the content of a page with only its stable changes.

    ``state`` is the last state of the page, or None. An invalid state is relearned. ``day`` is the
    day of the visit. A changed version gets the page's HTML, including noise.
    """
    lines, last = compared_lines(new), decoded(state)
    found = settle(compared_lines(known), lines, last, day)
    moved = moved_links(known, new)
    links = [Difference(0, 0, 0, str(sorted(moved.items())), "")] if moved else []
    place = after_visit(last.links, links, {}, day.toordinal())
    has_moved = bool(moved) and place.streak >= visits_needed(place, learning=False)
    waits = found.waits or (bool(moved) and not has_moved and not place.turns)
    content = _content(known, new, found) if found.accepted or has_moved else known
    if content is not known:
        place = replace_fields(place, value="", streak=0)
    text = _encode(replace_fields(found.state, links=place)).decode()
    differs = [*found.lines] != lines or (bool(moved) and content is known)
    return SettledContent(content, text, waits, differs, found.is_restless)


def decoded(state: str | None) -> NoiseState:
    """Return the state in a JSON text, or an empty state if the text is invalid."""
    try:
        return msgspec.json.decode(state or "", type=NoiseState)
    except msgspec.DecodeError:
        return NoiseState()


def compared_lines(content: Content) -> list[str]:
    """Return the lines that are compared: the title, the sentences and the files of a page.

    Sentences are compared as lines of their own, so that a change beside a rotating text is found.
    """
    text = [line for line, _ in _ends(content.body_text)]
    files = [FILE_MARK + key for key in _files(content)]
    return [TITLE_MARK + content.title, *text, *files]


def _files(content: Content) -> dict[str, int]:
    """Map the address of each attachment to its position.

    For a document, the address is followed by its length.
    """
    is_document = content.body_rule == DOCUMENT
    return {
        f"{file_name(one.url)} {one.length if is_document else ''}".rstrip(): at
        for at, one in enumerate(content.attachments)
    }


def _content(known: Content, new: Content, found: Settled) -> Content:
    title = next((line[1:] for line in found.lines if line.startswith(TITLE_MARK)), known.title)
    text = [line for line in found.lines if line[:1] not in {TITLE_MARK, FILE_MARK}]
    files = {line[1:] for line in found.lines if line.startswith(FILE_MARK)}
    shown = {key: one.attachments[at] for one in (known, new) for key, at in _files(one).items()}
    return replace(
        new,
        title=title,
        body_text=_joined(text, known.body_text, new.body_text),
        attachments=tuple(media for key, media in shown.items() if key in files),
    )


def _joined(lines: list[str], known: str, new: str) -> str:
    """Join lines to a text, with the line breaks of the new text or of the known text.

    A line that the new text does not contain keeps its line breaks in the known text.
    """
    ends = [*_ends(new)]
    stored: dict[str, list[str]] = {}
    for line, end in reversed([*_ends(known)]):
        stored.setdefault(line, []).append(end)
    parts = []
    for block in aligned(lines, [line for line, _ in ends], steps=MAX_LINE_COMPARISONS):
        near = [end for _, end in ends[block.new]]
        for line, end in zip_longest(lines[block.old], near[: block.old.stop - block.old.start]):
            own = stored[line].pop() if stored.get(line) else None
            other = None if block.is_same else own
            parts.append(line + next(one for one in (other, end, "\n") if one is not None))
    return "".join(parts).rstrip("\n")


def _ends(text: str) -> Iterator[tuple[str, str]]:
    """Yield each compared line of a text, with the line breaks or blank lines after it."""
    start = 0
    for gap in chain(GAP.finditer(text), [None]):
        end, after = gap.span() if gap else (len(text), len(text))
        if line := text[start:end].strip():
            yield line, gap.group() if gap else "\n"
        start = after
