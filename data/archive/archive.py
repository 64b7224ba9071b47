"""Writer of server responses to the archive of a home directory.

Nothing is lost if the process is killed. The writer stores the record first, then the record's leaf
in the transparency log, its CDXJ line and its index row, and only then returns the capture. After a
crash, the next process resumes the unfinished WARC file and adds the missing entries.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from data.archive.capture_search import stored_original
from data.archive.foreign_archives import adopted
from data.archive.log.tree_log import TreeLog, UncertainLeaves
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import entry_at, entry_of
from data.archive.warc.index import Index
from data.archive.warc.reader import DOT_OPEN, read_record
from data.archive.warc.records import (
    Fields,
    NewRecord,
    about_writer,
    metadata,
    request,
    resource,
    response,
    sha256,
    target_uri,
    warcinfo,
)
from data.archive.warc.warc_file import (
    ArchiveBudget,
    BrokenFile,
    WarcFile,
    new_file,
    own_files,
    take_over,
)
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import sync
from data.models.capture import Capture, Exchange
from data.settings import ArchiveSettings as Settings
from data.text.urls import posted_address

MAX_FILE_AGE: Final = dt.timedelta(days=1)
"""Maximum age of a WARC file that still accepts new records."""

MAX_UNSEALED_LEAVES: Final = 4096
"""Maximum number of leaves that wait to be added to the log's tree."""

BATCH_SIZE: Final = 10_000
"""Number of records whose leaves are looked up in one query."""

NOT_ARCHIVED_MESSAGE: Final = "{}; releases collected meanwhile are not archived"

ARCHIVE_LOCKED_MESSAGE: Final = (
    "another process writes to it; stop `communique run` and other visits, and try again"
)


