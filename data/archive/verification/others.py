"""What others know of a log: a witness, a copy of its site, a checkpoint that somebody kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.archive.log.checkpoint import Checkpoint, parse_checkpoint
from data.archive.log.keys import KeyChain
from data.archive.log.notes import MOST, InvalidNote
from data.archive.log.remote import log_at, witness_at
from data.archive.log.witness import name_of
from data.errors import ArchiveError
from data.network.client import Outbound

NO_LOG: Final = "it is no checkpoint, log, HOME or witness: {}"

UNKNOWN: Final = "it knows nothing of this log, {}"


def known_checkpoint(place: str, origin: str, keys: KeyChain, client: Outbound) -> Checkpoint:
    """The checkpoint of the log ``origin`` that is kept at an address or a path.

    That is a file, the folder of a witness, or a copy of the log. Raises ArchiveError where there
    is none that the log signed, and OutboundError.
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
        raise ArchiveError(place, "what is there is not signed by a key of this log")
    return checkpoint


def _content(place: str, origin: str, client: Outbound) -> bytes:
    path = Path(place).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            # What has more is no checkpoint.
            return file.read(MOST + 1)
    try:
        return witness_at(place, client)(f"{name_of(origin)}/checkpoint")
    except (ArchiveError, FileNotFoundError):
        pass
    try:
        return log_at(place, client)("checkpoint")
    except FileNotFoundError as error:
        raise ArchiveError(place, UNKNOWN.format(origin)) from error
