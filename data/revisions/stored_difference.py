"""Encoded differences between versions, without the texts of the versions.

The lengths of unchanged, removed and added passages are stored when a version is recorded. The
texts are taken from the stored versions, so a redacted text leaves no copy in a difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, pairwise
from typing import Final

import msgspec

from data.models import NO_EDIT, Content, EditClasses, Revision
from data.revisions.diff import (
    FieldDiff,
    Kind,
    Piece,
    attachment_diff,
    changes,
    link_diff,
    text_diff,
)
from data.revisions.edit_classes import classify

KINDS: Final[tuple[Kind, ...]] = ("same", "gone", "added")

DIGEST_BYTES: Final = 16


class FieldSteps(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Difference in one field: alternating kinds (indexes of `KINDS`) and lengths in characters."""

    field: str
    steps: tuple[int, ...]
    is_coarse: bool


class StoredDifference(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Differences in all changed fields. ``digest`` identifies the two compared versions.

    ``edit`` contains the classes of the edit.
    """

    digest: str
    fields: tuple[FieldSteps, ...]
    edit: EditClasses = NO_EDIT


_decoder = msgspec.json.Decoder(StoredDifference)


@dataclass(frozen=True, slots=True)
class Edit:
    """Change from a version of a release to the next version."""

    before: Revision
    after: Revision

    @property
    def changes(self) -> tuple[FieldDiff, ...]:
        """Return the significant differences, one per changed field."""
        return changes_between(self.before, self.after)

    @property
    def classes(self) -> EditClasses:
        """Return the classes of the edit."""
        return classes_between(self.before, self.after)


def edits(revisions: Iterable[Revision]) -> tuple[Edit, ...]:
    """Return the changes between successive revisions, oldest first."""
    return tuple(Edit(before, after) for before, after in pairwise(revisions))


def encode_difference(old: Content, new: Content) -> str:
    """Encode the difference between two versions for the store, as JSON of `StoredDifference`."""
    found = tuple(FieldSteps(one.field, steps_of(one), one.is_coarse) for one in changes(old, new))
    edit = classify(old, new)
    return msgspec.json.encode(StoredDifference(digest_of(old, new), found, edit)).decode()


def steps_of(difference: FieldDiff) -> tuple[int, ...]:
    """Return the kinds and lengths of the passages in a field's difference.

    For attachments, the result is empty, because they are compared when the difference is read.
    """
    if difference.field in {"attachments", "links"}:
        return ()
    pairs = ((KINDS.index(piece.kind), len(piece.text)) for piece in difference.pieces)
    return tuple(chain.from_iterable(pairs))


def changes_between(before: Revision, after: Revision) -> tuple[FieldDiff, ...]:
    """Return the significant differences between two versions.

    The stored difference is used if it belongs to these two versions. Otherwise, the difference is
    computed. The differences between the texts of replaced attachments come last.
    """
    old, new = before.content, after.content
    texts = tuple(map(text_diff, after.replaced))
    if stored := _stored(before, after):
        return (*(decoded(one, old, new) for one in stored.fields), *texts)
    return (*changes(old, new), *texts)


def classes_between(before: Revision, after: Revision) -> EditClasses:
    """Return the classes of an edit, which are stored or computed like its difference.

    New extractions of the same page and redactions are not edits and have no classes.
    """
    if after.reason == "reading":
        return NO_EDIT
    stored = _stored(before, after)
    return stored.edit if stored else classify(before.content, after.content)


def stored_classes(difference: str) -> EditClasses:
    """Return the classes in an encoded difference."""
    return _decoder.decode(difference).edit


def _stored(before: Revision, after: Revision) -> StoredDifference | None:
    """Return the stored difference if it belongs to these two versions, or None."""
    stored = _decoder.decode(after.difference) if after.difference else None
    is_current = stored and stored.digest == digest_of(before.content, after.content)
    return stored if is_current else None


def decoded(stored: FieldSteps, old: Content, new: Content) -> FieldDiff:
    """Return the difference of one field, with the texts of both versions."""
    match stored.field:
        case "attachments":
            return attachment_diff(old, new)
        case "links":
            return link_diff(old, new)
        case "title":
            pieces = pieces_of(stored.steps, old.title, new.title)
        case _:
            pieces = pieces_of(stored.steps, old.body_text, new.body_text)
    return FieldDiff(stored.field, tuple(pieces), stored.is_coarse)


def pieces_of(steps: tuple[int, ...], old: str, new: str) -> Iterator[Piece]:
    """Yield passages of two texts, according to stored kinds and lengths."""
    left = right = 0
    for place, length in zip(steps[::2], steps[1::2], strict=True):
        kind = KINDS[place]
        text = new[right : right + length] if kind == "added" else old[left : left + length]
        left += 0 if kind == "added" else length
        right += 0 if kind == "gone" else length
        yield Piece(kind, text)


def digest_of(old: Content, new: Content) -> str:
    """Return a digest of everything that determines the difference between two versions."""
    found = blake2b(digest_size=DIGEST_BYTES)
    for one in (old, new):
        files = (f"{media.url} {media.length}" for media in one.attachments)
        for part in (one.title, one.body_text, one.body_html, one.body_rule, *files):
            encoded = part.encode("utf-8", "surrogatepass")
            found.update(b"%d:" % len(encoded))
            found.update(encoded)
        found.update(b"/")
    return found.hexdigest()
