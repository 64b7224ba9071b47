"""What differs between two revisions, for people to read: word by word, as text and as HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from data.models import Content, Revision
from data.revisions.edits import named_files, significant_changes
from data.text.words import UNSPACED

Kind: TypeAlias = Literal["same", "gone", "added"]

MOST_PAIRS: Final = 4_000_000
"""Pairs of words up to which two passages are compared word by word: a bound on time."""

NEAR: Final[Mapping[Kind, int]] = {"same": 80, "gone": 300, "added": 300}
"""Characters that a brief account keeps at both ends of a passage of each kind."""

PIECE: Final = re.compile(
    rf"{UNSPACED.pattern}|\s+|\d+(?:[.,]\d+)*|[^\s!-/:-@\[-`{{-~\u2000-\u206f\u3000-\u303f\uff01-\uff0f]+|."
)
PARAGRAPH: Final = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """What differs in one field: ``title``, ``body`` or ``attachments``."""

    field: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The passages that differ, as text: ``[-gone-]`` and ``{+added+}``, the rest left out."""
        return "\n\n".join("".join(map(_marked, part)) for part in self._differing())

    def brief(self, most: int) -> str:
        """The same in ``most`` characters: long passages have ``…`` in their midst."""
        parts = (map(_marked, map(_shortened, part)) for part in self._differing())
        text = "\n\n".join(map("".join, parts))
        return text if len(text) <= most else text[: most - 1] + "…"

    @property
    def passages(self) -> int:
        """In how many paragraphs something went or came."""
        return sum(1 for _ in self._differing())

    def short_html(self, most: int) -> str:
        """The same as HTML, of about ``most`` characters of text: the rest ends in ``…``."""
        parts, left = [], most
        for part in self._differing():
            pieces = []
            for piece in map(_shortened, part):
                cut = piece.text if len(piece.text) <= left else piece.text[:left] + "…"
                pieces.append(_tagged(Piece(piece.kind, cut)))
                left -= len(cut)
                if left <= 0:
                    break
            parts.append("".join(pieces))
            if left <= 0:
                break
        return "<br>".join(parts)

    def _differing(self) -> Iterator[list[Piece]]:
        """The paragraphs in which something went or came."""
        for part in _paragraphs(self.pieces):
            if any(piece.kind != "same" for piece in part):
                yield part

    @property
    def html(self) -> str:
        """The whole field as HTML: ``del`` and ``ins`` around what differs, all else escaped."""
        return "".join(map(_paragraph, _paragraphs(self.pieces)))

    @property
    def html_of_changes(self) -> str:
        """The same of those paragraphs alone in which something differs."""
        return "".join(map(_paragraph, self._differing()))


@dataclass(frozen=True, slots=True)
class Edit:
    """The step from one revision of a release to the next."""

    before: Revision
    after: Revision

    @property
    def changes(self) -> tuple[FieldDiff, ...]:
        """What readers would care about, field by field."""
        return changes(self.before.content, self.after.content)


def edits(revisions: Iterable[Revision]) -> tuple[Edit, ...]:
    """The steps between revisions, oldest first."""
    return tuple(Edit(before, after) for before, after in pairwise(revisions))


def changes(old: Content, new: Content) -> tuple[FieldDiff, ...]:
    """What differs between two versions in a way that readers would care about."""
    found = []
    fields = significant_changes(old, new)
    if "title" in fields:
        found.append(FieldDiff("title", compare(old.title, new.title)))
    if "body" in fields:
        found.append(FieldDiff("body", compare(old.body_text, new.body_text)))
    if "attachments" in fields:
        before, after = named_files(old), named_files(new)
        pieces = [Piece("gone", before[name]) for name in sorted(before.keys() - after.keys())]
        pieces += [Piece("added", after[name]) for name in sorted(after.keys() - before.keys())]
        parted = [piece for one in pieces for piece in (Piece("same", "\n\n"), one)]
        found.append(FieldDiff("attachments", tuple(parted[1:])))
    return tuple(found)


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """The pieces of two texts: those that stay make both, with the gone the old, else the new.

    Paragraphs are aligned first, then the words of those that differ.
    """
    before, after = _lines(old), _lines(new)
    pieces: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, stop in matcher.get_opcodes():
        left, right = "".join(before[first:last]), "".join(after[start:stop])
        pieces += [Piece("same", left)] if tag == "equal" else _words(left, right)
    merged: list[Piece] = []
    for piece in _merged(pieces):
        if merged and merged[-1].kind == piece.kind == "same":
            merged[-1] = Piece("same", merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return tuple(merged)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _words(old: str, new: str) -> Iterator[Piece]:
    before, after = _split(old), _split(new)
    if not old or not new or len(before) * len(after) > MOST_PAIRS:
        yield Piece("gone", old)
        yield Piece("added", new)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, stop in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[first:last]))
        else:
            yield Piece("gone", "".join(before[first:last]))
            yield Piece("added", "".join(after[start:stop]))


def _split(text: str) -> list[str]:
    """The words, spaces and signs of a text; a combining mark stays with its letter."""
    found: list[str] = []
    for piece in PIECE.findall(text):
        if found and unicodedata.category(piece[0])[0] == "M":
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same pieces, those of one kind in a row as one, what is gone before what is added."""
    gone = added = ""
    for piece in pieces:
        if piece.kind == "same" and piece.text.isspace() and (gone or added):
            # A space between two changes would only break one change into many.
            gone, added = gone + piece.text, added + piece.text
        elif piece.kind == "same" and piece.text:
            yield from _change(gone, added)
            gone = added = ""
            yield piece
        elif piece.kind == "gone":
            gone += piece.text
        else:
            added += piece.text
    yield from _change(gone, added)


def _change(gone: str, added: str) -> Iterator[Piece]:
    # Space that stands at the end of both stays.
    tail = len(gone) - len(gone.rstrip())
    while tail and not added.endswith(gone[len(gone) - tail :]):
        tail -= 1
    space = gone[len(gone) - tail :]
    for kind, text in (("gone", gone), ("added", added)):
        if text[: len(text) - tail]:
            yield Piece(kind, text[: len(text) - tail])  # type: ignore[arg-type]  # of the pair
    if space:
        yield Piece("same", space)


def _paragraphs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """The pieces by paragraph: blank lines part them, whatever kind they are of."""
    current: list[Piece] = []
    for piece in pieces:
        first, *others = PARAGRAPH.split(piece.text)
        current += [Piece(piece.kind, first)] if first else []
        for text in others:
            if current:
                yield current
            current = [Piece(piece.kind, text)] if text else []
    if current:
        yield current


def _shortened(piece: Piece) -> Piece:
    near, text = NEAR[piece.kind], piece.text
    if len(text) <= 2 * near:
        return piece
    return Piece(piece.kind, f"{text[:near]} … {text[-near:]}")


def _marked(piece: Piece) -> str:
    return {"same": "{}", "gone": "[-{}-]", "added": "{{+{}+}}"}[piece.kind].format(piece.text)


def _paragraph(pieces: Iterable[Piece]) -> str:
    return f"<p>{''.join(map(_tagged, pieces))}</p>"


def _tagged(piece: Piece) -> str:
    text = escape(piece.text, quote=False).replace("\n", "<br>")
    tag = {"same": "", "gone": "del", "added": "ins"}[piece.kind]
    return f"<{tag}>{text}</{tag}>" if tag else text
