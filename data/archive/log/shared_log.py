"""Log shared by the archives of many machines: a database collects leaves, one machine signs.

A table in PostgreSQL assigns numbers to all leaves and keeps them, so any machine with the key can
rebuild the tiles. A machine confirms its leaves when their records are on disk, and only confirmed
leaves are signed. Leaves that are not confirmed within a day become void. If their machine returns,
their records get new leaves. Leaves are not part of the store's transactions, because archive
records remain even if a decision about them is rolled back.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from data.archive.log.leaves import ENTRY_BYTES, ID_BYTES, Leaf
from data.archive.log.notes import Checkpoint, SigningKey
from data.archive.log.tree_log import TreeLog, UncertainLeaves
from data.errors import ArchiveError, StoreError
from data.files import locked, read_regular, write_files
from data.store.postgres.pool import WRITER, failed, pool_of
from data.text.masking import masked

MAX_WAIT_SECONDS: Final = 30.0
"""Maximum time in seconds to wait for a restarting database."""

TAKE_TURN: Final = f"SELECT pg_advisory_xact_lock({WRITER + 1}, hashtext(current_schema()))"
"""Query that lets only one process at a time assign leaf numbers, to avoid gaps."""

END: Final = (
    "SELECT coalesce((SELECT max(number) + 1 FROM log_leaves),"
    " (SELECT base FROM log_signer), 0)::bigint"
)

BATCH_LEAVES: Final = 4096
"""Maximum number of leaves per query to the database."""

LOST_AFTER: Final = dt.timedelta(days=1)
"""Time after which a leaf becomes void if its machine has not confirmed it."""

OTHER_KEY_MESSAGE: Final = (
    "the log of this archive is signed with the key {}, which this machine does not have: copy "
    "log.key and the folder archive/log from the machine that signed it to the machine that will "
    "sign it"
)

BEGAN_APART: Final = (
    "this log has {} leaves, but other machines already added leaves to the database: move the "
    "store of this HOME into an empty database (communique migrate) before any worker starts"
)

NOT_ALL: Final = (
    "this machine has only {1} of the {0} leaves that are older than the database: copy the "
    "folder archive/log from the machine that signed last"
)

BEHIND: Final = (
    "the log has {} leaves and the database {}: one of them was restored from an older copy. "
    "Restore both from copies of the same time, or only the folder log from its newest copy"
)


class LeafTable:
    """Assigns numbers to the leaves of many machines, in the database at ``url``.

    The database is opened on first use. All methods raise ArchiveError.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def signer(self) -> tuple[str, ...]:
        """Return all public keys of the machine that signs the log, as vkeys, newest last.

        The result is empty if no machine has signed the log yet.
        """
        with self._transaction() as db:
            rows = db.execute("SELECT verifier FROM log_signer").fetchall()
            return tuple(str(rows[0][0]).split()) if rows else ()

    def set_signer(self, verifier: str, base: int) -> bool:
        """Make a machine the signing machine, and return whether this succeeded.

        ``verifier`` is the machine's public key, ``base`` the number of leaves in its log. Fails if
        another machine already signs, or if the table has leaves with numbers below ``base``.
        """
        with self._transaction() as db:
            db.execute(TAKE_TURN)
            done = db.execute(
                "INSERT INTO log_signer (one, verifier, base) SELECT 1, %s, %s::bigint"
                " WHERE %s::bigint = 0 OR NOT EXISTS (SELECT 1 FROM log_leaves)"
                " ON CONFLICT DO NOTHING",
                [verifier, base, base],
            )
            return done.rowcount == 1

    def follow_signer(self, known: Sequence[str], keys: Sequence[str]) -> None:
        """Replace the signing machine's ``known`` keys with its current ``keys``."""
        with self._transaction() as db:
            db.execute(
                "UPDATE log_signer SET verifier = %s WHERE verifier = %s",
                [" ".join(keys), " ".join(known)],
            )

    def base(self) -> int:
        """Return the number of leaves that the log had before its first leaf in this database."""
        with self._transaction() as db:
            rows = db.execute("SELECT base FROM log_signer").fetchall()
            return int(rows[0][0]) if rows else 0

    def append(self, entries: Sequence[bytes], writer: str) -> int:
        """Store entries durably under successive numbers, and return the first number.

        ``writer`` is the id of the machine that wrote their records.
        """
        with self._transaction() as db:
            db.execute(TAKE_TURN)
            ((first,),) = db.execute(END).fetchall()
            db.execute(
                "INSERT INTO log_leaves (number, entry, record, writer)"
                " SELECT %s::bigint + given.place - 1, given.entry, given.record, %s"
                " FROM unnest(%s::bytea[], %s::uuid[]) WITH ORDINALITY"
                " AS given (entry, record, place)",
                [
                    first,
                    writer,
                    [*entries],
                    [UUID(bytes=bytes(one[-ID_BYTES:])) for one in entries],
                ],
            )
            return int(first)

    def find(self, record_ids: Collection[UUID], *, settled: bool = False) -> dict[UUID, int]:
        """Return the leaf numbers of records by record id.

        If a record has several leaves, the last number is returned. With ``settled``, wait first
        until all earlier calls of `append` have ended in the database.
        """
        with self._transaction() as db:
            if settled:
                db.execute(TAKE_TURN)
            rows = db.execute(
                "SELECT record, max(number) FROM log_leaves"
                " WHERE record = ANY (%s) GROUP BY record",
                [[*record_ids]],
            )
            return dict(rows.fetchall())

    def end(self) -> int:
        """Return the number of leaves in the log, including leaves that are not in the database."""
        with self._transaction() as db:
            ((end,),) = db.execute(END).fetchall()
            return int(end)

    def confirm(self, writer: str, end: int) -> None:
        """Confirm leaves of a machine after their records were synced to disk.

        ``writer`` is the id of the machine. All its leaves with numbers below ``end`` are
        confirmed.
        """
        with self._transaction() as db:
            db.execute(
                "UPDATE log_leaves SET confirmed = true"
                " WHERE writer = %s AND number < %s AND NOT confirmed",
                [writer, end],
            )

    def give_up(self, before: dt.datetime) -> int:
        """Void all unconfirmed leaves from before the time ``before``, and return their number."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE log_leaves SET entry = %s, record = NULL, confirmed = true"
                " WHERE NOT confirmed AND at < %s",
                [bytes(ENTRY_BYTES), before],
            )
            return done.rowcount

    def entries(self, first: int) -> list[bytes]:
        """Return all log entries from number ``first`` on."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT entry FROM log_leaves WHERE number >= %s ORDER BY number", [first]
            )
            return [bytes(entry) for (entry,) in rows]

    def confirmed(self, first: int, *, limit: int) -> list[bytes]:
        """Return confirmed entries from number ``first`` on, up to the first unconfirmed entry.

        Returns at most ``limit`` entries.
        """
        with self._transaction() as db:
            rows = db.execute(
                "SELECT number, entry, confirmed FROM log_leaves WHERE number >= %s"
                " ORDER BY number LIMIT %s",
                [first, limit],
            )
            entries: list[bytes] = []
            for number, entry, is_confirmed in rows:
                if not is_confirmed or number != first + len(entries):
                    break
                entries.append(bytes(entry))
            return entries

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with pool_of(self._url, MAX_WAIT_SECONDS).connection() as db, db.transaction():
                yield db
        except psycopg.Error as error:
            raise ArchiveError(masked(self._url), str(failed(self._url, error))) from error
        except StoreError as error:
            raise ArchiveError(masked(self._url), str(error)) from error


