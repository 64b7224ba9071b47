"""Requests for attestations of our log: cosignatures of witnesses, and time stamps (RFC 3161).

A witness of the public network receives our checkpoint by POST add-checkpoint (C2SP tlog-witness).
A witness that is another Communique instance fetches our log and publishes its signature. We read
this signature over HTTP or from a folder. A time stamp proves when the tree existed.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    decode_timestamp_response,
)

from data.archive.log.attestations import Attestations, signed_by_log
from data.archive.log.merkle_tree import Read, consistency_proof, read_file
from data.archive.log.notes import (
    SIZE,
    Checkpoint,
    SignedNote,
    VerifierKey,
    parse_checkpoint,
    parse_key,
    parse_signatures,
)
from data.archive.log.tree_log import TreeLog
from data.archive.log.witness import log_folder_name
from data.errors import ArchiveError
from data.network.client import OK, Outbound, OutboundResponse

LOG_BELOW: Final = ("", "log", "site/log", "archive/log")
"""Paths where a log may be, relative to the given address or path."""

WITNESS_BELOW: Final = ("", "witness", "site/witness")
"""Paths where a witness's published files may be, relative to the given address or path."""

GONE_STATUSES: Final = {404, 410}

CONFLICT: Final = 409

UNSUPPORTED_STATUS: Final = {404, 405, 501}
"""Status codes of a witness that accepts no checkpoints, or none from this log."""

WITNESS_AHEAD_MESSAGE: Final = (
    "the witness {} saw {} leaves of this log, which has {} now: the log was restored from an "
    "older copy. Restore the newest copy of archive/log, such as site/log"
)

FORKED: Final = (
    "the witness {} saw a different tree of {} leaves: this log was changed, or was restored "
    "from an older copy and continued from there"
)

QUERY: Final = {"content-type": "application/timestamp-query"}

GRANTED: Final = {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}


def log_at(place: str, client: Outbound) -> Read:
    """Return a function that reads files of the log at an address or path.

    Raises ArchiveError if no log is found.
    """
    return reader_of(place, LOG_BELOW, "checkpoint", client)


def witness_at(place: str, client: Outbound) -> Read:
    """Return a function that reads the published files of the witness at an address or path.

    Raises ArchiveError if the files are missing.
    """
    return reader_of(place, WITNESS_BELOW, "key", client)


def reader_of(place: str, below: Iterable[str], sought: str, client: Outbound) -> Read:
    """Return a function that reads files from the first folder with the file ``sought``.

    ``below`` lists the folders, relative to the address or path ``place``.
    """
    for folder in below:
        if is_address(place):
            base = "/".join(filter(None, (place.rstrip("/"), folder)))
            read: Read = partial(fetched, client, base)
        else:
            read = partial(read_file, Path(place).expanduser() / folder)
        try:
            read(sought)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return read
    raise ArchiveError(
        place,
        f"the file {sought!r} is missing here and in the usual folders of a home directory",
    )


def fetched(client: Outbound, base: str, path: str) -> bytes:
    """Download a file over HTTP. Raises FileNotFoundError, OutboundError and ArchiveError."""
    address = f"{base}/{path}"
    answer = asyncio.run(client.ask("GET", address))
    if answer.status in GONE_STATUSES:
        raise FileNotFoundError(address)
    if answer.status != OK:
        raise ArchiveError(address, f"the server returned status {answer.status}")
    return answer.body


def is_address(place: str) -> bool:
    """Return whether ``place`` is an HTTP address and not a path."""
    return place.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class AskedWitness:
    """A witness from the settings: its address or path, and its public key if known."""

    place: str
    key: VerifierKey | None


def asked_witness(setting: str, home: Path) -> AskedWitness:
    """Parse an entry of the setting `archive.witnesses`.

    Paths in the setting are relative to the home directory. Raises InvalidNote if the key is
    invalid.
    """
    named = re.fullmatch(r"([^\s+]+\+[0-9a-f]{8}\+\S+) (.+)", setting)
    place = named[2] if named else setting
    if not is_address(place):
        place = str(home / Path(place).expanduser())
    return AskedWitness(place, parse_key(named[1], "archive.witnesses") if named else None)


def ask_witness(log: TreeLog, asked: AskedWitness, client: Outbound) -> Checkpoint | None:
    """Request and store a witness's cosignature, and return the cosigned checkpoint.

    Returns None if the witness has not signed our log yet. Raises ArchiveError if it refuses or saw
    a different log, InvalidNote if it did not sign the response, and OutboundError.
    """
    own = log.checkpoint()
    if own is None:
        return None
    signed = submitted(log, own, asked, client) if is_address(asked.place) else None
    signed = signed or published(log, own, asked, client)
    if signed is None:
        return None
    key = asked.key
    if key is None:
        try:
            read = witness_at(asked.place, client)
        except ArchiveError as error:
            cause = (
                "the witness publishes no key; write its key before its address in "
                "archive.witnesses"
            )
            raise ArchiveError(asked.place, cause) from error
        key = parse_key(read("key").decode("utf-8", "replace"), asked.place)
    signature = signed.note.signed_by(key)
    if signature is None:
        raise ArchiveError(asked.place, f"the witness did not sign with its key {key}")
    log.add_cosignature(signed, key, signature)
    return signed


