"""Time stamps of checkpoints by an authority (RFC 3161): the tree existed at that time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    decode_timestamp_response,
)

from data.archive.log.attestations import Attestations, signed_by_log
from data.archive.log.checkpoint import Checkpoint
from data.archive.log.tree_log import TreeLog
from data.errors import ArchiveError
from data.network.client import OK, Outbound

QUERY: Final = {"content-type": "application/timestamp-query"}

GRANTED: Final = {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}


def stamp(log: TreeLog, authority: str, client: Outbound) -> Checkpoint | None:
    """Have the last checkpoint of a log time-stamped; None if it already is.

    The response is stored. The certificate is not checked here; ``openssl ts -verify`` checks it.
    Raises OutboundError, and ArchiveError if the response does not match the request.
    """
    checkpoint = log.checkpoint()
    if checkpoint is None or Attestations(log.folder).timestamp(checkpoint.size) is not None:
        return None
    stamped = Attestations(log.folder).checkpoint(checkpoint.size) or checkpoint
    content = signed_by_log(stamped)
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = asyncio.run(client.ask("POST", authority, QUERY, request.as_bytes()))
    if answer.status != OK:
        raise ArchiveError(authority, f"the time-stamp authority answered {answer.status}")
    try:
        response = decode_timestamp_response(answer.body)
    except ValueError as error:
        raise ArchiveError(authority, f"its response is not a time stamp ({error})") from error
    check(response, authority, content, request.nonce)
    log.add_timestamp(stamped, answer.body)
    return stamped


def check(response: TimeStampResponse, authority: str, content: bytes, nonce: int | None) -> None:
    """Raise ArchiveError if a response does not match the request."""
    if response.status not in GRANTED:
        status = " ".join(response.status_string)
        raise ArchiveError(
            authority, f"the authority gave no time stamp: {response.status} {status}"
        )
    token = response.tst_info
    if token.message_imprint.message != hashlib.sha256(content).digest() or token.nonce != nonce:
        raise ArchiveError(authority, "its time stamp does not match the request")


def stamped_digest(answer: bytes) -> bytes:
    """Return the time-stamped SHA-256 of a response. Raises ArchiveError if it is invalid."""
    try:
        return decode_timestamp_response(answer).tst_info.message_imprint.message
    except ValueError as error:
        raise ArchiveError("the time stamp", f"it can't be read ({error})") from error
