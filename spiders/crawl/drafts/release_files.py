"""Archive attachments and images of releases at the end of a visit.

Each file is archived only once. A file that can't be fetched is reported, and a few later visits
try again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from data.health.run_errors import ErrorKind, file_kind
from data.models import Capture, Draft, Validator
from data.settings import ArchiveSettings
from data.settings.archive import AttachmentText
from data.text.urls import is_web
from spiders.attachments.read import Reading, ReadingTime
from spiders.crawl.visit_scope import VisitScope
from spiders.sources.source_file import SourceFile

MAX_FILES_PER_VISIT: Final = 200
"""Maximum number of files requested per visit. Later visits request the remaining files."""

MAX_FILES_PER_REQUEST: Final = 10
"""Maximum number of files that a visit requests at once."""


@dataclass(frozen=True, slots=True)
class FileKinds:
    """The kinds of release files to archive, and the kinds of attachments to extract text from."""

    attachments: bool = False
    images: bool = False
    text: AttachmentText = "none"

    @classmethod
    def wanted(cls, file: SourceFile, settings: ArchiveSettings) -> FileKinds:
        """Return the kinds selected by the source file, or else by the settings."""
        if not settings.enabled:
            return cls()
        attachments, images = settings.attachments, settings.images
        if file.archive is not None:
            attachments, images = file.archive != "none", file.archive == "all"
        text = file.attachment_text or settings.attachment_text
        return cls(attachments, images, text if attachments else "none")


class ReleaseFiles:
    """Requests and archives the files of a source's releases in one visit."""

    def __init__(self, scope: VisitScope, kinds: FileKinds) -> None:
        self._scope = scope
        self._store = scope.store
        self._kinds = kinds
        self._left = MAX_FILES_PER_VISIT
        self._time = ReadingTime()

    def note(self, draft: Draft) -> None:
        """Add the files of a release. A document that is the release itself is not added."""
        content = draft.content
        media = content.attachments if self._kinds.attachments else ()
        media += content.images if self._kinds.images else ()
        urls = {one.url for one in media if is_web(one.url)} - {draft.url}
        if urls:
            self._store.await_files(self._scope.id, sorted(urls))

    def next(self, now: dt.datetime) -> tuple[str, ...]:
        """Return the URLs of the next files to request."""
        if not (self._kinds.attachments or self._kinds.images):
            return ()
        limit = min(MAX_FILES_PER_REQUEST, self._left)
        source, since = self._scope.id, self._scope.started
        found = self._store.awaited_files(source, now=now, since=since, limit=limit)
        if not found and self._kinds.text != "none":
            found = self._store.files_to_recheck(source, now=now, since=since, limit=limit)
        self._left -= len(found)
        return tuple(found)

    def reading(self, url: str) -> Reading | None:
        """Return how to extract the text of a file, or None if its text is not needed."""
        if self._kinds.text == "none" or not self._store.is_attachment(url):
            return None
        languages: tuple[str, ...] = ()
        if self._kinds.text == "scans":
            languages = tuple(self._store.languages_of_file(url)) or (
                self._scope.file.language or "en",
            )
        return Reading(self._time, languages, self._store.file_digest(url))

    def read(
        self,
        url: str,
        status: int,
        capture: Capture | None,
        reading: Reading | None = None,
        validator: Validator | None = None,
    ) -> None:
        """Process the response to the request for a file, and store its text if it was read."""
        if status == HTTPStatus.NOT_MODIFIED:
            return
        if status != HTTPStatus.OK:
            self.failed(url, status, f"the server responded with {status}")
        elif capture:
            self._store.keep_file(self._scope.id, url, capture)
            if reading and reading.text:
                self._store.keep_file_text(url, reading.digest, reading.text, seen=capture.at)
            # With a validator, the response to the next request may be 304, without the file.
            if reading and validator and reading.is_final:
                self._store.keep_validator(url, validator)

    def failed(self, url: str, kind: ErrorKind | int, message: str) -> None:
        """Report that a file could not be fetched. The source still counts as healthy.

        ``message`` is the reason.
        """
        self._scope.report.error(url, file_kind(kind), message)

    def cut(self, url: str, capture: Capture | None, message: str) -> None:
        """Report that a file is too large.

        Only the beginning of the file is archived, and the file is not requested again.
        """
        if capture:
            self._store.keep_file(self._scope.id, url, capture)
        self.failed(url, "size", message)