def submitted(
    log: TreeLog, own: Checkpoint, asked: AskedWitness, client: Outbound
) -> Checkpoint | None:
    """Submit our checkpoint ``own`` to a witness and return it with the witness's cosignature.

    Returns None if the witness does not accept checkpoints of our log.
    """
    answer = offered(log, own, 0, asked, client)
    if answer.status == CONFLICT:
        seen = answer.body.decode("utf-8", "replace").strip()
        if not SIZE.fullmatch(seen):
            raise ArchiveError(
                asked.place,
                "the witness refused without reporting the size of the last tree that it saw",
            )
        if int(seen) > own.size:
            raise ArchiveError(
                str(log.folder), WITNESS_AHEAD_MESSAGE.format(asked.place, seen, own.size)
            )
        answer = offered(log, own, int(seen), asked, client)
    if answer.status in UNSUPPORTED_STATUS:
        return None
    text = answer.body.decode("utf-8", "replace")
    if answer.status != OK:
        cause = f"the witness did not sign: {answer.status} {' '.join(text[:200].split())}"
        raise ArchiveError(asked.place, cause)
    note = own.note.with_signatures(parse_signatures(text, asked.place))
    return Checkpoint(own.origin, own.size, own.root, note)


def offered(
    log: TreeLog, own: Checkpoint, old: int, asked: AskedWitness, client: Outbound
) -> OutboundResponse:
    """Send our checkpoint ``own`` to a witness and return the response.

    The request contains the proof that the checkpoint's tree extends the tree with ``old`` leaves.
    """
    proof = consistency_proof(old, own.size, log.tree(own.size).hash_of)
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    body = f"old {old}\n{hashes}\n".encode() + own.encode()
    address = f"{asked.place.rstrip('/')}/add-checkpoint"
    headers = {"content-type": "text/plain; charset=utf-8"}
    return asyncio.run(client.ask("POST", address, headers, body))


def published(
    log: TreeLog, own: Checkpoint, asked: AskedWitness, client: Outbound
) -> Checkpoint | None:
    """Return our log's checkpoint with the cosignature that a witness published, or None."""
    read = witness_at(asked.place, client)
    try:
        content = read(f"{log_folder_name(own.origin)}/checkpoint")
    except FileNotFoundError:
        return None
    seen = parse_checkpoint(content, asked.place)
    if seen.size > own.size:
        raise ArchiveError(
            str(log.folder), WITNESS_AHEAD_MESSAGE.format(asked.place, seen.size, own.size)
        )
    if log.tree(own.size).root_of(seen.size) != seen.root:
        raise ArchiveError(str(log.folder), FORKED.format(asked.place, seen.size))
    signed = log.key_chain().signatures(seen)
    if not signed:
        raise ArchiveError(
            asked.place,
            ("the witness publishes a checkpoint that is not signed by this log"),
        )
    # The log's own signature must be the first.
    note = SignedNote(seen.note.text, tuple(signed)).with_signatures(seen.note.signatures)
    return Checkpoint(seen.origin, seen.size, seen.root, note)


def stamp(log: TreeLog, authority: str, client: Outbound) -> Checkpoint | None:
    """Request and store a time stamp for the log's last checkpoint, and return the checkpoint.

    Returns None if it already has a time stamp. The certificate is not checked here; ``openssl ts
    -verify`` does that. Raises OutboundError, and ArchiveError if the response does not match the
    request, which contains the SHA-256 of the checkpoint and a nonce.
    """
    checkpoint = log.checkpoint()
    if checkpoint is None or Attestations(log.folder).timestamp(checkpoint.size) is not None:
        return None
    stamped = Attestations(log.folder).checkpoint(checkpoint.size) or checkpoint
    content = signed_by_log(stamped)
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = asyncio.run(client.ask("POST", authority, QUERY, request.as_bytes()))
    if answer.status != OK:
        raise ArchiveError(authority, f"the time-stamp authority returned status {answer.status}")
    try:
        response = decode_timestamp_response(answer.body)
    except ValueError as error:
        raise ArchiveError(authority, f"the response is not a time stamp ({error})") from error
    if response.status not in GRANTED:
        status = " ".join(response.status_string)
        raise ArchiveError(
            authority,
            f"the time-stamp authority returned no time stamp: {response.status} {status}",
        )
    token, digest = response.tst_info, hashlib.sha256(content).digest()
    if token.message_imprint.message != digest or token.nonce != request.nonce:
        raise ArchiveError(authority, "the time stamp does not match the request")
    log.add_timestamp(stamped, answer.body)
    return stamped


def stamped_digest(answer: bytes) -> bytes:
    """Return the SHA-256 digest in an authority's time-stamp response."""
    try:
        return decode_timestamp_response(answer).tst_info.message_imprint.message
    except ValueError as error:
        raise ArchiveError("the time stamp", f"the time stamp can't be read ({error})") from error
