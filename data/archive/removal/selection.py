"""Selection of records to remove, together with all other records that have the same bytes."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.journal import journal_record
from data.archive.journal.scan import read_archive
from data.archive.warc.reader import Damage, read_record
from data.archive.warc.records import NO_BYTES, digest_text
from data.progress import OnProgress
from data.text.masking import masked
from data.text.urls import page_key

SERVED_KINDS: Final = frozenset(["response", "revisit", "request"])
"""Types of records that contain requests and responses. Records of other types are needed by the
archive itself."""

JOURNAL_URIS: Final = frozenset([journal_record.JOURNAL, journal_record.STORE])
"""WARC-Target-URIs of records that may contain texts of releases."""

ANSWERS: Final = SERVED_KINDS - {"request"}

RENDITION: Final = re.compile(r"urn:(?:screenshot|pdf):(?=https?:)")
"""Pattern that matches the start of the address of a page's screenshot or PDF."""

EMPTY: Final = digest_text(NO_BYTES)


@dataclass(frozen=True, slots=True)
class Stored:
    """A record without its content. For a request, ``answer`` is the id of its response record."""

    file: str
    offset: int
    length: int
    record_id: str
    kind: str
    uri: str
    at: dt.datetime
    payload: str
    answer: str


def stored_records(
    archive: Path,
    on_progress: OnProgress,
    damaged: Callable[[Damage], object] = lambda _: None,
) -> list[Stored]:
    """Return the records of an archive that can be removed, without their content.

    These are requests, responses, screenshots and PDFs of pages, and journal records.
    ``on_progress`` is called with the number of bytes read and the total, and ``damaged`` with each
    unreadable part. Raises OSError.
    """
    found = []
    for one, _ in read_archive(archive, on_progress):
        if isinstance(one, Damage):
            damaged(one)
        elif one.kind in SERVED_KINDS or one.uri in JOURNAL_URIS or RENDITION.match(one.uri):
            found.append(
                Stored(
                    one.file,
                    one.offset,
                    one.length,
                    one.record_id,
                    one.kind,
                    one.uri,
                    one.at,
                    one.field("WARC-Payload-Digest"),
                    one.field("WARC-Concurrent-To").strip("<> "),
                )
            )
    return found


def of_texts(archive: Path, records: Iterable[Stored], releases: Collection[str]) -> list[Stored]:
    """Return all store snapshots, and the journal records that mention these releases.

    ``releases`` are ids. Raises ArchiveError.
    """
    found = []
    for one in records:
        if one.uri == journal_record.STORE:
            found.append(one)
        elif one.uri == journal_record.JOURNAL:
            block = read_record(archive, one.file, one.offset).block
            # An id has 36 characters, so no other text contains it by chance.
            if any(release.encode() in block for release in releases):
                found.append(one)
    return found


def named(records: Iterable[Stored], name: str) -> set[str]:
    """Return the ids of the response records whose record id or address is ``name``.

    Secret parameters of the address need no values, because the archive does not contain them.
    """
    wanted = page_key(masked(name)) if name.startswith(("http://", "https://")) else ""
    return {
        one.record_id
        for one in records
        if one.kind in ANSWERS
        and (one.record_id in {name, f"urn:uuid:{name}"} or wanted == page_key(one.uri) != "")
    }


def with_same_bytes(records: Collection[Stored], ids: Collection[str]) -> list[Stored]:
    """Return the records with these ids, and all records that depend on the same payloads.

    These are records with equal payloads, revisit records that refer to them, and their requests.
    """
    payloads = {one.payload for one in records if one.record_id in ids} - {EMPTY, ""}
    answers = {
        one.record_id
        for one in records
        if one.kind in ANSWERS and (one.record_id in ids or one.payload in payloads)
    }
    return [one for one in records if one.record_id in answers or one.answer in answers]


def of_renditions(records: Iterable[Stored], removed: Collection[Stored]) -> list[Stored]:
    """Return the other screenshots and PDFs of the pages whose responses are ``removed``."""
    pages = {page_key(one.uri) for one in removed if one.kind in ANSWERS} - {""}
    known = {one.record_id for one in removed}
    return [
        one
        for one in records
        if (found := RENDITION.match(one.uri))
        and page_key(one.uri[found.end() :]) in pages
        and one.record_id not in known
    ]


def older(records: Collection[Stored], before: dt.datetime, hosts: Collection[str]) -> list[Stored]:
    """Return the records captured before a time from these hosts (all hosts if empty).

    A page that a later record refers to is kept, and so is its request.
    """
    served = [one for one in records if one.uri not in JOURNAL_URIS]
    old = {one.record_id for one in served if one.at < before and _is_of(one, hosts)}
    needed = {one.payload for one in served if one.record_id not in old and one.kind == "revisit"}
    kept = {
        one.record_id
        for one in records
        if one.record_id in old and one.kind == "response" and one.payload in needed
    }
    return [one for one in served if one.record_id in old - kept and one.answer not in kept]


def _is_of(record: Stored, hosts: Collection[str]) -> bool:
    return not hosts or record.uri.partition("://")[2].partition("/")[0] in hosts
