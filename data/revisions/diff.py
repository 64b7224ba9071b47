"""Readable differences between two revisions: word by word, as text and as HTML."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby, islice, takewhile
from math import isqrt
from typing import Final, Literal, TypeAlias

from data.models import Content, ReplacedText
from data.revisions.alignment import ComparisonBudget, aligned, matched
from data.revisions.edits import moved_links, named_files, replaced_files, significant_changes
from data.text.words import UNSPACED

Kind: TypeAlias = Literal["same", "gone", "added"]

MAX_PAIRS: Final = 4_000_000
"""Maximum number of word pairs in two passages that are compared word by word."""

MAX_LINE_STEPS: Final = 2_000_000
"""Maximum number of line comparisons per diff. The limit applies to the whole text, and again to
the parts between lines that occur only once."""

MAX_WORD_STEPS: Final = 12_000_000
"""Maximum number of word comparisons per diff."""

COARSE: Final = "Some parts are too long to compare word by word and are shown as replaced."
"""Sentence that readers see below a diff if some passages were not compared word by word."""

MAX_FILE_CHARACTERS: Final = 200_000
"""Maximum number of characters of a replaced attachment that are compared."""

SHOWN_DIGITS: Final = 8
"""Number of digits of a file's digest shown in a diff."""

MAX_CONTEXT: Final[Mapping[Kind, int]] = {"same": 80, "gone": 300, "added": 300}
"""Maximum number of characters at each end of a passage in a shortened diff, by kind of passage."""

