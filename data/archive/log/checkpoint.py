"""Checkpoints: what a log says of its tree, signed (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from data.archive.log.merkle import HASH
from data.archive.log.notes import InvalidNote, Note, SigningKey, from_base64, parse_note

SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the log ``origin`` when it had ``size`` leaves, and the note that says so."""

    origin: str
    size: int
    root: bytes
    note: Note

    def encode(self) -> bytes:
        """The checkpoint as a file."""
        return self.note.encode()


def sign_checkpoint(key: SigningKey, size: int, root: bytes) -> Checkpoint:
    """A checkpoint, signed by the log whose key this is; its origin is the name of the key."""
    text = f"{key.name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(key.name, size, root, Note(text, (key.sign(text),)))


def parse_checkpoint(data: bytes, what: str = "the checkpoint") -> Checkpoint:
    """The checkpoint in a file, whoever signed it. Raises InvalidNote."""
    note = parse_note(data, what)
    origin, size, root = [*note.text.split("\n"), "", ""][:3]
    if not origin or not SIZE.fullmatch(size):
        raise InvalidNote(what, "it is no checkpoint of a log")
    found = from_base64(root, what)
    if len(found) != HASH:
        raise InvalidNote(what, "it is no checkpoint of a log")
    return Checkpoint(origin, int(size), found, note)
