"""Signed checkpoints of a log's tree (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from data.archive.log.merkle import HASH_BYTES
from data.archive.log.notes import InvalidNote, SignedNote, SigningKey, from_base64, parse_note

SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
"""Size of a tree in decimal digits, without leading zeros."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the log ``origin`` with ``size`` leaves, and the note that signs it."""

    origin: str
    size: int
    root: bytes
    note: SignedNote

    def encode(self) -> bytes:
        """Return the checkpoint as a file."""
        return self.note.encode()


def sign_checkpoint(key: SigningKey, size: int, root: bytes) -> Checkpoint:
    """Create a checkpoint signed with a log's key; its origin is the key's name."""
    text = f"{key.name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(key.name, size, root, SignedNote(text, (key.sign(text),)))


def parse_checkpoint(data: bytes, what: str = "the checkpoint") -> Checkpoint:
    """Parse a checkpoint with any signatures. Raises InvalidNote."""
    note = parse_note(data, what)
    origin, size, root = [*note.text.split("\n"), "", ""][:3]
    if not origin or not SIZE.fullmatch(size):
        raise InvalidNote(what, "it is not a checkpoint of a log")
    found = from_base64(root, what)
    if len(found) != HASH_BYTES:
        raise InvalidNote(what, "it is not a checkpoint of a log")
    return Checkpoint(origin, int(size), found, note)
