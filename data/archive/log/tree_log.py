"""The log of one archive: leaves come in, tiles and signed checkpoints come out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from data.archive.log.attestations import Attestations
from data.archive.log.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from data.archive.log.keys import KeyChain, LogKey
from data.archive.log.leaf import ID, Leaf
from data.archive.log.merkle import leaf_hash
from data.archive.log.notes import InvalidNote, Signature, SigningKey, VerifierKey
from data.archive.log.pending import Pending, waiting_entries
from data.archive.log.tiles import WIDTH, TileTree, grown, read_file, tidy
from data.errors import ArchiveError
from data.files import Writer, read_regular


def log_of(home: Path) -> TreeLog:
    """The log of the archive of a HOME."""
    return TreeLog(home / "archive" / "log", home / "log.key")


RESTORE: Final = "put it back from a copy, such as site/log/checkpoint"

DAMAGED: Final = (
    "its tiles do not give the root that was signed last; put the folder tile back from a copy, "
    "such as site/log/tile. Meanwhile all is collected, and nothing new is signed"
)


class TreeLog:
    """The log in ``folder``, signed with the key in the file ``key``, made at its first use.

    Several processes append and integrate at the same time; one object is not for several threads.
    """

    def __init__(self, folder: Path, key: Path) -> None:
        self.folder = folder
        self._key = LogKey(key, folder)
        self._pending = Pending(folder, self._size)

    def append(self, *leaves: Leaf) -> int:
        """Take in leaves, and return the number of the first, which no other leaf gets.

        The others follow it. They are kept whatever kills this process; they are durable, and in
        the tree, once integrated. Raises ArchiveError; none of them is in then.
        """
        return self.append_entries([leaf.encode() for leaf in leaves])

    def append_entries(self, entries: Sequence[bytes]) -> int:
        """Take in entries as ``append`` does leaves, void ones too."""
        try:
            return self._pending.append(b"".join(entries))
        except OSError as error:
            raise ArchiveError(str(self.folder), error.strerror or str(error)) from error

    def end(self) -> int:
        """How many leaves there are, in the tree or not yet. Raises ArchiveError."""
        with self._told():
            base, entries = self._pending.entries()
        return base + len(entries)

    def fill(self, size: int) -> int:
        """Make void leaves of those that are missing from the first ``size``; returns how many.

        After a loss of power, numbers that were given to leaves may be free again: so none of them
        is given to another. Raises ArchiveError.
        """
        with self._told():
            return self._pending.fill(size)

    def integrate(self, sync_records: Callable[[], object] | None = None) -> Checkpoint:
        """Put all leaves into the tree, make it durable, and sign it.

        ``sync_records`` makes the records durable that the leaves are of; it is called once it is
        settled which leaves these are, before anything is signed. Killed at any point, the next
        integration goes on to the same tree. Raises ArchiveError; the leaves wait then.
        """
        with self._told(), self._locked():
            return self._integrate(self._key.load(), sync_records)

    def seal(self, sync_records: Callable[[], object]) -> None:
        """Integrate, where the leaves are this log's own."""
        self.integrate(sync_records)

    def rotate_key(self) -> Checkpoint:
        """Replace the key of the log by a new one, and sign the tree with it.

        The old key and the new one sign the rotation. Raises ArchiveError.
        """
        with self._told(), self._locked():
            last = self._integrate(self._key.load(), None)
            return self._integrate(self._key.rotate(last.size), None)

    def key(self) -> SigningKey:
        """The key, made at its first use. Raises ArchiveError."""
        with self._told(), self._locked():
            return self._key.load()

    def check_key(self) -> None:
        """Raise ArchiveError where nothing new can be signed, as the key is lost or another."""
        self._key.check()

    def key_chain(self) -> KeyChain:
        """All public keys of the log. Raises ArchiveError."""
        return self._key.chain()

    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint that was signed, or None before the first. Raises ArchiveError."""
        try:
            return parse_checkpoint(read_regular(self.folder / "checkpoint"))
        except FileNotFoundError:
            return None
        except (InvalidNote, OSError) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            raise ArchiveError(str(self.folder / "checkpoint"), f"{cause}; {RESTORE}") from error

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        """The numbers of the leaves of records, of several the last; one without is left out.

        It looks at the newest first, and at all where one has none. Raises ArchiveError.
        """
        left = {record_id.bytes: record_id for record_id in record_ids}
        found = {}
        with self._told():
            for first, block in self._blocks():
                for number, entry in reversed([*enumerate(block, first)]):
                    if record_id := left.pop(entry[-ID:], None):
                        found[record_id] = number
                if not left:
                    break
        return found

    def _blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """All entries, the newest block first, each with the number of its first entry."""
        base, entries = self._pending.entries()
        yield base, entries
        tree = self.tree(base)
        for bundle in reversed(range(-(-base // WIDTH))):
            yield bundle * WIDTH, tree.entries(bundle)

    def waiting(self, size: int) -> bytes:
        """The entries behind the first ``size``, in the tree or not yet; nothing is written.

        None where some are missing between these. Raises OSError and ArchiveError.
        """
        return waiting_entries(self.folder / "pending", size)

    @contextmanager
    def settled(self) -> Iterator[Checkpoint | None]:
        """The last checkpoint, while nobody signs another one and no file is given up.

        Raises ArchiveError.
        """
        with self._told(), self._locked():
            yield self.checkpoint()

    def add_cosignature(self, signed: Checkpoint, key: VerifierKey, signature: Signature) -> None:
        """Keep what a witness signed of a checkpoint of this log, and its key.

        Raises ArchiveError.
        """
        with self._told(), self._locked():
            attestations = Attestations(self.folder)
            attestations.note_witness(key)
            attestations.add_cosignature(signed, signature)
            present = self.checkpoint()
            if present and present.note.text == signed.note.text:
                content = present.note.with_signatures([signature]).encode()
                self._write({"checkpoint": content})

    def add_timestamp(self, stamped: Checkpoint, answer: bytes) -> None:
        """Keep the answer of a time-stamp authority about a checkpoint. Raises ArchiveError."""
        with self._told(), self._locked():
            Attestations(self.folder).add_timestamp(stamped, answer)

    def tree(self, size: int) -> TileTree:
        """The tree that a checkpoint of that size tells."""
        return TileTree(size, self.read)

    def read(self, path: str) -> bytes:
        """A file of the log. Raises FileNotFoundError."""
        return read_file(self.folder, path)

    def close(self) -> None:
        """Let go of the files; what was appended waits for the next integration."""
        self._pending.close()

    def _integrate(self, key: SigningKey, sync_records: Callable[[], object] | None) -> Checkpoint:
        signed = self.checkpoint()
        base, entries = self._pending.entries()
        if sync_records:
            sync_records()
        # Where the last integration was ended by force, entries that the tree holds still wait;
        # where an older checkpoint was put back, the tree goes on from what its files hold.
        size = max(base, signed.size if signed else 0)
        tree = self.tree(size)
        if signed and tree.root_of(signed.size) != signed.root:
            raise ArchiveError(str(self.folder), DAMAGED)
        added = entries[size - base :]
        if signed and signed.size == size + len(added) and self._is_signed(signed, key):
            self._tidy(base, size)
            return signed
        files = grown(tree, added, [leaf_hash(entry) for entry in added])
        new = TileTree(size + len(added), lambda path: files.get(path) or self.read(path))
        checkpoint = sign_checkpoint(key, new.size, new.root())
        # What the checkpoint says is there before it is.
        self._write(files)
        self._write({"checkpoint": checkpoint.encode()})
        self._tidy(base, new.size)
        return checkpoint

    def _write(self, files: Mapping[str, bytes]) -> None:
        writer = Writer(self.folder)
        for path, content in files.items():
            writer.write(path, content)
        writer.flush()

    def _is_signed(self, checkpoint: Checkpoint, key: SigningKey) -> bool:
        try:
            return checkpoint.note.signed_by(key.verifier) is not None
        except InvalidNote as error:
            raise ArchiveError(str(self.folder / "checkpoint"), f"{error}; {RESTORE}") from error

    def _tidy(self, old: int, size: int) -> None:
        """Let go of what a tree of ``size`` leaves needs no more, since it had ``old``."""
        tidy(self.folder, old, size)
        self._pending.give_up(size)

    def _size(self) -> int:
        signed = self.checkpoint()
        if not signed and not self._pending.is_there and (self.folder / "tile").exists():
            raise ArchiveError(str(self.folder / "checkpoint"), f"it is gone; {RESTORE}")
        return signed.size if signed else 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(
                error.filename or str(self.folder), error.strerror or str(error)
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of those who write the tree; who appends does not wait for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "tree.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
