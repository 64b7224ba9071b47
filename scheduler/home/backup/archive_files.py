"""Copy an archive in one state of its log, while other processes write to the archive.

The log is copied first. A record always exists before its leaf is in the log. WARC files that were
finished earlier contain only logged records, and never change. From unfinished files, only the
records with a leaf in the copied log are copied. So records, leaves and CDXJ lines match, despite
later writes.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from data.archive.log.leaves import ENTRY_BYTES, HEAD, ID_BYTES
from data.archive.log.merkle_tree import TILE_WIDTH, TileTree, tile_path, touched
from data.archive.log.merkle_tree import read_file as read_log_file
from data.archive.log.tree_log import TreeLog
from data.archive.warc.cdxj import CdxjEntry, decode_entry, entry_of
from data.archive.warc.reader import DOT_OPEN, Damage, read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.errors import ArchiveError
from data.files import files_below
from data.toml_files import read_bytes

SEARCH_LEAVES: Final = 64 * TILE_WIDTH
"""Number of log leaves that are searched per step when a record's leaf is looked up."""

UNCOPIED_LOG_FILES: Final = frozenset(["tree.lock", "pending.lock", "pending.part", "shared.lock"])
"""Names of log files that are not copied: locks and incomplete files."""


@dataclass(slots=True)
class LogState:
    """State of a log at one moment.

    - ``files`` maps the names of files that change to their contents.
    - ``full`` contains the names of files that never change, and ``keys`` the names of key files.
    - ``signed`` is the number of leaves in the last signed tree.
    - ``waiting`` contains the entries, from number ``base`` on, that may not be in a tile yet.
    - ``problem`` explains why the log can't be read, or is empty.
    - ``given`` is the number of leaves that the database has numbered, if the waiting leaves are in
      a database.
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
        """Return the number of leaves in the log."""
        return max(self.signed, self.base + len(self.waiting), self.given or 0)

    @property
    def lost(self) -> Sequence[str]:
        """Return the names of missing tiles that the last signed tree needs."""
        there = {*self.full}
        due = (tile_path(*tile) for tile in touched(0, self.signed) if tile[2] == TILE_WIDTH)
        return [name for name in due if name not in there]


def log_state(home: Path, *, wait: bool = True) -> LogState:
    """Return the state of a home directory's log. By default, lock it so that no tree is signed.

    If ``wait`` is false, there is no lock, and the state may include a partly signed tree. A
    damaged log is read as far as possible. Raises OSError if a file can't be read.
    """
    folder = home / "archive" / "log"
    found = LogState()
    if not folder.is_dir():
        return found
    log = TreeLog(folder, home / "log.key")
    with ExitStack() as settled:
        try:
            if wait and os.access(folder, os.W_OK):
                # If the folder is read-only, no process writes to it.
                settled.enter_context(log.settled())
            if checkpoint := log.checkpoint():
                found.origin, found.signed = checkpoint.origin, checkpoint.size
                if log.tree(checkpoint.size).root() != checkpoint.root:
                    cause = "its tiles do not match the last signed root"
                    found.problem = f"{folder}: {cause}; see `communique mirror verify`"
        except ArchiveError as error:
            found.problem = str(error)
        for path in sorted(files_below(folder)):
            name = path.relative_to(folder).as_posix()
            if name in UNCOPIED_LOG_FILES or path.name.startswith("."):
                continue
            if name.startswith("tile/") and ".p/" not in name:
                found.full.append(name)
            else:
                found.files[name] = path.read_bytes()
        found.keys = {path.name: read_bytes(path) for path in home.glob("log.key*")}
    read_waiting(found)
    return found


def read_waiting(state: LogState) -> None:
    """Read the leaves that are not in the tree yet, and drop an incomplete entry at the end."""
    pending = state.files.get("pending", b"")
    if len(pending) >= HEAD:
        state.base = int.from_bytes(pending[:HEAD])
        end = HEAD + (len(pending) - HEAD) // ENTRY_BYTES * ENTRY_BYTES
        state.waiting = [pending[at : at + ENTRY_BYTES] for at in range(HEAD, end, ENTRY_BYTES)]
        state.files["pending"] = pending[:end]


def origin_of(home: Path) -> str:
    """Return the origin (name) of a home directory's log.

    The result is empty if no log can be read.
    """
    with suppress(ArchiveError):
        checkpoint = TreeLog(home / "archive" / "log", home / "log.key").checkpoint()
        return checkpoint.origin if checkpoint else ""
    return ""


def numbers_of(home: Path, state: LogState, first: int, end: int) -> dict[bytes, int]:
    """Return leaf numbers from ``first`` to ``end`` - 1 by record id (16 bytes).

    Raises ArchiveError if a tile is damaged or missing.
    """
    folder = home / "archive" / "log"
    tree = TileTree(
        max(state.signed, state.base),
        lambda path: state.files.get(path) or read_log_file(folder, path),
    )
    numbers = {}
    for bundle in range(first // TILE_WIDTH, -(-min(end, tree.size) // TILE_WIDTH)):
        for number, entry in enumerate(tree.entries(bundle), bundle * TILE_WIDTH):
            numbers[entry[-ID_BYTES:]] = number
    for number, entry in enumerate(state.waiting, state.base):
        numbers[entry[-ID_BYTES:]] = number
    return {record: number for record, number in numbers.items() if first <= number < end}


def has_leaf(home: Path, state: LogState, record: UUID) -> bool:
    """Return whether a record has a leaf in a log.

    The newest leaves are searched first. Raises ArchiveError if a tile is damaged or missing.
    """
    end, many = state.leaves, TILE_WIDTH
    while end > 0:
        first = max(0, end - many)
        if record.bytes in numbers_of(home, state, first, end):
            return True
        end, many = first, SEARCH_LEAVES
    return False


@dataclass(frozen=True, slots=True)
class LoggedPart:
    """The part of a WARC file that the log covers: its first ``size`` bytes, and CDXJ lines."""

    path: Path
    name: str
    size: int
    lines: bytes


def full_files(archive: Path) -> dict[str, Path]:
    """Return the finished WARC files of an archive by name. Raises OSError."""
    return {path.name: path for path in own_files(archive) if path.suffix != DOT_OPEN}


def logged_part(home: Path, path: Path, state: LogState) -> LoggedPart:
    """Return the part of a WARC file whose records have leaves in the log.

    Raises FileNotFoundError if the file has been deleted.
    """
    name = path.name.removesuffix(DOT_OPEN)
    if not path.exists():
        # The file was finished and renamed in the meantime.
        path = path.with_name(name)
    size = path.stat().st_size
    known = sorted(_logged_lines(path, state.leaves, size), key=lambda one: one[0].offset)
    last = known[-1][0] if known else None
    start = last.offset + last.length if last else 0
    lines = [line for _, line in known]
    if state.given is not None:
        # The database determines which of the other records are in the log.
        return LoggedPart(path, name, size, b"".join(lines))
    try:
        numbers = numbers_of(home, state, last.leaf + 1 if last else 0, state.leaves)
    except ArchiveError:
        # The log is damaged, which is reported elsewhere.
        return LoggedPart(path, name, size, b"".join(lines))
    end, is_torn = start, False
    for found in read_file(path, start, size):
        if isinstance(found, Damage):
            is_torn = True
            continue
        if is_torn:
            # A record in the middle is damaged. The readable records after it are copied.
            end = size
            continue
        leaf = found.leaf()
        number = numbers.get(leaf.record_id.bytes) if leaf else None
        if number is None:
            break
        end = found.offset + found.length
        if entry := entry_of(found, number):
            lines.append(entry.encode())
    return LoggedPart(path, name, end, b"".join(lines))


def _logged_lines(path: Path, leaves: int, size: int) -> Iterator[tuple[CdxjEntry, bytes]]:
    """Yield the CDXJ lines of a file that refer to leaves in the log, with their entries."""
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
