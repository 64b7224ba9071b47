"""One log for the archives of many machines: all give their leaves to a database, one signs them.

The database gives each leaf its number, and keeps all: so the tiles can be made anew on any machine
that has the key. A leaf is signed once the machine that wrote its record says that the record is
durable. One that does not come back in a day holds the log up no longer: its leaves become void,
and their records get others when it is back.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from data.archive.log.checkpoint import Checkpoint
from data.archive.log.leaf import Leaf
from data.archive.log.notes import SigningKey
from data.archive.log.tree_log import TreeLog
from data.errors import ArchiveError
from data.files import Writer, read_regular

TOGETHER: Final = 4096
"""Leaves that are taken out of the database at once."""

LOST_AFTER: Final = dt.timedelta(days=1)
"""How long leaves wait for the machine that wrote their records."""

ANOTHER: Final = (
    "the log of this archive is signed with the key {}, which is not here: copy log.key and the "
    "folder archive/log from the machine that signed it to whichever is to sign it now"
)

BEGAN_APART: Final = (
    "it holds {} leaves of its own, and other machines gave leaves to the database before: move "
    "the store of this HOME into an empty database (communique migrate) before any worker starts"
)

NOT_ALL: Final = (
    "of the {} leaves that are older than the database, {} are here: copy the folder archive/log "
    "from the machine that signed last"
)

BEHIND: Final = (
    "it has {} leaves and the database {}: one of them was put back from an older copy. Put both "
    "back from copies of one time, or the folder log from the newest"
)


class LeafStore(Protocol):
    """Where the leaves of many machines get their numbers. All verbs raise ArchiveError."""

    def signer(self) -> tuple[str, ...]:
        """All keys of who signs, as vkeys, the newest last; none before the first that does."""

    def set_signer(self, verifier: str, base: int) -> bool:
        """Keep who signs, and that his log has ``base`` leaves already; whether it is kept.

        It is not where somebody signs, or where leaves are here that those would come before.
        """

    def follow_signer(self, known: Sequence[str], keys: Sequence[str]) -> None:
        """Keep all keys of who signs, in place of those that were known."""

    def base(self) -> int:
        """How many leaves the log of who signs had before the first one here."""

    def append(self, entries: Sequence[bytes], writer: str) -> int:
        """Give entries numbers, one after the other, and return the first. They are durable."""

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        """The numbers of the leaves of records, of several the last."""

    def end(self) -> int:
        """How many leaves there are, those before the first one here too."""

    def confirm(self, writer: str, end: int) -> None:
        """Note that the records of a writer's leaves before the number ``end`` are durable."""

    def give_up(self, before: dt.datetime) -> int:
        """Make leaves void that were given before then and never confirmed; how many."""

    def entries(self, first: int) -> list[bytes]:
        """All entries from a number on."""

    def confirmed(self, first: int, *, limit: int) -> list[bytes]:
        """Entries from a number on, up to the first that is not confirmed."""


