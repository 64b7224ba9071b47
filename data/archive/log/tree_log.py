"""Transparency log of one archive: appends leaves, and writes tiles, signed checkpoints and proofs.

A proof shows without access to the log that a leaf is in the log (C2SP tlog-proof).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from data.archive.log.attestations import Attestations
from data.archive.log.keys import KeyChain, LogKey
from data.archive.log.leaves import (
    ENTRY_BYTES,
    HEAD,
    ID_BYTES,
    Leaf,
    Pending,
    first_waiting,
    waiting_entries,
)
from data.archive.log.merkle_tree import (
    TILE_WIDTH,
    TileTree,
    grown,
    inclusion_proof,
    leaf_hash,
    leaves_in,
    read_file,
    tidy,
)
from data.archive.log.notes import (
    Checkpoint,
    InvalidNote,
    NoteSignature,
    SigningKey,
    VerifierKey,
    parse_checkpoint,
    sign_checkpoint,
)
from data.errors import ArchiveError
from data.files import locked, put, read_regular, sync, write_files

DAMAGED: Final = (
    "its tiles do not match the last signed root; restore the folder tile from a copy, "
    "such as site/log/tile. Until then, releases are collected but nothing is signed"
)

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"

SUFFIX: Final = ".tlog-proof"


class UncertainLeaves(ArchiveError):
    """Leaves could not be appended, or they were appended and the response was lost."""


def log_of(home: Path) -> TreeLog:
    """Return the transparency log of the archive in a home directory."""
    return TreeLog(home / "archive" / "log", home / "log.key")


def how_to_restore(folder: Path) -> str:
    """Return advice on how to restore a log's checkpoint. ``folder`` is HOME/archive/log.

    The site has a copy of the log, which may be older.
    """
    copy = folder.parent.parent / "site" / "log" / "checkpoint"
    try:
        size = parse_checkpoint(read_regular(copy)).size
    except (InvalidNote, OSError):
        return f"restore it from a backup, since {copy} is not a copy of it"
    leaves = leaves_in(folder)
    if size < leaves:
        return f"restore it from a backup, since {copy} covers only {size} of {leaves} leaves"
    return f"copy it from {copy}"


class TreeLog:
    """The transparency log in ``folder``, signed with the private key in the file ``key``.

    The key is created on first use. Several processes can append leaves and sign at the same time.
    Not thread-safe.
    """

    def __init__(self, folder: Path, key: Path) -> None:
        self.folder = folder
        self._key = LogKey(key, folder)
        self._pending = Pending(folder, self._size)

    def append(self, *leaves: Leaf) -> int:
        """Append leaves with successive, unique numbers and return the number of the first leaf.

        The leaves survive if this process is killed. The next `integrate` syncs them to disk and
        adds them to the tree. Raises ArchiveError; no leaf is added then.
        """
        return self.append_entries([leaf.encode() for leaf in leaves])

    def append_entries(self, entries: Sequence[bytes]) -> int:
        """Append encoded leaves like ``append``. The entries may include void ones."""
        try:
            return self._pending.append(b"".join(entries))
        except OSError as error:
            raise ArchiveError(str(self.folder), error.strerror or str(error)) from error

    def end(self) -> int:
        """Return the number of leaves, including leaves that are not in the tree yet.

        Raises ArchiveError.
        """
        with self._told():
            base, entries = self._pending.entries()
        return base + len(entries)

    def fill(self, size: int) -> int:
        """Append void leaves until the log has ``size`` leaves, and return their number.

        After a power failure, the log may have lost its last leaves. Void leaves prevent their
        numbers from being assigned again. Raises ArchiveError.
        """
        with self._told():
            return self._pending.fill(size)

    def integrate(self, sync_records: Callable[[], object] | None = None) -> Checkpoint:
        """Add all leaves to the tree, sync it to disk, and sign it.

        Before signing, ``sync_records`` is called to sync the records of these leaves. If the
        process is killed, the next call produces the same tree. Raises ArchiveError; the leaves
        then wait for the next call.
        """
        with self._told(), self._locked():
            return self._integrate(self._key.load(), sync_records)

    def seal(self, sync_records: Callable[[], object]) -> None:
        """Add all leaves to the tree and sign it. All records of the log are on this machine."""
        self.integrate(sync_records)

    def rotate_key(self) -> Checkpoint:
        """Replace the key of the log with a new key, and sign the tree with the new key.

        Both keys sign the rotation. Raises ArchiveError.
        """
        with self._told(), self._locked():
            last = self._integrate(self._key.load(), None)
            return self._integrate(self._key.rotate(last.size), None)

    def key(self) -> SigningKey:
        """Return the private key of the log, and create it on first use. Raises ArchiveError."""
        with self._told(), self._locked():
            return self._key.load()

    def check_key(self) -> None:
        """Raise ArchiveError if the log can't be signed because its key is lost or different."""
        self._key.check()

    def key_chain(self) -> KeyChain:
        """Return all public keys of the log. Raises ArchiveError."""
        return self._key.chain()

    def checkpoint(self) -> Checkpoint | None:
        """Return the last signed checkpoint, or None if the log was never signed.

        Raises ArchiveError.
        """
        try:
            return parse_checkpoint(read_regular(self.folder / "checkpoint"))
        except FileNotFoundError:
            return None
        except (InvalidNote, OSError) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            raise ArchiveError(
                str(self.folder / "checkpoint"), f"{cause}; {how_to_restore(self.folder)}"
            ) from error

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        """Return the leaf numbers of records by record id.

        If a record has several leaves, the last number is returned. Records without a leaf are
        omitted. The newest leaves are searched first. Raises ArchiveError.
        """
        left = {record_id.bytes: record_id for record_id in record_ids}
        found = {}
        with self._told():
            for first, block in self._blocks():
                for number, entry in reversed([*enumerate(block, first)]):
                    if record_id := left.pop(entry[-ID_BYTES:], None):
                        found[record_id] = number
                if not left:
                    break
        return found

    def _blocks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield blocks of log entries, newest first, each with the number of its first entry."""
        base, entries = self._pending.entries()
        yield base, entries
        tree = self.tree(base)
        for bundle in reversed(range(-(-base // TILE_WIDTH))):
            yield bundle * TILE_WIDTH, tree.entries(bundle)

    def waiting(self, size: int) -> bytes:
        """Return all entries after the first ``size`` entries, including those not in the tree yet.

        Returns b"" if entries in between are missing. Writes nothing. Raises OSError and
        ArchiveError.
        """
        return waiting_entries(self.folder / "pending", size)

    @contextmanager
    def settled(self) -> Iterator[Checkpoint | None]:
        """Context manager that locks the log and yields its last checkpoint.

        Within the block, no checkpoint is signed and no file is deleted. Raises ArchiveError.
        """
        with self._told(), self._locked():
            yield self.checkpoint()

    def add_cosignature(
        self, signed: Checkpoint, key: VerifierKey, signature: NoteSignature
    ) -> None:
        """Store the signature of a witness on a checkpoint, and the witness's key."""
        with self._told(), self._locked():
            attestations = Attestations(self.folder)
            attestations.note_witness(key)
            attestations.add_cosignature(signed, signature)
            present = self.checkpoint()
            if present and present.note.text == signed.note.text:
                content = present.note.with_signatures([signature]).encode()
                write_files(self.folder, {"checkpoint": content})

    def add_timestamp(self, stamped: Checkpoint, answer: bytes) -> None:
        """Store the time-stamp response for a checkpoint. Raises ArchiveError."""
        with self._told(), self._locked():
            Attestations(self.folder).add_timestamp(stamped, answer)

    def tree(self, size: int) -> TileTree:
        """Return the tree of the first ``size`` leaves."""
        return TileTree(size, self.read)

    def read(self, path: str) -> bytes:
        """Read a file of the log by its relative path. Raises FileNotFoundError."""
        return read_file(self.folder, path)

    def close(self) -> None:
        """Close the log's files. Leaves that are not integrated yet remain pending."""
        self._pending.close()

    def _integrate(self, key: SigningKey, sync_records: Callable[[], object] | None) -> Checkpoint:
        signed = self.checkpoint()
        base, entries = self._pending.entries()
        if sync_records:
            sync_records()
        # If an integration was killed, some pending entries are already in the tree. If an older
        # checkpoint was restored, the tree continues from its files.
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
        # The files of the tree must be written before the checkpoint that covers them.
        write_files(self.folder, files)
        write_files(self.folder, {"checkpoint": checkpoint.encode()})
        self._tidy(base, new.size)
        return checkpoint

    def _is_signed(self, checkpoint: Checkpoint, key: SigningKey) -> bool:
        try:
            return checkpoint.note.signed_by(key.verifier) is not None
        except InvalidNote as error:
            raise ArchiveError(
                str(self.folder / "checkpoint"), f"{error}; {how_to_restore(self.folder)}"
            ) from error

    def _tidy(self, old: int, size: int) -> None:
        """Delete files that became obsolete when the tree grew from ``old`` to ``size`` leaves."""
        tidy(self.folder, old, size)
        self._pending.give_up(size)

    def _size(self) -> int:
        signed = self.checkpoint()
        if not signed and not self._pending.is_there and (self.folder / "tile").exists():
            raise ArchiveError(
                str(self.folder / "checkpoint"),
                f"the checkpoint is missing; {how_to_restore(self.folder)}",
            )
        return signed.size if signed else 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ArchiveError(
                error.filename or str(self.folder), error.strerror or str(error)
            ) from error

    def _locked(self) -> AbstractContextManager[None]:
        """Context manager that locks the tree for writing.

        Appending leaves does not need this lock.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        return locked(self.folder / "tree.lock")


def copy_unsigned(source: Path, target: Path) -> int:
    """Copy the leaves of a log to a new log without signatures, and return their number.

    The leaves keep their numbers. The first integration builds a tree with the same root and signs
    it with a new key, so witnesses see a different log. Raises OSError, and ArchiveError if a tile
    is damaged.
    """
    log = TreeLog(source, source / "no.key")
    signed = log.checkpoint()
    # If the checkpoint is lost, the tiles contain all entries before the pending ones.
    size = max(signed.size if signed else 0, first_waiting(source / "pending"))
    tree = log.tree(size)
    entries = [
        entry
        for number in range((size + TILE_WIDTH - 1) // TILE_WIDTH)
        for entry in tree.entries(number)
    ]
    waiting = waiting_entries(source / "pending", size)
    target.mkdir(parents=True, exist_ok=True)
    path = target / "pending"
    put(str(path), bytes(HEAD) + b"".join(entries) + waiting)
    sync(path)
    return size + len(waiting) // ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that the tree of a checkpoint contains the leaf ``index``.

    ``hashes`` are the sibling hashes on the path from the leaf to the root.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """Encode the proof in its file format (C2SP tlog-proof)."""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.hashes)
        head = f"{FIRST_LINE}\nindex {self.index}\n{hashes}\n"
        return head.encode() + self.checkpoint.encode()


def prove(log: TreeLog, index: int) -> Proof:
    """Return the proof for the leaf ``index`` in the first cosigned checkpoint that includes it.

    Without a cosigned checkpoint, the proof is for the last checkpoint. Raises ArchiveError if the
    leaf is not in the tree yet.
    """
    present = log.checkpoint()
    if present is None or not 0 <= index < present.size:
        cause = f"its leaf {index} is not in the signed tree yet; the next visit adds it at its end"
        raise ArchiveError(str(log.folder), cause)
    checkpoint = Attestations(log.folder).first_over(index, present.origin) or present
    tree = log.tree(present.size)
    hashes = inclusion_proof(index, checkpoint.size, tree.hash_of)
    return Proof(index, tuple(hashes), checkpoint)
