"""Verification of the log itself: entries, tiles, checkpoints, signatures and time stamps."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from data.archive.log.attestations import Attestations, signed_by_log
from data.archive.log.cosigning import stamped_digest
from data.archive.log.keys import KeyChain
from data.archive.log.leaves import ENTRY_BYTES, ID_BYTES, first_waiting
from data.archive.log.merkle_tree import (
    HASH_BYTES,
    PREFIXED_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    hashes_of,
    leaf_hash,
    root_of,
    tile_path,
)
from data.archive.log.notes import Checkpoint, InvalidNote, VerifierKey
from data.archive.log.tree_log import TreeLog, how_to_restore
from data.errors import ArchiveError

VOID_ENTRY: Final = bytes(ENTRY_BYTES)
"""Log entry (only zero bytes) of a record that was lost in a power failure."""

NOT_SIGNED: Final = "the checkpoint is not signed by a key that may sign a tree of {} leaves"

ROTATED: Final = (
    "the tree had {} leaves when the key of the log was replaced, and this checkpoint covers {}: "
    "the log was restored from an older copy; restore the newest one"
)


class ArchiveProblem(msgspec.Struct, frozen=True):
    """A fault in an archive.

    ``file`` is the current file name, relative to the archive's folder, and ``offset`` the start of
    the faulty record. ``record`` is the record's id, ``leaf`` the number of its leaf, ``uri`` its
    address, and ``release`` the id of the release at this address. Unknown values are None or
    empty.
    """

    file: str
    offset: int | None
    cause: str
    record: str = ""
    leaf: int | None = None
    uri: str = ""
    release: str = ""

    def __str__(self) -> str:
        """Return a readable description of the problem."""
        place = self.file if self.offset is None else f"{self.file}: byte {self.offset}"
        about = [self.record] if self.record else []
        about += [f"leaf {self.leaf}"] if self.leaf is not None else []
        # An address in an archive file may contain terminal escape sequences, so they are escaped.
        about += [self.uri if self.uri.isprintable() else ascii(self.uri)] if self.uri else []
        about += [f"release {self.release}"] if self.release else []
        return f"{place}: {self.cause}" + (f" ({', '.join(about)})" if about else "")


class Leaves:
    """All entries of a log, including entries that are not in the tree yet, and the log's faults.

    ``numbers`` maps record ids (16 bytes) to the number of the last leaf with that id. ``aside``
    maps excluded entries to their numbers. ``signed`` is the number of leaves in the last
    checkpoint. ``vouched`` is the same number if a key of the log signed the checkpoint and its
    root matches the tiles, otherwise 0.
    """

    def __init__(self, log: TreeLog) -> None:
        self.problems: list[ArchiveProblem] = []
        self.numbers: dict[bytes, int] = {}
        self.void: set[int] = set()
        self.aside: dict[bytes, int] = {}
        self._aside_numbers: set[int] = set()
        self._others: dict[bytes, set[int]] = {}
        self.vouched = 0
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        self._keys: KeyChain | None = None
        self.checkpoint = self._checkpoint(log)
        self.signed = self.checkpoint.size if self.checkpoint else 0
        self.tree = log.tree(self.signed)
        self.waiting: list[bytes] = []
        self._log = log
        self._read_tree()
        self.read_waiting()

    @property
    def size(self) -> int:
        """Return the number of leaves in the log."""
        return self.signed + len(self.waiting)

    def keys_at(self, size: int) -> list[VerifierKey]:
        """Return the keys of the log that may sign a tree with ``size`` leaves."""
        return self._keys.at(size) if self._keys else []

    def entry(self, number: int) -> bytes:
        """Return the log entry with this number, or b"" if it is missing or can't be read."""
        if not 0 <= number < self.size:
            return b""
        if number >= self.signed:
            return self.waiting[number - self.signed]
        bundle, place = divmod(number, TILE_WIDTH)
        if bundle != self._bundle[0]:
            # Entries are read in order, so the last bundle is cached.
            self._bundle = bundle, []
            # The check of the log reports that a bundle is unreadable.
            with suppress(ArchiveError, OSError):
                self._bundle = bundle, self.tree.entries(bundle)
        entries = self._bundle[1]
        return entries[place] if entries else b""

    def read_waiting(self) -> None:
        """Read the log entries that are not in the tree yet."""
        content = self._log.waiting(self.signed)
        whole = len(content) // ENTRY_BYTES * ENTRY_BYTES
        self.waiting = [content[at : at + ENTRY_BYTES] for at in range(0, whole, ENTRY_BYTES)]
        for number, entry in enumerate(self.waiting, self.signed):
            self._know(number, entry)

    def numbers_of(self, record_id: bytes) -> set[int]:
        """Return the numbers of all leaves with a record id, except excluded leaves."""
        last = self.numbers.get(record_id)
        others = self._others.get(record_id, set())
        return (others if last is None else others | {last}) - self._aside_numbers

    def only_number(self, record_id: bytes) -> int | None:
        """Return the number of the only leaf with a record id, or None if it is not unique."""
        return None if self.aside or record_id in self._others else self.numbers.get(record_id)

    def set_aside(self, numbers: Collection[int]) -> None:
        """Exclude the leaves with these numbers as evidence."""
        for number in numbers:
            if 0 <= number < self.size and (entry := self.entry(number)):
                self.aside[entry] = number
        self._aside_numbers |= {*self.aside.values()}
        for entry in self.aside:
            record_id = entry[-ID_BYTES:]
            left = self.numbers_of(record_id)
            if left:
                self.numbers[record_id] = max(left)
            else:
                self.numbers.pop(record_id, None)

    def _know(self, number: int, entry: bytes) -> None:
        if entry == VOID_ENTRY:
            self.void.add(number)
            return
        before = self.numbers.get(entry[-ID_BYTES:], number)
        if before != number:
            self._others.setdefault(entry[-ID_BYTES:], set()).add(before)
        if entry not in self.aside:
            self.numbers[entry[-ID_BYTES:]] = number

    def _checkpoint(self, log: TreeLog) -> Checkpoint | None:
        # Check this first, because the first integration may end in the meantime.
        pending = log.folder / "pending"
        # Entries are dropped from this file only after a checkpoint includes them. Tiles without a
        # checkpoint come from a first integration that is running or was killed.
        was_signed = bool(first_waiting(pending)) or (
            (log.folder / "tile").exists() and not pending.exists()
        )
        try:
            checkpoint = log.checkpoint()
            if checkpoint is None:
                if was_signed:
                    cause = f"the checkpoint is missing; {how_to_restore(log.folder)}"
                    self.problems.append(ArchiveProblem("log/checkpoint", None, cause))
                return None
            keys = self._keys = log.key_chain()
        except ArchiveError as error:
            self.problems.append(ArchiveProblem("log/checkpoint", None, error.cause))
            return None
        if self._check_signature(checkpoint, keys, "log/checkpoint"):
            self.vouched = checkpoint.size
            if checkpoint.size < keys.sizes[-1]:
                cause = ROTATED.format(keys.sizes[-1], checkpoint.size)
                self.problems.append(ArchiveProblem("log/checkpoint", None, cause))
        return checkpoint

    def _check_signature(self, checkpoint: Checkpoint, keys: KeyChain, where: str) -> bool:
        cause = NOT_SIGNED.format(checkpoint.size)
        try:
            if keys.signatures(checkpoint):
                return True
        except InvalidNote as error:
            cause = str(error)
        self.problems.append(ArchiveProblem(where, None, cause))
        return False

    def _read_tree(self) -> None:
        for number in range(-(-self.signed // TILE_WIDTH)):
            self._read_bundle(number)
        level = 1
        while self.signed >> level * TILE_HEIGHT:
            for number in range(-(-(self.signed >> level * TILE_HEIGHT) // TILE_WIDTH)):
                self._check_tile(level, number)
            level += 1
        if self.checkpoint and not self.compare(self.checkpoint, "log/checkpoint"):
            self.vouched = 0

    def _read_bundle(self, number: int) -> None:
        """Read a bundle of 256 entries, and compare the entries with their hashes in the tile."""
        path = tile_path("entries", number, self.tree.width("entries", number))
        try:
            bundle = self.tree.piece("entries", number, PREFIXED_BYTES)
        except (ArchiveError, OSError) as error:
            self.problems.append(ArchiveProblem(f"log/{path}", None, str(error)))
            return
        try:
            hashes = hashes_of(self.tree.tile(0, number))
        except (ArchiveError, OSError) as error:
            self.problems.append(ArchiveProblem(f"log/{tile_path(0, number)}", None, str(error)))
            hashes = []
        prefix = ENTRY_BYTES.to_bytes(2)
        for place in range(len(bundle) // PREFIXED_BYTES):
            at = place * PREFIXED_BYTES
            entry = bundle[at + 2 : at + PREFIXED_BYTES]
            leaf = number * TILE_WIDTH + place
            self._know(leaf, entry)
            if bundle[at : at + 2] != prefix or (hashes and hashes[place] != leaf_hash(entry)):
                cause = "an entry of the log, or its hash in the tile, was changed"
                self.problems.append(ArchiveProblem(f"log/{path}", at, cause, leaf=leaf))

    def _check_tile(self, level: int, number: int) -> None:
        """Check that each hash of a tile is the root of the full tile below it."""
        path = tile_path(level, number, self.tree.width(level, number))
        try:
            hashes = hashes_of(self.tree.tile(level, number))
            for place, digest in enumerate(hashes):
                below = self.tree.tile(level - 1, number * TILE_WIDTH + place)
                if root_of(hashes_of(below)) != digest:
                    cause = "a hash does not match the tile below it: one of them was changed"
                    self.problems.append(ArchiveProblem(f"log/{path}", place * HASH_BYTES, cause))
        except (ArchiveError, OSError) as error:
            self.problems.append(ArchiveProblem(f"log/{path}", None, str(error)))

    def compare(self, checkpoint: Checkpoint, where: str) -> bool:
        """Return whether a checkpoint belongs to this log. If not, record a fault.

        ``where`` is the checkpoint's location in error messages.
        """
        try:
            if checkpoint.size > self.signed:
                # Only a key of the log signs a smaller tree, and it did so earlier.
                why = "restored from an older copy" if self.vouched else "truncated"
                cause = (
                    f"the checkpoint covers {checkpoint.size} leaves, but the log has only "
                    f"{self.signed}: the log was {why}; restore the newest copy"
                )
            elif self.tree.root_of(checkpoint.size) == checkpoint.root:
                return True
            else:
                cause = "the tiles do not give the root that it signs: the log was changed"
        except (ArchiveError, OSError) as error:
            cause = str(error)
        self.problems.append(ArchiveProblem(where, None, cause))
        return False

    def attested(self) -> Iterator[str]:
        """Yield the names of witnesses and authorities that attested this log's checkpoints.

        Faults in their signatures and time stamps are recorded as problems.
        """
        if self.checkpoint is None:
            return
        kept = Attestations(self._log.folder)
        names: set[str] = set()
        try:
            keys = self._log.key_chain()
            witnesses = [*kept.witnesses()]
            sizes = kept.sizes()
        except (ArchiveError, OSError) as error:
            self.problems.append(ArchiveProblem("log", None, str(error)))
            return
        for size in sizes:
            for name in self._attesting(kept, size, keys, witnesses):
                if name not in names:
                    names.add(name)
                    yield name

    def _attesting(
        self,
        kept: Attestations,
        size: int,
        keys: KeyChain,
        witnesses: Sequence[VerifierKey],
    ) -> Sequence[str]:
        """Return the names of witnesses and authorities that attested one checkpoint.

        ``size`` is the number of leaves in the checkpoint's tree. Faults are recorded.
        """
        where = f"log/checkpoints/{size}"
        try:
            checkpoint = kept.checkpoint(size)
            if checkpoint is None:
                return ()
            self.compare(checkpoint, where)
            if self.checkpoint and checkpoint.origin == self.checkpoint.origin:
                self._check_signature(checkpoint, keys, where)
            found = [key.name for key in witnesses if checkpoint.note.signed_by(key)]
            if answer := kept.timestamp(size):
                found.append("a time-stamp authority")
                if stamped_digest(answer) != hashlib.sha256(signed_by_log(checkpoint)).digest():
                    self.problems.append(
                        ArchiveProblem(where, None, "the time stamp belongs to another checkpoint")
                    )
        except (ArchiveError, InvalidNote, OSError) as error:
            self.problems.append(ArchiveProblem(where, None, str(error)))
            return ()
        return found