class SharedLog(TreeLog):
    """The log in ``folder`` as far as it is signed here; its leaves are in ``leaves``.

    Where ``signs``, the tree is made and signed with the key in the file ``key`` whenever this HOME
    seals; elsewhere its leaves are only confirmed. One object is not for several threads.
    """

    def __init__(self, folder: Path, key: Path, leaves: LeafStore, *, signs: bool) -> None:
        super().__init__(folder, key)
        self._key_file = key
        self._leaves = leaves
        self._signs = signs
        self._is_joined = False

    def append(self, *leaves: Leaf) -> int:
        """Take in leaves, and return the number of the first; the others follow it."""
        self.join()
        return self._leaves.append([leaf.encode() for leaf in leaves], self._writer())

    def fill(self, size: int) -> int:
        """Make no void leaves: no loss of power frees a number that a database gave."""
        del size
        return 0

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        """The numbers of the leaves of records, of several the last; one without is left out."""
        return self._leaves.find(record_ids)

    def waiting(self, size: int) -> bytes:
        """The entries behind the first ``size``, whether they are confirmed or not."""
        return b"".join(self._leaves.entries(size))

    def seal(self, sync_records: Callable[[], object]) -> None:
        """Confirm the leaves of this HOME once their records are durable; sign them where it does.

        Raises ArchiveError.
        """
        self.join()
        end = self._leaves.end()
        sync_records()
        self._leaves.confirm(self._writer(), end)
        if self._signs:
            self.sign()

    def sign(self) -> Checkpoint:
        """Take all confirmed leaves into the tree, and sign it.

        Raises ArchiveError where another machine signs.
        """
        self.join()
        self._check_signer()
        with self._feeding():
            self.check_beginning()
            self._leaves.give_up(dt.datetime.now(dt.UTC) - LOST_AFTER)
            begin = self.end()
            if begin > (end := self._leaves.end()):
                raise ArchiveError(str(self.folder), BEHIND.format(begin, end))
            while some := self._leaves.confirmed(self.end(), limit=TOGETHER):
                self.append_entries(some)
            return self.integrate()

    def rotate_key(self) -> Checkpoint:
        """Replace the key as TreeLog does; whoever has the old one alone signs nothing from now on.

        Raises ArchiveError where another machine signs.
        """
        # Up to what others may have signed with the old one.
        self.sign()
        done = super().rotate_key()
        self._check_signer()
        return done

    def key(self) -> SigningKey:
        """The key, which only the machine that signs has. Raises ArchiveError elsewhere."""
        self.join()
        self._check_signer()
        return super().key()

    def join(self) -> None:
        """Have the numbers of the database follow those of the log that was begun here alone.

        Raises ArchiveError where this HOME is to sign, and others gave such numbers before.
        """
        if self._is_joined:
            return
        begun = self._key_file.exists() and self.end() > 0
        if (self._signs or begun) and not self._leaves.signer():
            size = self.end()
            kept = self._leaves.set_signer(str(super().key().verifier), size)
            if self._signs and not kept and not self._leaves.signer():
                raise ArchiveError(str(self.folder), BEGAN_APART.format(size))
        self._is_joined = True

    def may_sign(self) -> bool:
        """Whether this HOME can sign: it has what that takes, or nobody has signed yet."""
        try:
            self.check()
        except ArchiveError:
            return False
        return True

    def check(self) -> None:
        """Raise ArchiveError where somebody signs the log, and this HOME lacks what that takes."""
        if self._leaves.signer():
            self._check_signer()
            self.check_beginning()

    def check_beginning(self) -> None:
        """Raise ArchiveError where leaves lack here that no database has: no tree can be made."""
        if (size := self.end()) < (base := self._leaves.base()):
            raise ArchiveError(str(self.folder), NOT_ALL.format(base, size))

    def _check_signer(self) -> None:
        """Raise ArchiveError where another one signs, or another key by now; none is made then."""
        known = self._leaves.signer()
        if self._key_file.exists():
            super().key()
            ours = tuple(map(str, self.key_chain().keys))
            if known and {*known} <= {*ours}:
                if known != ours:
                    self._leaves.follow_signer(known, ours)
                return
        name = "+".join(known[-1].split("+")[:2]) if known else None
        raise ArchiveError(str(self.folder), ANOTHER.format(name))

    @contextmanager
    def _feeding(self) -> Iterator[None]:
        """One process of this HOME at a time takes leaves into the tree."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "shared.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _writer(self) -> str:
        """What the database calls this HOME: made at first, the same in all its processes."""
        path = self.folder / "writer"
        try:
            return read_regular(path).decode("ascii")
        except FileNotFoundError:
            with self._feeding():
                if not path.exists():
                    writer = Writer(self.folder)
                    writer.write(path.name, secrets.token_hex(16).encode())
                    writer.flush()
            return read_regular(path).decode("ascii")
