"""Journal records: the decisions of one transaction each, as JSON in the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from data.store.unit_of_work.decisions import AnyEvent

FORMAT: Final = 1
"""Version of the record format. Increase it if earlier versions would misread a record."""

JOURNAL: Final = "urn:communique:journal"
"""WARC-Target-URI of journal records."""

STORE: Final = "urn:communique:store"
"""WARC-Target-URI of records that contain pieces of a snapshot of the store."""

FILES: Final = "urn:communique:file:"
"""Prefix of the WARC-Target-URI of a home directory's file, followed by its name."""

JSON: Final = "application/json"
TOML: Final = "application/toml"
SQLITE: Final = "application/vnd.sqlite3"


class JournalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Content of a journal record: the events of one transaction, in order.

    ``after`` is the id of the previous committed record, empty for the first record. A record that
    is not in the chain of the last record was written, but its transaction was never committed.
    """

    events: Sequence[AnyEvent]
    after: str = ""
    format: int = FORMAT


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(JournalRecord)
_events = msgspec.json.Decoder(list[AnyEvent])


def encode(record: JournalRecord) -> bytes:
    """Return the block of a record: JSON in UTF-8."""
    return _encode(record)


def encode_events(told: Sequence[AnyEvent]) -> bytes:
    """Encode events that can't be written to the archive yet, for storage in the database."""
    return _encode(told)


def decode_events(block: bytes) -> list[AnyEvent]:
    """Decode the result of `encode_events`."""
    return _events.decode(block)


def decode(block: bytes) -> JournalRecord:
    """Decode the content of a journal record.

    Raises msgspec.DecodeError (or its ValidationError) if it is invalid or has a later format.
    """
    record = _decoder.decode(block)
    if record.format != FORMAT:
        raise msgspec.ValidationError(
            f"its format is {record.format}, which needs a newer version of Communique"
        )
    return record