class SharedLog(TreeLog):
    """The log in ``folder``, shared by several machines.

    The table ``leaves`` collects their leaves.

    If this machine ``signs``, each `seal` builds the tree and signs it with the private key in the
    file ``key``. Other machines only confirm their leaves. Not thread-safe.
    """

    def __init__(self, folder: Path, key: Path, leaves: LeafTable, *, signs: bool) -> None:
        super().__init__(folder, key)
        self._key_file = key
        self._leaves = leaves
        self._signs = signs
        self._is_joined = False

    def append(self, *leaves: Leaf) -> int:
        """Append leaves with successive numbers and return the number of the first leaf.

        Raises ArchiveError; no leaf is added then. Raises UncertainLeaves if the database can't be
        reached any more, so that the leaves may have been added.
        """
        self.join()
        try:
            return self._leaves.append([leaf.encode() for leaf in leaves], self._writer())
        except ArchiveError as error:
            # The connection may have broken after the commit.
            try:
                found = self._leaves.find([leaf.record_id for leaf in leaves], settled=True)
            except ArchiveError:
                raise UncertainLeaves(error.path, error.cause) from error
            if not found:
                raise
            return min(found.values())

    def fill(self, size: int) -> int:
        """Do nothing and return 0.

        Void leaves are not needed, because the database never assigns a number twice.
        """
        del size
        return 0

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        return self._leaves.find(record_ids)

    def waiting(self, size: int) -> bytes:
        """Return all entries after the first ``size`` entries, confirmed or not."""
        return b"".join(self._leaves.entries(size))

    def seal(self, sync_records: Callable[[], object]) -> None:
        """Sync this machine's records with ``sync_records`` and confirm their leaves.

        The signing machine then also signs the log. Raises ArchiveError.
        """
        self.join()
        end = self._leaves.end()
        sync_records()
        self._leaves.confirm(self._writer(), end)
        if self._signs:
            self.sign()

    def sign(self) -> Checkpoint:
        """Add all confirmed leaves to the tree, and sign the tree.

        Raises ArchiveError if another machine signs this log.
        """
        self.join()
        self._check_signer()
        with self._feeding():
            self.check_beginning()
            self._leaves.give_up(dt.datetime.now(dt.UTC) - LOST_AFTER)
            begin = self.end()
            if begin > (end := self._leaves.end()):
                raise ArchiveError(str(self.folder), BEHIND.format(begin, end))
            while some := self._leaves.confirmed(self.end(), limit=BATCH_LEAVES):
                self.append_entries(some)
            return self.integrate()

    def rotate_key(self) -> Checkpoint:
        """Replace the key of the log, like TreeLog.rotate_key.

        The old key signs all current leaves first. Raises ArchiveError if another machine signs
        this log.
        """
        # First add all leaves that the old key may have signed on another machine.
        self.sign()
        done = super().rotate_key()
        self._check_signer()
        return done

    def key(self) -> SigningKey:
        """Return the private key of the log, which only the signing machine has.

        Raises ArchiveError on other machines.
        """
        self.join()
        self._check_signer()
        return super().key()

    def join(self) -> None:
        """Register this machine as the signer if its log is older than the leaves in the database.

        Raises ArchiveError if other machines have already added leaves to the database.
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
        """Return whether this machine can sign the log.

        The log must be unsigned, or its key and first leaves must be on this machine.
        """
        try:
            self.check()
        except ArchiveError:
            return False
        return True

    def check(self) -> None:
        """Raise ArchiveError if the log is signed, but its key or first leaves are missing here."""
        if self._leaves.signer():
            self._check_signer()
            self.check_beginning()

    def check_beginning(self) -> None:
        """Raise ArchiveError if this machine lacks the leaves from before the database."""
        if (size := self.end()) < (base := self._leaves.base()):
            raise ArchiveError(str(self.folder), NOT_ALL.format(base, size))

    def _check_signer(self) -> None:
        """Raise ArchiveError if the log is signed by another machine or with another key."""
        known = self._leaves.signer()
        if self._key_file.exists():
            super().key()
            ours = tuple(map(str, self.key_chain().keys))
            if known and {*known} <= {*ours}:
                if known != ours:
                    self._leaves.follow_signer(known, ours)
                return
        name = "+".join(known[-1].split("+")[:2]) if known else None
        raise ArchiveError(str(self.folder), OTHER_KEY_MESSAGE.format(name))

    def _feeding(self) -> AbstractContextManager[None]:
        """Context manager that lets only one process on this machine add leaves to the tree."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return locked(self.folder / "shared.lock")

    def _writer(self) -> str:
        """Return this machine's id in the database, and create it on first use."""
        path = self.folder / "writer"
        try:
            return read_regular(path).decode("ascii")
        except FileNotFoundError:
            with self._feeding():
                if not path.exists():
                    write_files(self.folder, {path.name: secrets.token_hex(16).encode()})
            return read_regular(path).decode("ascii")
