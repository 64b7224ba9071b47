"""The archive of a HOME: what servers answered goes in, and it is said where it lies.

A record is written in an order that no kill can spoil: the record, its leaf in the log, its line in
the CDXJ file, its row in the index. Only then does its caller learn of it, and may point to it. A
file that a process left is taken over by another, which enters what was not entered any more.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final

from data.archive.budget import Budget
from data.archive.log.tree_log import TreeLog
from data.archive.originals import stored_original
from data.archive.warc.adoption import adopted
from data.archive.warc.cdxj import Entry, entry_at, entry_of
from data.archive.warc.index import Index
from data.archive.warc.reader import OPEN, Record, read_record
from data.archive.warc.records import (
    Fields,
    NewRecord,
    metadata,
    request,
    resource,
    response,
    sha256,
    target_uri,
    warc_fields,
    warcinfo,
)
from data.archive.warc.warc_file import BrokenFile, WarcFile, new_file, own_files, take_over
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import sync
from data.models.capture import Capture
from data.models.exchange import Exchange
from data.settings import Archive as Settings
from data.text.posted import posted_address

MOST_AGE: Final = dt.timedelta(days=1)
"""How old a file is that gets no more records."""

SEAL_AFTER: Final = 4096
"""Leaves that wait for their place in the tree of the log at the most."""

AT_ONCE: Final = 10_000
"""Records whose leaves are looked for at once."""

CONFORMS_TO: Final = (
    "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
)

NOT_KEPT: Final = "{}; what is collected meanwhile is not archived"

HELD: Final = (
    "another process writes it; stop `communique run` and what else collects, and try again"
)


class Archive:
    """The archive in ``folder``, HOME/archive; nothing is there before its first record.

    ``agent`` is how we call ourselves to servers, ``robots`` how we obey robots.txt, ``operator``
    who runs this: the warcinfo record tells them. ``log`` opens the log that its records are in,
    where that is not its own. All verbs raise ArchiveError; every record that
    was whole before still is then. Threads take turns.
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
        software = f"Communique/{version('communique')}"
        self._about = warc_fields(
            (
                ("software", software),
                ("format", "WARC File Format 1.1"),
                ("conformsTo", CONFORMS_TO),
                ("operator", operator),
                ("robots", robots),
                ("http-header-user-agent", agent),
            )
        )
        self._lock, self._sealing = threading.RLock(), threading.RLock()
        self._file: WarcFile | None = None
        self._highest = -1
        self._unsealed = 0
        self._seal_at = SEAL_AFTER
        self._is_noted = True
        self._budget = Budget(folder, settings.budget)

    def exchange(self, exchange: Exchange) -> Capture:
        """Keep an answer, and the request that got it.

        An answer whose payload is here already refers to it, and so does a 304.
        """
        return self.exchanges([exchange])[0]

    def exchanges(self, exchanges: Iterable[Exchange]) -> list[Capture]:
        """Keep the first of these answers, as many as can be written together: one at the least.

        All of those whose captures are given are kept, or where it raises none.
        """
        known: set[object] = set()
        groups: list[tuple[NewRecord, ...]] = []
        with self._writing():
            self._budget.check()
            for exchange in exchanges:
                uri, whole = target_uri(exchange.url)
                payload = sha256(exchange.body)
                told: set[object] = {uri, payload} if exchange.body else {uri}
                if not known.isdisjoint(told):
                    # It may refer to one of those, which the index does not know yet.
                    break
                known |= told
                original = stored_original(
                    self.folder, self.index, exchange, uri, payload, whole=whole
                )
                answer = response(exchange, uri, payload, original=original)
                # The request comes first, so that what the CDXJ file lists last ends the file.
                before = () if exchange.rendered else (request(exchange, answer),)
                groups.append((*before, answer))
            return self._put(*groups)

    def metadata(
        self, uri: str, content_type: str, block: bytes, *, at: dt.datetime, refers_to: str = ""
    ) -> Capture:
        """Keep a metadata record, about the record with the id ``refers_to`` or about all."""
        with self._writing():
            return self._put((metadata(uri, content_type, block, at, refers_to),))[0]

    def resource(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Keep a file that no server answered with, as a resource record."""
        with self._writing():
            return self._put((resource(uri, content_type, block, at),))[0]

    def adopt(self, fields: Fields, block: bytes) -> Capture | None:
        """Keep a record of another archive, with its own id, date and digests.

        None where it is here: a capture of the same address with the same digest in that second.
        The caller checks that no record here has its id (see ``log``).
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

    def record(self, file: str, offset: int) -> Record:
        """The record at a byte of a file."""
        return read_record(self.folder, file, offset)

    def seal(self) -> None:
        """Make all records durable, and have the log sign that they are in it.

        Other threads go on writing meanwhile: the disk may take its time.
        """
        waiting = 0
        if self._unsealed:
            with self._writing():
                self._note()
                waiting, self._unsealed, self._seal_at = self._unsealed, 0, SEAL_AFTER
        with self._sealing:
            if not waiting:
                return
            try:
                self._signed_log.seal(self._sync)
            except BaseException:
                self._unsealed += waiting
                raise

    def finish(self) -> None:
        """Seal, and make all files full, so that none of them changes any more.

        Raises ArchiveError where another process writes one.
        """
        with self._writing("{}; nothing is taken out"):
            if self._file is not None:
                self._finish(self._file)
                self._file = None
            files = own_files(self.folder)
            for path in files:
                if path.suffix != OPEN:
                    continue
                file = take_over(path)
                if file is None:
                    raise ArchiveError(str(path), HELD)
                try:
                    self._is_mended(file)
                    file.finish()
                except BaseException:
                    file.close()
                    raise
            if files:
                # What a process that was killed has left unsigned is signed too.
                self._unsealed += 1
        self.seal()

    def close(self) -> None:
        """Seal, and let go of the file: the next process goes on with it."""
        try:
            self.seal()
        finally:
            with self._lock:
                if self._file is not None:
                    # Without room for it, readers see what they saw before.
                    with suppress(OSError):
                        self._file.write_sorted_index()
                self._let_go()
                self.index.close()
                self.log.close()
                self._signed_log.close()

    def _put(self, *groups: tuple[NewRecord, ...]) -> list[Capture]:
        """Write records, and enter them everywhere; the last one of each group is a capture."""
        records = [one for group in groups for one in group]
        size = sum(len(one.member) for one in records)
        file = self._ready(size)
        offset = file.append(b"".join(one.member for one in records))
        try:
            leaf = self.log.append(*(one.leaf for one in records))
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
            self._enter(entry)
        self._unsealed += len(records)
        self._highest = max(self._highest, leaf - 1)
        self._budget.add(size)
        if self._unsealed >= self._seal_at:
            self._seal_at = self._unsealed + SEAL_AFTER
            # A log that can't be signed is told at the end of the visit; the leaves wait.
            with suppress(ArchiveError):
                self.seal()
        return captures

    def _enter(self, entry: Entry) -> None:
        try:
            self.index.add(entry)
        except ArchiveError:
            # Its row comes back from the CDXJ file when the index is next opened.
            self._is_noted = False

    def _ready(self, size: int) -> WarcFile:
        """The file for records of so many bytes."""
        file = self._file
        if file is not None and self._is_full(file, size):
            self._finish(file)
            self._file = file = None
        if file is None:
            self._file = file = self._taken(size)
        return file

    def _is_full(self, file: WarcFile, size: int = 0) -> bool:
        over = file.size + size > self._settings.max_file and file.listed > 0
        return over or file.age(utc_now()) >= MOST_AGE

    def _finish(self, file: WarcFile) -> None:
        self._note()
        file.finish()

    def _taken(self, size: int) -> WarcFile:
        """A file that another process left, or a new one."""
        self.log.fill(self.index.highest_leaf() + 1)
        for path in own_files(self.folder):
            if path.suffix != OPEN or (file := take_over(path)) is None:
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
        self._tell(file)
        return file

    def _is_mended(self, file: WarcFile) -> bool:
        """Enter the records that a process left without a leaf or a line.

        False where something before a whole record can't be read: what lies behind it stays, and
        nothing more shall lie there.
        """
        records = file.mend()
        try:
            while some := [(one.leaf(), entry_of(one, -1)) for one in islice(records, AT_ONCE)]:
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
        """Say who writes the records after this one."""
        record = warcinfo(file.name, utc_now(), self._about)
        file.append(record.member)
        self.log.append(record.leaf)
        self._unsealed += 1

    def _note(self) -> None:
        """Note how far the index knows the file, so that this is not read again."""
        if self._file is not None and self._is_noted:
            self.index.note(self._file.name, self._file.listed, self._highest)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _sync(self) -> None:
        """Make the records of all files durable that grow: the log takes in the leaves of all."""
        for path in own_files(self.folder):
            if path.suffix == OPEN:
                with suppress(FileNotFoundError):
                    sync(path)

    @contextmanager
    def _writing(self, refused: str = NOT_KEPT) -> Iterator[None]:
        """One writer at a time; what the system refuses is told in the sentence ``refused``.

        After that the file is let go of: whoever takes it next, this process too, mends it first.
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