class Archive:
    """The archive in ``folder`` (HOME/archive), which is created with the first record.

    ``agent`` (our user agent), ``robots`` (our policy for robots.txt) and ``operator`` are written
    to warcinfo records. ``log`` opens a transparency log shared with other machines; without it,
    the archive has its own log. All methods raise ArchiveError, but never damage complete records.
    The class is thread-safe: only one thread writes at a time.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        agent: str = "",
        robots: str = "",
        operator: str = "",
        log: Callable[[], TreeLog] | None = None,
    ) -> None:
        self.folder = folder
        self.index = Index(folder)
        log = log or partial(TreeLog, folder / "log", folder.parent / "log.key")
        self.log, self._signed_log = log(), log()
        self._settings = settings
        self._about = about_writer(agent, robots, operator)
        self._lock, self._sealing = threading.RLock(), threading.RLock()
        self._file: WarcFile | None = None
        self._highest = -1
        self._unsealed = 0
        self._seal_at = MAX_UNSEALED_LEAVES
        self._budget = ArchiveBudget(folder, settings.budget)

    def exchange(self, exchange: Exchange) -> Capture:
        """Write a response and its request as two records, and return the response's capture.

        A response with status 304, or whose payload is already stored, becomes a revisit record
        that refers to the stored record.
        """
        return self.exchanges([exchange])[0]

    def exchanges(self, exchanges: Iterable[Exchange]) -> list[Capture]:
        """Write at least the first of these responses, and as many as possible in one write.

        The write ends before a response whose address or payload it already contains. Returns the
        captures of the written responses. If an exception is raised, no response is stored.
        """
        known: set[object] = set()
        groups: list[tuple[NewRecord, ...]] = []
        with self._writing():
            self._budget.check()
            for exchange in exchanges:
                uri, whole = target_uri(exchange.url)
                payload = sha256(exchange.body)
                keys: set[object] = {uri, payload} if exchange.body else {uri}
                if not known.isdisjoint(keys):
                    # This response may refer to an earlier record of this call, which is not in the
                    # index yet.
                    break
                known |= keys
                original = stored_original(
                    self.folder, self.index, exchange, uri, payload, whole=whole
                )
                answer = response(exchange, uri, payload, original=original)
                # The request comes first, so that the last record in the file is also the last one
                # in its CDXJ file.
                before = () if exchange.rendered else (request(exchange, answer),)
                groups.append((*before, answer))
            return self._put(*groups)

    def metadata(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Write a metadata record about the archive, and return its capture."""
        with self._writing():
            return self._put((metadata(uri, content_type, block, at),))[0]

    def resource(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Write a resource record for a file that is not a server's response.

        Returns the record's capture.
        """
        with self._writing():
            return self._put((resource(target_uri(uri)[0], content_type, block, at),))[0]

    def rendition(
        self, page: ArchiveRecord, kind: str, content_type: str, block: bytes, *, at: dt.datetime
    ) -> Capture:
        """Write a resource record for a ``kind`` ("screenshot" or "pdf") of an archived page.

        The record refers to the record of the page. Returns the record's capture.
        """
        with self._writing():
            self._budget.check()
            uri = f"urn:{kind}:{page.uri}"
            return self._put((resource(uri, content_type, block, at, page.record_id),))[0]

    def adopt(self, fields: Fields, block: bytes) -> Capture | None:
        """Write a record from another archive with its original id, date and digests.

        Returns the record's capture, or None if a capture with the same address, digest and second
        exists. The caller must check that no record in this archive has the same id (see ``log``).
        """
        record = adopted(fields, block)
        with self._writing():
            self._budget.check()
            if record.listed:
                at = record.leaf.at.replace(microsecond=0)
                for one in self.index.captures(posted_address(record.uri, record.posted)):
                    if (one.at, one.digest) == (at, record.digest):
                        return None
            return self._put((record,))[0]

    def record(self, file: str, offset: int) -> ArchiveRecord:
        """Return the record at an offset (in bytes) of an archive file."""
        return read_record(self.folder, file, offset)

    def seal(self) -> None:
        """Sync all records to disk and sign the transparency log.

        Other threads can write in the meantime.
        """
        waiting = 0
        if self._unsealed:
            with self._writing():
                self._note()
                waiting, self._unsealed, self._seal_at = self._unsealed, 0, MAX_UNSEALED_LEAVES
        try:
            # Without own leaves, wait until another thread has signed its leaves.
            with self._sealing:
                if waiting:
                    self._signed_log.seal(self._sync)
        except BaseException:
            # The locks are taken one after the other, because `close` takes this one first.
            with self._lock:
                self._unsealed += waiting
            raise

    def finish(self) -> None:
        """Seal the archive and finish all WARC files, so that none of them changes again.

        Raises ArchiveError if another process writes to one of these files.
        """
        with self._writing("{}; nothing is removed"):
            if self._file is not None:
                self._finish(self._file)
                self._file = None
            files = own_files(self.folder)
            for path in files:
                if path.suffix != DOT_OPEN:
                    continue
                file = take_over(path)
                if file is None:
                    raise ArchiveError(str(path), ARCHIVE_LOCKED_MESSAGE)
                try:
                    self._is_mended(file)
                    file.finish()
                except BaseException:
                    file.close()
                    raise
            if files:
                # Also sign the leaves that a killed process left unsigned.
                self._unsealed += 1
        self.seal()

    def close(self) -> None:
        """Seal the archive and release its growing WARC file, which the next process continues."""
        try:
            self.seal()
        finally:
            with self._lock:
                if self._file is not None:
                    # If the disk is full, the previous sorted index remains for other programs.
                    with suppress(OSError):
                        self._file.write_sorted_index()
                self._let_go()
                self.index.close()
                self.log.close()
                # Another thread may be sealing.
                with self._sealing:
                    self._signed_log.close()

    def _put(self, *groups: tuple[NewRecord, ...]) -> list[Capture]:
        """Write groups of records with their leaves, CDXJ lines and index rows.

        Returns the capture of the last record of each group.
        """
        records = [one for group in groups for one in group]
        size = sum(len(one.member) for one in records)
        file = self._ready(size)
        offset = file.append(b"".join(one.member for one in records))
        try:
            leaf = self.log.append(*(one.leaf for one in records))
        except UncertainLeaves:
            # A leaf needs its record. The next process that locks the file adds missing leaves.
            self._let_go()
            raise
        except ArchiveError:
            file.cut(offset)
            raise
        captures = []
        entries = []
        for group in groups:
            leaf += len(group)
            offset += sum(len(one.member) for one in group)
            captures.append(group[-1].capture(file.name, offset, leaf - 1))
            if group[-1].listed:
                entries.append(entry_at(group[-1], captures[-1]))
        file.list(b"".join(entry.encode() for entry in entries))
        for entry in entries:
            # After an error, the index adds this row from the CDXJ file when it is opened next.
            with suppress(ArchiveError):
                self.index.add(entry)
        self._unsealed += len(records)
        self._highest = max(self._highest, leaf - 1)
        self._budget.add(size)
        if self._unsealed >= self._seal_at:
            self._seal_at = self._unsealed + MAX_UNSEALED_LEAVES
            # If the log can't be signed, the visit reports this at its end. Until then the leaves
            # wait.
            with suppress(ArchiveError):
                self.seal()
        return captures

    def _ready(self, size: int) -> WarcFile:
        """Return a WARC file with room for a record of ``size`` bytes."""
        if self._file is not None and self._is_full(self._file, size):
            self._finish(self._file)
            self._file = None
        if self._file is None:
            self._file = self._taken(size)
        return self._file

    def _is_full(self, file: WarcFile, size: int) -> bool:
        over = file.size + size > self._settings.max_file and file.listed > 0
        return over or file.age(utc_now()) >= MAX_FILE_AGE

    def _finish(self, file: WarcFile) -> None:
        self._note()
        file.finish()

    def _taken(self, size: int) -> WarcFile:
        """Lock and return an unfinished WARC file that no other process is writing, or a new file.

        Missing leaves and CDXJ lines of an unfinished file are added first.
        """
        self.log.fill(self.index.highest_leaf() + 1)
        for path in own_files(self.folder):
            if path.suffix != DOT_OPEN or (file := take_over(path)) is None:
                continue
            try:
                if self._is_mended(file) and not self._is_full(file, size):
                    if read_record(self.folder, file.name, 0).block != self._about:
                        self._tell(file)
                    return file
                file.finish()
            except BaseException:
                file.close()
                raise
        file = new_file(self.folder, utc_now())
        try:
            self._tell(file)
        except BaseException:
            file.close()
            raise
        return file

    def _is_mended(self, file: WarcFile) -> bool:
        """Add the leaves and CDXJ lines that are missing because a file's writer was killed.

        Returns whether records can be appended to the file. They can't if it is empty, or if a
        damaged part precedes a complete record. A damaged file is not changed.
        """
        records = file.mend()
        try:
            while some := [(one.leaf(), entry_of(one, -1)) for one in islice(records, BATCH_SIZE)]:
                leaves = [leaf for leaf, _ in some if leaf]
                known = self.log.find([leaf.record_id for leaf in leaves])
                for leaf, entry in some:
                    if leaf is None:
                        continue
                    if leaf.record_id not in known:
                        known[leaf.record_id] = self.log.append(leaf)
                    if entry:
                        file.list(replace(entry, leaf=known[leaf.record_id]).encode())
                self._unsealed += len(leaves)
        except BrokenFile:
            return False
        if file.mended:
            self.index.forget(file.name)
            self.index.read_on()
        return file.size > 0

    def _tell(self, file: WarcFile) -> None:
        """Write a warcinfo record about the program and the operator to a file."""
        record = warcinfo(file.name, utc_now(), self._about)
        file.append(record.member)
        self.log.append(record.leaf)
        self._unsealed += 1

    def _note(self) -> None:
        """Record in the index how many bytes of the growing CDXJ file the index covers."""
        if self._file is not None:
            self.index.note(self._file.name, self._file.listed, self._highest)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _sync(self) -> None:
        """Sync all growing WARC files to disk, because the log has leaves for their records."""
        for path in own_files(self.folder):
            if path.suffix == DOT_OPEN:
                with suppress(FileNotFoundError):
                    sync(path)

    @contextmanager
    def _writing(self, refused: str = NOT_ARCHIVED_MESSAGE) -> Iterator[None]:
        """Context manager: one thread writes at a time, and OSError becomes ArchiveError.

        ``refused`` is the template of the error message. After an error, the growing file is
        released, and the next process that locks it repairs it first.
        """
        with self._lock:
            try:
                if self._file is None:
                    self.folder.mkdir(parents=True, exist_ok=True)
                yield
            except ArchiveError:
                raise
            except OSError as error:
                self._let_go()
                path = str(error.filename or self.folder)
                raise ArchiveError(path, refused.format(error.strerror or error)) from error
            except BaseException:
                self._let_go()
                raise
