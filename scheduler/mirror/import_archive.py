"""Import a WARC or WACZ file: its records into the archive, its releases into the store."""

import base64
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin
from uuid import UUID

from data.archive.archive import Archive
from data.archive.archived_response import Served, served, unchunked
from data.archive.content_coding import Undecodable
from data.archive.foreign_archives import (
    ALGORITHMS,
    IMPORTED_FIELD,
    Digest,
    imported_from,
    parse_digest,
    read_foreign,
)
from data.archive.warc.archive_record import ArchiveRecord, uuid_of
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.http_head import REDIRECTS, media_type_of
from data.archive.warc.reader import Damage
from data.archive.warc.records import Fields
from data.clock import utc_now
from data.errors import ArchiveError
from data.export.wacz_signature import DIGEST, signature_fault
from data.health.run_errors import ARCHIVE
from data.models import Capture
from data.store.core.store import Store
from data.text.urls import canonical_url, is_web
from data.wording import OnProgress
from spiders.crawl.drafts.release_reader import PAGES
from spiders.page.media_files import DOCUMENT_TYPES
from spiders.stored.imported_pages import ImportedPages

IMPORTED_KINDS: Final = frozenset(["response", "revisit", "resource"])
"""Types of records that are imported. Requests are not imported, because they may contain
cookies."""

OK_STATUS: Final = 200

EARLIEST_CAPTURE: Final = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Earliest possible time of a capture, because the web did not exist before."""

IMPORT_PASSES: Final = 3
"""Number of passes in which an imported file is read; see ``ArchiveImport.run``."""

MAX_CANDIDATES: Final = 20
"""Maximum number of captures of a URL whose payloads are compared with the digest in a revisit
record, newest first."""

PAYLOAD_DIGEST: Final = "WARC-Payload-Digest"

SAME_ID: Final = (
    "the archive has a record with the same id ({}) and other content, so this one was skipped"
)


@dataclass(slots=True)
class ImportedRecords:
    """Numbers of records in an imported file, and problems with the records.

    ``duplicates`` is the number of records that were already in the archive. ``damaged`` lists
    parts of the file that can't be read, and records that were skipped.
    """

    records: int = 0
    duplicates: int = 0
    damaged: list[Damage] = field(default_factory=list)


def is_taken(record: ArchiveRecord) -> bool:
    """Return whether a record of a file is imported: it must be a capture of a web address.

    Records about another home directory itself are not imported. Responses with status 304 are not
    imported either: they contain no page, and could not be recognized later.
    """
    if record.kind not in IMPORTED_KINDS or not is_web(record.uri):
        return False
    return not (record.is_http and record.http.status == HTTPStatus.NOT_MODIFIED)


def id_of(record: ArchiveRecord) -> str:
    """Return the id of a record in lower case, because URNs of UUIDs ignore case (RFC 9562)."""
    lowered = record.record_id.lower()
    return lowered if lowered.startswith("urn:uuid:") else record.record_id


def warc_fields(record: ArchiveRecord) -> Fields:
    """Return the WARC fields of a record, with its id as returned by ``id_of``."""
    if id_of(record) == record.record_id:
        return record.fields
    name = f"<{id_of(record)}>"
    return tuple(
        (key, name if key.lower() == "warc-record-id" else value) for key, value in record.fields
    )


def digests_of(record: ArchiveRecord, algorithm: str) -> frozenset[bytes]:
    """Return the digests of a record's payload with and without its chunked coding."""
    payload = record.http.payload if record.is_http else record.block
    digest = ALGORITHMS[algorithm]
    return frozenset(digest(one).digest() for one in {payload, unchunked(payload)})