PIECE: Final = re.compile(
    rf"{UNSPACED.pattern}|\s+|\d+(?:[.,]\d+)*|[^\s!-/:-@\[-`{{-~\u2000-\u206f\u3000-\u303f\uff01-\uff0f]+|."
)
PARAGRAPH: Final = re.compile(r"\n{2,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of text that is unchanged, removed or added."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """Difference between two versions of a field: ``title``, ``body`` or ``attachments``.

    If ``is_coarse``, readers see the sentence `COARSE` below it.
    """

    field: str
    pieces: tuple[Piece, ...]
    is_coarse: bool = False

    @property
    def text(self) -> str:
        """Return the changed paragraphs as text, with ``[-removed-]`` and ``{+added+}`` parts."""
        return "\n\n".join("".join(map(_marked, part)) for part in self._differing())

    def brief(self, most: int) -> str:
        """Return the changed paragraphs as text of up to ``most`` characters.

        The middle of long passages is replaced by ``…``.
        """
        parts = (map(_marked, map(_shortened, part)) for part in self._differing())
        text = "\n\n".join(map("".join, parts))
        return text if len(text) <= most else text[: most - 1] + "…"

    @property
    def passages(self) -> int:
        """Return the number of changed paragraphs."""
        return sum(1 for _ in self._differing())

    def short_html(self, most: int) -> str:
        """Return the changed paragraphs as HTML of about ``most`` characters.

        A ``…`` shows where text was cut.
        """
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
        """Yield the passages of each changed paragraph."""
        for part in _paragraphs(self.pieces):
            if any(piece.kind != "same" for piece in part):
                yield part

    @property
    def html(self) -> str:
        """Return the whole field as escaped HTML, with changes in ``del`` and ``ins`` elements."""
        return "".join(map(_paragraph, _paragraphs(self.pieces)))

    @property
    def html_of_changes(self) -> str:
        """Return the changed paragraphs as HTML, with changes in ``del`` and ``ins`` elements."""
        return "".join(map(_paragraph, self._differing()))


def changes(old: Content, new: Content) -> tuple[FieldDiff, ...]:
    """Return the significant differences between two versions, one for each changed field."""
    found = []
    fields = significant_changes(old, new)
    if "title" in fields:
        found.append(compare("title", old.title, new.title))
    if "body" in fields:
        found.append(compare("body", old.body_text, new.body_text))
    if "attachments" in fields:
        found.append(attachment_diff(old, new))
    if "links" in fields:
        found.append(link_diff(old, new))
    return tuple(found)


def attachment_diff(old: Content, new: Content) -> FieldDiff:
    """Return the difference between the attachments of two versions.

    A replaced file is a removed and an added file with different digests.
    """
    before, after = named_files(old), named_files(new)
    changed = [[Piece("gone", before[name])] for name in sorted(before.keys() - after.keys())]
    changed += [[Piece("added", after[name])] for name in sorted(after.keys() - before.keys())]
    for url, digests in sorted(replaced_files(old, new).items()):
        first, second = (
            f"{url} (sha256 {digest.partition(':')[2][:SHOWN_DIGITS]})" for digest in digests
        )
        changed.append([Piece("gone", first), Piece("added", second)])
    parted = [piece for pieces in changed for piece in (Piece("same", "\n\n"), *pieces)]
    return FieldDiff("attachments", tuple(parted[1:]))


def link_diff(old: Content, new: Content) -> FieldDiff:
    """Return the difference between the addresses of links that lead to another page."""
    pieces: list[Piece] = []
    for text, (before, after) in moved_links(old, new).items():
        start = f"\n\n{text}: " if pieces else f"{text}: "
        pieces += Piece("same", start), Piece("gone", before), Piece("added", after)
    return FieldDiff("links", tuple(pieces))


def text_diff(replaced: ReplacedText) -> FieldDiff:
    """Return the difference between the texts of a replaced attachment.

    Only the beginning of long texts is compared.
    """
    texts = (text[:MAX_FILE_CHARACTERS] for text in (replaced.before, replaced.after))
    found = compare("attachment_text", *texts)
    is_cut = max(len(replaced.before), len(replaced.after)) > MAX_FILE_CHARACTERS
    return replace(found, is_coarse=found.is_coarse or is_cut)


def compare(field: str, old: str, new: str) -> FieldDiff:
    """Compare two texts of a field: first paragraphs, then the words of changed paragraphs.

    If some passages would take too many steps, they are replaced as a whole, and the result is
    coarse. The unchanged and removed passages together are ``old``; the unchanged and added
    passages together are ``new``. The time is linear in the length of both texts, at most a few
    seconds per MB.
    """
    before, after = (text.splitlines(keepends=True) for text in (old, new))
    words = ComparisonBudget(MAX_WORD_STEPS)
    pieces: list[Piece] = []
    for block in aligned(before, after, steps=MAX_LINE_STEPS):
        left, right = "".join(before[block.old]), "".join(after[block.new])
        pieces += [Piece("same", left)] if block.is_same else _words(left, right, words)
    return FieldDiff(field, tuple(_joined(_merged(pieces))), words.is_spent)


def _words(old: str, new: str, budget: ComparisonBudget) -> Iterator[Piece]:
    split = _split_both(old, new) if old and new else None
    if split is None:
        budget.is_spent |= bool(old and new)
        yield from (Piece("gone", old), Piece("added", new))
        return
    before, after = split
    for block in matched(before, after, budget):
        left, right = "".join(before[block.old]), "".join(after[block.new])
        if block.is_same:
            yield Piece("same", left)
        else:
            yield from (Piece("gone", left), Piece("added", right))


def _split_both(old: str, new: str) -> tuple[list[str], list[str]] | None:
    """Return the words of both texts, or None if they have more than MAX_PAIRS pairs of words."""
    sides = _split(old), _split(new)
    before, after = (list(islice(side, isqrt(MAX_PAIRS))) for side in sides)
    before += islice(sides[0], MAX_PAIRS // len(after) - len(before) + 1)
    after += islice(sides[1], MAX_PAIRS // len(before) - len(after) + 1)
    return (before, after) if len(before) * len(after) <= MAX_PAIRS else None


def _split(text: str) -> Iterator[str]:
    """Yield the words, spaces and punctuation of a text, with combining marks on their letters."""
    current: list[str] = []
    for found in PIECE.finditer(text):
        piece = found[0]
        if current and unicodedata.category(piece[0])[0] != "M":
            yield "".join(current)
            current = []
        current.append(piece)
    if current:
        yield "".join(current)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join adjacent unchanged passages."""
    for is_same, run in groupby(pieces, lambda piece: piece.kind == "same"):
        if is_same:
            yield Piece("same", "".join(piece.text for piece in run))
        else:
            yield from run


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Merge adjacent passages of the same kind. Removed passages come before added passages."""
    gone: list[str] = []
    added: list[str] = []
    for piece in pieces:
        if piece.kind == "same" and piece.text.isspace() and (any(gone) or any(added)):
            # A space between two changes would split one change into many.
            gone.append(piece.text)
            added.append(piece.text)
        elif piece.kind == "same" and piece.text:
            yield from _change("".join(gone), "".join(added))
            gone, added = [], []
            yield piece
        elif piece.kind == "gone":
            gone.append(piece.text)
        else:
            added.append(piece.text)
    yield from _change("".join(gone), "".join(added))


def _change(gone: str, added: str) -> Iterator[Piece]:
    # White space at the end of both passages is unchanged.
    tail = min(len(gone) - len(gone.rstrip()), len(added) - len(added.rstrip()))
    shared = zip(
        reversed(gone[len(gone) - tail :]), reversed(added[len(added) - tail :]), strict=True
    )
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], shared))
    kinds: tuple[tuple[Kind, str], ...] = (("gone", gone), ("added", added))
    for kind, text in kinds:
        if text[: len(text) - same]:
            yield Piece(kind, text[: len(text) - same])
    if same:
        yield Piece("same", gone[len(gone) - same :])


def _paragraphs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Group passages by paragraph. Blank lines in any passage separate paragraphs."""
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
    near, text = MAX_CONTEXT[piece.kind], piece.text
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
