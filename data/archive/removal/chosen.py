"""Select the records to remove: the named ones, and all others with the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.journal import events
from data.archive.warc.reader import DOT_OPEN, Damage, read_file, read_record
from data.archive.warc.records import NO_BYTES, digest_text
from data.archive.warc.warc_file import own_files
from data.progress import OnProgress
from data.text.urls import page_key

SERVED_KINDS: Final = frozenset(["response", "revisit", "request"])
"""Kinds of records about servers. Records of other kinds are needed by the archive itself."""

JOURNAL_URIS: Final = frozenset([events.JOURNAL, events.STORE])
"""Addresses of records that may contain texts of releases."""

ANSWERS: Final = SERVED_KINDS - {"request"}

EMPTY: Final = digest_text(NO_BYTES)


@dataclass(frozen=True, slots=True)
class Stored:
    """A record without its content; for a request, ``answer`` is the id of the response."""

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
    """Return all records about servers and all journal records.

    ``on_progress`` is called with the bytes read and the total, and ``damaged`` with each
    unreadable place. Raises OSError.
    """
    found = []
    files = {path: path.stat().st_size for path in own_files(archive)}
    every, done = sum(files.values()), 0
    for path, size in files.items():
        for one in read_file(path):
            if isinstance(one, Damage):
                damaged(one)
                continue
            if one.kind not in SERVED_KINDS and one.uri not in JOURNAL_URIS:
                continue
            found.append(
                Stored(
                    path.name.removesuffix(DOT_OPEN),
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
            on_progress(done + one.offset, every)
        done += size
    on_progress(every, every)
    return found


def of_texts(archive: Path, records: Iterable[Stored], releases: Collection[str]) -> list[Stored]:
    """Return journal records and snapshots that contain texts of these releases.

    Raises ArchiveError.
    """
    found = []
    for one in records:
        if one.uri == events.STORE:
            found.append(one)
        elif one.uri == events.JOURNAL:
            block = read_record(archive, one.file, one.offset).block
            # An id has 36 characters, which occur nowhere else.
            if any(release.encode() in block for release in releases):
                found.append(one)
    return found


def named(records: Iterable[Stored], name: str) -> set[str]:
    """Return the ids of responses with this id or address."""
    wanted = page_key(name) if name.startswith(("http://", "https://")) else ""
    return {
        one.record_id
        for one in records
        if one.kind in ANSWERS
        and (one.record_id in {name, f"urn:uuid:{name}"} or wanted == page_key(one.uri) != "")
    }


def with_same_bytes(records: Collection[Stored], ids: Collection[str]) -> list[Stored]:
    """Return the records with these ids, and all others with the same payload.

    Revisit records that refer to the payload, and the requests, are included.
    """
    payloads = {one.payload for one in records if one.record_id in ids} - {EMPTY, ""}
    answers = {
        one.record_id
        for one in records
        if one.kind in ANSWERS and (one.record_id in ids or one.payload in payloads)
    }
    return [one for one in records if one.record_id in answers or one.answer in answers]


def older(records: Collection[Stored], before: dt.datetime, hosts: Collection[str]) -> list[Stored]:
    """Return records from before a time, either of these hosts or of all hosts.

    A page that a later record refers to is kept, and so is its request.
    """
    served = [one for one in records if one.kind in SERVED_KINDS]
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
