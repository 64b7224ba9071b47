"""Taking in a WARC or WACZ file: its records into the archive, its pages into the store."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from data.archive.archive import Archive
from data.archive.content_coding import Undecodable
from data.archive.foreign import IMPORTED_FIELD, read_foreign
from data.archive.served import Served, served
from data.archive.warc.http_head import media_type_of
from data.archive.warc.reader import Damage, Record
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture
from data.store.protocol import Store
from data.text.urls import canonical_url
from spiders.archived.imported_pages import ImportedPages
from spiders.crawl.draft import PAGES
from spiders.page.file_types import DOCUMENT_TYPES
from spiders.page.page import is_web

TAKEN: Final = frozenset(["response", "revisit", "resource"])
"""Kinds of records that are taken in; a request may hold cookies of whoever made it."""

OK: Final = 200
REDIRECTS: Final = frozenset([301, 302, 303, 307, 308])

FIRST: Final = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""Nothing was captured before there was a web."""

Told = Callable[[int, int], None]


@dataclass(slots=True)
class ImportedRecords:
    """What became of the records of a file: of ``records``, ``duplicates`` were here already."""

    records: int = 0
    duplicates: int = 0
    damaged: list[Damage] = field(default_factory=list)


def is_taken(record: Record) -> bool:
    """Whether a record of another archive is taken in: what was captured of an address of the web.

    What another HOME keeps of itself is not, nor an answer that says only that nothing changed: it
    tells of no page, and could not be known again.
    """
    if record.kind not in TAKEN or not is_web(record.uri):
        return False
    return not (record.is_http and record.http.status == HTTPStatus.NOT_MODIFIED)


class ArchiveImport:
    """Takes in one file for one source, into the archive and by ``pages`` into the store.

    Whatever it is cut off by, it may be begun again: what is here already is passed over.
    """

    def __init__(
        self, archive: Archive, store: Store, pages: ImportedPages, source: str, limit: int
    ) -> None:
        self._archive = archive
        self._store = store
        self._pages = pages
        self._source = source
        self._limit = limit
        self._shown: dict[str, list[Capture]] = defaultdict(list)
        self._files: dict[str, Capture] = {}
        self._led: dict[str, list[str]] = defaultdict(list)
        self.outcome = ImportedRecords()

    def run(self, path: Path, told: Told) -> None:
        """Take in the file at ``path``. Raises ArchiveError, StoreError, OSError."""
        size = path.stat().st_size
        for found in read_foreign(path):
            told(min(found.offset, size), size)
            if isinstance(found, Damage):
                self.outcome.damaged.append(found)
            elif is_taken(found):
                self._take(found, path.name)
        self._pages.listings.read(self._answers)
        self._pages.read(self._shown.values(), self._answer, self._led, told)
        for url in self._pages.media & self._files.keys():
            self._store.keep_file(self._source, url, self._files[url])

    def _take(self, record: Record, name: str) -> None:
        """Take in a record, and note what it may be to the source."""
        if not FIRST < record.at <= utc_now():
            cause = f"it says that it is of {record.field('WARC-Date')[:40]}"
            self.outcome.damaged.append(Damage(record.file, record.offset, cause))
            return
        self.outcome.records += 1
        # From where it came here is ours to say.
        told = [field for field in record.fields if field[0].lower() != IMPORTED_FIELD.lower()]
        capture = self._archive.adopt((*told, (IMPORTED_FIELD, name)), record.block)
        if capture is None:
            self.outcome.duplicates += 1
            capture = self._held(record)
        if capture is None or not is_web(record.uri) or not record.is_http:
            return
        http = record.http
        if http.status in REDIRECTS and (place := http.header(b"location")):
            # An address that is none leads nowhere.
            with suppress(ValueError):
                target = urljoin(record.uri, place.decode("latin-1"))
                self._led[canonical_url(target)].append(record.uri)
        elif http.status == OK:
            media_type = (media_type_of(http.header(b"content-type")) or "").lower()
            is_page = media_type in PAGES or media_type in DOCUMENT_TYPES
            if is_page and self._pages.is_of_source(record.uri):
                self._shown[canonical_url(record.uri)].append(capture)
            self._files[record.uri] = capture

    def _held(self, record: Record) -> Capture | None:
        """The capture that is here already of the same address and second."""
        at = record.at.replace(microsecond=0)
        for entry in self._archive.index.captures(record.uri):
            if entry.at == at:
                return self._archive.record(entry.file, entry.offset).capture(entry.leaf)
        return None

    def _answers(self, key: str) -> Iterator[Served]:
        """What was captured at a canonical address, as far as it can be read."""
        return filter(None, map(self._answer, self._shown.get(key, ())))

    def _answer(self, capture: Capture) -> Served | None:
        """The answer in a capture; None, and told, where it can't be read."""
        archive = self._archive
        try:
            return served(archive.folder, archive.index, capture.file, capture.offset, self._limit)
        except (ArchiveError, Undecodable) as error:
            self._pages.outcome.tell(capture.record_id, "archive", str(error))
            return None