@dataclass(eq=False)
class ArchiveImport:
    """Import of one file for one source: into the archive, and through ``pages`` into the store.

    An interrupted import can be repeated, because records that are already in the archive are
    skipped.
    """

    archive: Archive
    store: Store
    _pages: ImportedPages
    _source: str
    _limit: int
    _shown: dict[str, list[Capture]] = field(default_factory=lambda: defaultdict(list), init=False)
    _files: dict[str, Capture] = field(default_factory=dict, init=False)
    _led: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), init=False)
    _known: dict[UUID, int] = field(default_factory=dict, init=False)
    _payloads: dict[Digest, str] = field(default_factory=dict, init=False)
    _digests: dict[tuple[str, int, str], frozenset[bytes]] = field(default_factory=dict, init=False)
    outcome: ImportedRecords = field(default_factory=ImportedRecords, init=False)

    def run(self, path: Path, on_progress: OnProgress) -> None:
        """Import the file at ``path``.

        The file is read three times: for the ids of its records, for records with payloads, and for
        revisit records. In the third pass, the payload of each revisit record is already in the
        archive, wherever it is in the file. A WACZ signature that does not hold is reported as
        damage. Raises OSError if the file can't be read, and ArchiveError or StoreError if the
        archive or the store fails.
        """
        if fault := signature_fault(path):
            self.outcome.damaged.append(Damage(DIGEST, 0, fault))
        self._known = self.archive.log.find(
            {
                uuid_of(name)
                for one in self._records(path, on_progress, 0)
                if is_taken(one)
                for name in (one.record_id, id_of(one))
            }
        )
        revisits = False
        for found in self._records(path, on_progress, 1):
            if found.kind == "revisit":
                revisits = True
            elif is_taken(found):
                self.take(found, path.name)
        for found in self._records(path, on_progress, 2) if revisits else ():
            if found.kind == "revisit" and is_taken(found):
                self.take_revisit(found, path.name)
        self.read_pages(on_progress)

    def read_pages(self, on_progress: OnProgress) -> None:
        """Extract the pages of all records that were passed to `take`, and store releases.

        Raises StoreError if the store fails.
        """
        self._pages.listings.read(self._answers)
        self._pages.read(self._shown.values(), self.answer, self._led, on_progress)
        for url in self._pages.media & self._files.keys():
            self.store.keep_file(self._source, url, self._files[url])

    def take_stored(self, entry: CdxjEntry) -> Capture:
        """Index a record that is already in the archive, and return it.

        Raises ArchiveError if the record can't be read.
        """
        record = self.archive.record(entry.file, entry.offset)
        capture = record.capture(entry.leaf)
        self._note(record, capture)
        return capture

    def own_payloads(self, url: str) -> Iterator[tuple[dt.datetime, str]]:
        """Yield the times and SHA-1 digests (in base 32) of captures that were not imported."""
        for entry in self.archive.index.captures(url)[-MAX_CANDIDATES:]:
            with suppress(ArchiveError):
                if entry.status == OK_STATUS and not imported_from(self.archive.folder, entry):
                    for digest in self._digests_at(entry, "sha1"):
                        yield entry.at, base64.b32encode(digest).decode()

    def _records(
        self, path: Path, on_progress: OnProgress, reading: int
    ) -> Iterator[ArchiveRecord]:
        """Yield the records of the file in one pass. The first pass reports damage."""
        size = path.stat().st_size
        for found in read_foreign(path):
            on_progress(reading * size + min(found.offset, size), IMPORT_PASSES * size)
            if not isinstance(found, Damage):
                yield found
            elif not reading:
                self.outcome.damaged.append(found)

    def take_revisit(self, record: ArchiveRecord, name: str) -> Capture | None:
        """Import a revisit record if the archive contains the record with its payload.

        Returns the record's capture, or None if the record was skipped.
        """
        digest = self._original(record)
        if digest is None:
            self._skip(
                record,
                "the record is a revisit record, but neither the archive nor this file has the page"
                " that it refers to; import the file with the page together with this one, or"
                " before it",
            )
            return None
        fields = [one for one in record.fields if one[0].lower() != PAYLOAD_DIGEST.lower()]
        return self.take(replace(record, fields=(*fields, (PAYLOAD_DIGEST, digest))), name)

    def _original(self, record: ArchiveRecord) -> str | None:
        """Return the archive's digest of the payload to which a revisit record refers.

        Returns None if no record in the archive has this payload.
        """
        stated = record.field(PAYLOAD_DIGEST)
        digest = parse_digest(stated)
        if digest is None:
            return None
        if digest in self._payloads:
            return self._payloads[digest]
        index = self.archive.index
        candidates = [one for one in (index.holder(stated),) if one]
        for uri in {record.field("WARC-Refers-To-Target-URI").strip("<> "), record.uri} - {""}:
            found = [one for one in index.captures(uri) if not one.is_revisit]
            candidates += found[-MAX_CANDIDATES:]
        for entry in candidates:
            if digest.value in self._digests_at(entry, digest.algorithm):
                self._payloads[digest] = entry.digest
                return entry.digest
        return None

    def _digests_at(self, entry: CdxjEntry, algorithm: str) -> frozenset[bytes]:
        """Return the digests of a capture's payload, or an empty set if it can't be read.

        Results are cached, because a file may contain any number of revisit records that refer to
        the same capture.
        """
        key = (entry.file, entry.offset, algorithm)
        if key not in self._digests:
            self._digests[key] = frozenset()
            with suppress(ArchiveError):
                record = self.archive.record(entry.file, entry.offset)
                self._digests[key] = digests_of(record, algorithm)
        return self._digests[key]

    def _skip(self, record: ArchiveRecord, cause: str) -> None:
        self.outcome.damaged.append(Damage(record.file, record.offset, cause))

    def take(self, record: ArchiveRecord, name: str) -> Capture | None:
        """Import a record, and index it by its role for the source, such as a page.

        ``name`` is the file or web archive from which the record comes. Returns the record's
        capture, or None if the record was skipped.
        """
        if not EARLIEST_CAPTURE < record.at <= utc_now():
            self._skip(record, f"its date {record.field('WARC-Date')[:40]} is not possible")
            return None
        stated = parse_digest(record.field("WARC-Block-Digest"))
        if stated and not stated.is_of(record.block):
            cause = "the record does not have its WARC-Block-Digest, so it was altered or damaged"
            self._skip(record, cause)
            return None
        capture = None
        record_id = uuid_of(id_of(record))
        # Earlier versions did not convert ids to lower case.
        if not {record_id, uuid_of(record.record_id)} & self._known.keys():
            # Drop this field of other imports: it must contain the file of this import.
            report = [
                field for field in warc_fields(record) if field[0].lower() != IMPORTED_FIELD.lower()
            ]
            capture = self.archive.adopt((*report, (IMPORTED_FIELD, name)), record.block)
        elif not self._is_here(record):
            self._skip(record, SAME_ID.format(record.record_id[:60]))
            return None
        self.outcome.records += 1
        if capture is None:
            self.outcome.duplicates += 1
            capture = self._held(record)
        else:
            self._known[record_id] = capture.leaf
        self._note(record, capture)
        return capture

    def _note(self, record: ArchiveRecord, capture: Capture | None) -> None:
        """Index an archive record as a page, file, redirect, or payload of revisit records."""
        digest = parse_digest(record.field(PAYLOAD_DIGEST))
        if (
            capture
            and digest
            and record.kind != "revisit"
            and digest.value in digests_of(record, digest.algorithm)
        ):
            self._payloads[digest] = capture.digest
        if capture is None or not is_web(record.uri) or not record.is_http:
            return
        http = record.http
        if http.status in REDIRECTS and (place := http.header(b"location")):
            # An invalid URL can't be the target of a redirect.
            with suppress(ValueError):
                target = urljoin(record.uri, place.decode("latin-1"))
                self._led[canonical_url(target)].append(record.uri)
        elif http.status == OK_STATUS:
            media_type = (media_type_of(http.header(b"content-type")) or "").lower()
            is_page = media_type in PAGES or media_type in DOCUMENT_TYPES
            if is_page and self._pages.is_of_source(record.uri):
                self._shown[canonical_url(record.uri)].append(capture)
            known = self._files.get(record.uri)
            if known is None or known.at <= capture.at:
                self._files[record.uri] = capture

    def _is_here(self, record: ArchiveRecord) -> bool:
        """Return whether the archive contains this record, apart from fields added on import."""
        at = record.at.replace(microsecond=0)
        for entry in self.archive.index.captures(record.address):
            if entry.at != at:
                continue
            with suppress(ArchiveError):
                one = self.archive.record(entry.file, entry.offset)
                if id_of(one) == id_of(record) and one.block == record.block:
                    return True
        return False

    def _held(self, record: ArchiveRecord) -> Capture | None:
        """Return the archive's capture with the same URL and second as a record, or None."""
        at = record.at.replace(microsecond=0)
        for entry in self.archive.index.captures(record.address):
            if entry.at == at:
                return self.archive.record(entry.file, entry.offset).capture(entry.leaf)
        return None

    def _answers(self, key: str) -> Iterator[Served]:
        """Yield the readable responses of captures at a canonical URL."""
        return filter(None, map(self.answer, self._shown.get(key, ())))

    def answer(self, capture: Capture) -> Served | None:
        """Return the response in a capture, or None if it can't be read. The error is reported."""
        archive = self.archive
        try:
            return served(archive.folder, archive.index, capture.file, capture.offset, self._limit)
        except (ArchiveError, Undecodable) as error:
            self._pages.result.add_error(capture.record_id, ARCHIVE, str(error))
            return None
