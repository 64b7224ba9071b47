"""Journal records: each contains the decisions of one transaction as JSON in the archive."""

from collections.abc import Sequence
from typing import Final

import msgspec

from data.store.unit_of_work.decisions import AnyDecision

JOURNAL_FORMAT: Final = 1
"""Version of the record format. Increase it if earlier versions would misinterpret new records."""

JOURNAL: Final = "urn:communique:journal"
"""WARC-Target-URI of journal records."""

STORE: Final = "urn:communique:store"
"""WARC-Target-URI of records that contain a part of a store snapshot."""

FILES: Final = "urn:communique:file:"
"""Prefix of the WARC-Target-URI of an archived home directory file. The file's name follows it."""

JSON: Final = "application/json"
TOML: Final = "application/toml"
SQLITE: Final = "application/vnd.sqlite3"

_encode = msgspec.json.Encoder().encode

_decisions = msgspec.json.Decoder(list[AnyDecision])


class JournalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Content of a journal record: the decisions of one transaction, in order.

    ``after`` is the id of the previous committed record (empty in the first record). Records
    outside of this chain belong to transactions that were never committed.
    """

    decisions: Sequence[AnyDecision] = msgspec.field(name="events")
    after: str = ""
    format: int = JOURNAL_FORMAT


_decoder = msgspec.json.Decoder(JournalRecord)


def encode(record: JournalRecord) -> bytes:
    """Encode a journal record as JSON in UTF-8."""
    return _encode(record)


def encode_decisions(decisions: Sequence[AnyDecision]) -> bytes:
    """Encode decisions for storage in the database until they can be written to the archive."""
    return _encode(decisions)


def decode_decisions(block: bytes) -> list[AnyDecision]:
    """Decode decisions that `encode_decisions` encoded."""
    return _decisions.decode(block)


def decode(block: bytes) -> JournalRecord:
    """Decode the content of a journal record.

    Raises msgspec.DecodeError (or its ValidationError) if the content is invalid or its format is
    too new.
    """
    record = _decoder.decode(block)
    if record.format != JOURNAL_FORMAT:
        raise msgspec.ValidationError(
            f"the journal has format {record.format}, which needs a newer version of Communique"
        )
    return record
