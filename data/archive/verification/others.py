"""Finds checkpoints of a log at other places: a witness, a copy of its site, a stored file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.archive.log.checkpoint import Checkpoint, parse_checkpoint
from data.archive.log.keys import KeyChain
from data.archive.log.notes import MAX_NOTE_BYTES, InvalidNote
from data.archive.log.remote import log_at, witness_at
from data.archive.log.witness import name_of
from data.errors import ArchiveError
from data.network.client import Outbound

NO_LOG: Final = "it is not a checkpoint, log, HOME or witness: {}"

UNKNOWN: Final = "it has no checkpoint of this log, {}"


def known_checkpoint(place: str, origin: str, keys: KeyChain, client: Outbound) -> Checkpoint:
    """Return the checkpoint of the log ``origin`` that is stored at an address or path.

    The place is a file, a witness's folder, or a copy of the log. Raises OutboundError, and
    ArchiveError if there is no checkpoint signed by the log.
    """
    content = _content(place, origin, client)
    try:
        checkpoint = parse_checkpoint(content, place)
        signed = keys.signatures(checkpoint)
    except InvalidNote as error:
        raise ArchiveError(place, NO_LOG.format(error.cause)) from error
    if checkpoint.origin != origin:
        raise ArchiveError(place, UNKNOWN.format(origin))
    if not signed:
        raise ArchiveError(place, "the checkpoint there is not signed by a key of this log")
    return checkpoint


def _content(place: str, origin: str, client: Outbound) -> bytes:
    path = Path(place).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            # A larger file is not a checkpoint.
            return file.read(MAX_NOTE_BYTES + 1)
    try:
        return witness_at(place, client)(f"{name_of(origin)}/checkpoint")
    except (ArchiveError, FileNotFoundError):
        pass
    try:
        return log_at(place, client)("checkpoint")
    except FileNotFoundError as error:
        raise ArchiveError(place, UNKNOWN.format(origin)) from error
