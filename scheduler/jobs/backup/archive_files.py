"""The archive of a HOME, as one moment of its log saw it, while others write into it.

The log comes first: each of its leaves has its record by then. Files that were full before it was
copied hold nothing but what it knows, and never change. Of the others, which still grow, that is
taken which has a leaf in the copied log: so records, leaves and lines of CDXJ agree, as if nobody
had written since.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from data.archive.log.leaf import ENTRY, ID
from data.archive.log.pending import HEAD
from data.archive.log.tiles import WIDTH, TileTree, tile_path, touched
from data.archive.log.tiles import read_file as read_log_file
from data.archive.log.tree_log import TreeLog
from data.archive.warc.cdxj import Entry, decode_entry, entry_of
from data.archive.warc.reader import OPEN, Damage, read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.errors import ArchiveError
from data.toml_files import read_bytes

MANY: Final = 64 * WIDTH
"""Leaves that are looked through at once."""

ROOT: Final = "its tiles do not give the root that was signed last; see `communique mirror verify`"

LOCKS: Final = frozenset(["tree.lock", "pending.lock", "pending.part", "shared.lock"])


@dataclass(slots=True)
class LogState:
    """A log at one moment.

    ``files`` are those that change, with what they held, ``full`` the names of those that never do,
    and ``keys`` the files of its key. ``signed`` leaves are in the tree that was signed last;
    ``waiting`` are the entries from the number ``base`` on that may stand in no tile yet.
    ``problem`` says why it can't be read as a log, and is empty where it can. Where a database has
    the leaves that wait, it had ``given`` numbers to so many.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    full: list[str] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    origin: str = ""
    signed: int = 0
    base: int = 0
    waiting: Sequence[bytes] = ()
    problem: str = ""
    given: int | None = None

    @property
    def leaves(self) -> int:
        """How many leaves there were."""
        return max(self.signed, self.base + len(self.waiting), self.given or 0)

    @property
    def lost(self) -> Sequence[str]:
        """The files that never change of the tree that was signed last, where they are missing."""
        there = {*self.full}
        due = (tile_path(*tile) for tile in touched(0, self.signed) if tile[2] == WIDTH)
        return [name for name in due if name not in there]


def log_state(home: Path, *, wait: bool = True) -> LogState:
    """The log of a HOME now, while nobody signs another tree; it waits for who does.

    Told not to ``wait`` it changes nothing, and may see half of what is being signed. One that
    can't be read as a log is copied all the same. Raises OSError.
    """
    folder = home / "archive" / "log"
    found = LogState()
    if not folder.is_dir():
        return found
    log = TreeLog(folder, home / "log.key")
    with ExitStack() as settled:
        try:
            if wait and os.access(folder, os.W_OK):
                # Where we can only read, nobody of ours writes.
                settled.enter_context(log.settled())
            if checkpoint := log.checkpoint():
                found.origin, found.signed = checkpoint.origin, checkpoint.size
                if log.tree(checkpoint.size).root() != checkpoint.root:
                    found.problem = f"{folder}: {ROOT}"
        except ArchiveError as error:
            found.problem = str(error)
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            name = path.relative_to(folder).as_posix()
            if name in LOCKS or path.name.startswith("."):
                continue
            if name.startswith("tile/") and ".p/" not in name:
                found.full.append(name)
            else:
                found.files[name] = path.read_bytes()
        found.keys = {path.name: read_bytes(path) for path in home.glob("log.key*")}
    read_waiting(found)
    return found


def read_waiting(state: LogState) -> None:
    """Read which leaves wait for their place in the tree; half an entry is cut off."""
    pending = state.files.get("pending", b"")
    if len(pending) >= HEAD:
        state.base = int.from_bytes(pending[:HEAD])
        end = HEAD + (len(pending) - HEAD) // ENTRY * ENTRY
        state.waiting = [pending[at : at + ENTRY] for at in range(HEAD, end, ENTRY)]
        state.files["pending"] = pending[:end]


