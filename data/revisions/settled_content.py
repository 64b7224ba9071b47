"""The content of a single page without its noise, ready to be stored as a version."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

import msgspec

from data.models import Content
from data.revisions.alignment import aligned
from data.revisions.edits import DOCUMENT, file_name
from data.revisions.noise import NoiseState, Settled, settle
from data.revisions.page_lines import MAX_STEPS

TITLE_MARK: Final = "\x01"
FILE_MARK: Final = "\x02"
"""First characters of lines that are the title or the address of a file. No text contains them,
because data.text.clean removes them."""

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
    day of the visit. The HTML of a changed version is that of the page, including noise.
    """
    lines = compared_lines(new)
    found = settle(compared_lines(known), lines, decoded(state), day)
    content = _content(known, new, found) if found.accepted else known
    differs = [*found.lines] != lines
    text = _encode(found.state).decode()
    return SettledContent(content, text, found.waits, differs, found.is_restless)


def decoded(state: str | None) -> NoiseState:
    """Return the state in a JSON text, or an empty one if the text is invalid."""
    try:
        return msgspec.json.decode(state or "", type=NoiseState)
    except msgspec.DecodeError:
        return NoiseState()


def compared_lines(content: Content) -> list[str]:
    """Return the lines that are compared: the title, text and files of a page."""
    text = [line for line in content.body_text.split("\n") if line.strip()]
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
    """Join lines to a text, with blank lines in the same places as in the new or known text."""
    ends = [*_ends(new)]
    stored = dict(_ends(known))
    parts = []
    for block in aligned(lines, [line for line, _ in ends], steps=MAX_STEPS):
        near = [end for _, end in ends[block.new]]
        for line, end in zip_longest(lines[block.old], near[: block.old.stop - block.old.start]):
            other = None if block.is_same else stored.get(line)
            parts.append(line + (other or end or "\n"))
    return "".join(parts).rstrip("\n")


def _ends(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line that is not blank, with the line breaks that follow it."""
    last, size = "", 0
    for line in text.split("\n"):
        if line.strip():
            if last:
                yield last, "\n" * size
            last, size = line, 0
        size += 1
    if last:
        yield last, "\n" * size
