"""Signed notes about removed or excluded records, with their leaf numbers and the reason.

Each note is a metadata record with its own leaf, signed by the log's key. A removed record keeps
its leaf. So a removal can't be hidden, and only the owner of the log's key can explain it.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from data.archive.log.notes import InvalidNote, SignedNote, SigningKey, VerifierKey, parse_note

REMOVAL: Final = "urn:communique:removal"
"""WARC-Target-URI of the metadata records with notes about removals."""

TEXT: Final = "text/plain"

FIRST: Final = "removal"
"""First line of notes about removals, which distinguishes them from other notes of the log."""

WHAT: Final = "it is a note about a removal"
UNSIGNED: Final = "no key of the log signed it, so it explains nothing"

SET_ASIDE: Final = "set-aside"
"""Kind of a note about records that remain in their files but no longer count as evidence."""

_encode = msgspec.json.Encoder().encode


class Removal(msgspec.Struct, frozen=True, omit_defaults=True):
    """The leaves of records that a command removed or excluded as evidence, and the reason.

    ``kind`` is the command. ``leaves`` contains ranges of leaf numbers (first and last).
    """

    kind: Literal["redact", "prune", "set-aside"]
    why: str
    leaves: Sequence[tuple[int, int]] = ()


_decode = msgspec.json.Decoder(Removal).decode


def encode(removal: Removal, key: SigningKey) -> bytes:
    """Return the content of a metadata record about a removal: a note signed with the log's key."""
    text = f"{key.name}\n{FIRST}\n{_encode(removal).decode()}\n"
    return SignedNote(text, (key.sign(text),)).encode()


def decode(block: bytes, keys: Sequence[VerifierKey]) -> Removal:
    """Parse a note about a removal. Raises InvalidNote if it is not signed by one of these keys."""
    note = parse_note(block, WHAT, most=len(block))
    origin = note.text.partition("\n")[0]
    if not any(key.name == origin and note.signed_by(key) for key in keys):
        raise InvalidNote(WHAT, UNSIGNED)
    _, first, text = [*note.text.split("\n", 2), "", ""][:3]
    if first != FIRST:
        raise InvalidNote(WHAT, UNSIGNED)
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        raise InvalidNote(WHAT, f"the note can't be read: {error}") from error


def leaves_of(removal: Removal, highest: int) -> set[int]:
    """Return the leaf numbers of a removal, up to ``highest``."""
    return {
        number
        for first, last in removal.leaves
        for number in range(max(0, first), min(last, highest) + 1)
    }


def runs(leaves: Sequence[int]) -> list[tuple[int, int]]:
    """Combine sorted numbers into ranges, and return the first and last number of each range."""
    found: list[tuple[int, int]] = []
    for leaf in sorted(leaves):
        if found and leaf == found[-1][1] + 1:
            found[-1] = found[-1][0], leaf
        else:
            found.append((leaf, leaf))
    return found