def origin_of(home: Path) -> str:
    """What the log of a HOME is called; empty where it has none that can be read."""
    with suppress(ArchiveError):
        checkpoint = TreeLog(home / "archive" / "log", home / "log.key").checkpoint()
        return checkpoint.origin if checkpoint else ""
    return ""


def numbers_of(home: Path, state: LogState, first: int, end: int) -> dict[bytes, int]:
    """The numbers of some leaves of a log, by the ids of their records (16 bytes).

    Those from ``first`` to before ``end``. Raises ArchiveError where a tile is damaged or missing.
    """
    folder = home / "archive" / "log"
    tree = TileTree(
        max(state.signed, state.base),
        lambda path: state.files.get(path) or read_log_file(folder, path),
    )
    numbers = {}
    for bundle in range(first // WIDTH, -(-min(end, tree.size) // WIDTH)):
        for number, entry in enumerate(tree.entries(bundle), bundle * WIDTH):
            numbers[entry[-ID:]] = number
    for number, entry in enumerate(state.waiting, state.base):
        numbers[entry[-ID:]] = number
    return {record: number for record, number in numbers.items() if first <= number < end}


def has_leaf(home: Path, state: LogState, record: UUID) -> bool:
    """Whether a record has a leaf in a log; the newest are looked at first. Raises ArchiveError."""
    end, many = state.leaves, WIDTH
    while end > 0:
        first = max(0, end - many)
        if record.bytes in numbers_of(home, state, first, end):
            return True
        end, many = first, MANY
    return False


@dataclass(frozen=True, slots=True)
class Growing:
    """What of a file of records is in the log: so many bytes of it, and its lines of CDXJ."""

    path: Path
    name: str
    size: int
    lines: bytes


def full_files(archive: Path) -> dict[str, Path]:
    """The files of records of an archive that grow no more, by their names. Raises OSError."""
    return {path.name: path for path in own_files(archive) if path.suffix != OPEN}


def growing_file(home: Path, path: Path, state: LogState) -> Growing:
    """What of a file of records is in the log. Raises FileNotFoundError where it is gone."""
    name = path.name.removesuffix(OPEN)
    if not path.exists():
        # It was finished just now.
        path = path.with_name(name)
    size = path.stat().st_size
    known = sorted(_known(path, state.leaves, size), key=lambda one: one[0].offset)
    last = known[-1][0] if known else None
    start = last.offset + last.length if last else 0
    lines = [line for _, line in known]
    if state.given is not None:
        # What the database knows of the rest shows when it is next opened.
        return Growing(path, name, size, b"".join(lines))
    try:
        numbers = numbers_of(home, state, last.leaf + 1 if last else 0, state.leaves)
    except ArchiveError:
        # The log is damaged, which is told of it.
        return Growing(path, name, size, b"".join(lines))
    end, is_torn = start, False
    for found in read_file(path, start, size):
        if isinstance(found, Damage):
            is_torn = True
            continue
        if is_torn:
            # Something in the middle can't be read: what lies behind it is kept.
            end = size
            continue
        leaf = found.leaf()
        number = numbers.get(leaf.record_id.bytes) if leaf else None
        if number is None:
            break
        end = found.offset + found.length
        if entry := entry_of(found, number):
            lines.append(entry.encode())
    return Growing(path, name, end, b"".join(lines))


def _known(path: Path, leaves: int, size: int) -> Iterator[tuple[Entry, bytes]]:
    """The lines beside a file that name leaves of the log."""
    try:
        content = cdxj_path(path).read_bytes()
    except FileNotFoundError:
        return
    for line in content.splitlines(keepends=True):
        if line.endswith(b"\n"):
            try:
                entry = decode_entry(line)
            except ValueError:
                continue
            if 0 <= entry.leaf < leaves and entry.offset + entry.length <= size:
                yield entry, line
