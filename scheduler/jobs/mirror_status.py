"""What the archive of a HOME holds, and what of its store is not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from data.archive.log.attestations import Attestations
from data.archive.log.leaf import ENTRY
from data.archive.log.witness import Witness
from data.archive.lost import Lost, lost_captures
from data.archive.warc.reader import OPEN
from data.archive.warc.warc_file import cdxj_path, own_files, sorted_path
from data.errors import ArchiveError
from data.store.protocol import Store
from scheduler.home import Home


class SourceStatus(msgspec.Struct, frozen=True):
    """Of a source: versions of releases with a capture, without one, and with one taken out."""

    source: str
    versions: int
    without: int
    taken_out: int


class GrowingFile(msgspec.Struct, frozen=True):
    """A file to which records are still appended, as it is called on the disk, and its bytes."""

    file: str
    bytes: int


class MirrorStatus(msgspec.Struct, frozen=True):
    """An archive: its files with their indexes, in bytes, and the captures that the store names.

    ``index_bytes`` are those of the indexes alone. ``growing`` are the files that are not full yet,
    ``lost`` those that lack records which the store points to, and ``leaves_lost`` says how many
    leaves it knows that the log has not. ``unsigned`` says why the log signs nothing new, and is
    empty where it does; ``unwitnessed`` says so of this HOME as a witness of others.
    ``checkpoint`` is the last that was signed, its size and root in base64; ``budget`` (bytes) and
    ``retention`` (days) are 0 where there is none. ``used_up`` says that the budget is.
    """

    files: int
    bytes: int
    index_bytes: int
    growing: Sequence[GrowingFile]
    captures: int
    lost: Sequence[Lost]
    leaves: int
    leaves_lost: int
    signed: int
    unsigned: str
    unwitnessed: str
    checkpoint: str
    witnesses: Sequence[str]
    budget: int
    used_up: bool
    retention: int
    sources: Sequence[SourceStatus]


def mirror_status(home: Home, store: Store) -> MirrorStatus:
    """Look at the sizes of all, and at each release of the store. Raises ArchiveError."""
    paths = own_files(home.archive)
    # Its budget is for both.
    indexes = size_of(place(path) for path in paths for place in (cdxj_path, sorted_path))
    size = size_of(paths) + indexes
    settings = home.settings.archive
    with closing(home.log()) as log:
        signed = log.checkpoint()
        leaves = signed.size if signed else 0
        waiting = len(log.waiting(leaves)) // ENTRY
        unsigned = cause_of(log.check_key)
        witnesses = [one.name for one in Attestations(log.folder).witnesses()]
    lines = signed.note.text.splitlines() if signed else []
    captures = [*store.captured()]
    known = max((one.leaf + 1 for one in captures), default=0)
    return MirrorStatus(
        files=len(paths),
        bytes=size,
        index_bytes=indexes,
        growing=[GrowingFile(one.name, size_of([one])) for one in paths if one.suffix == OPEN],
        captures=len(captures),
        lost=lost_captures(home.archive, captures),
        leaves=leaves + waiting,
        leaves_lost=max(0, known - leaves - waiting),
        signed=leaves,
        unsigned=unsigned,
        unwitnessed=cause_of(Witness(home.path / "witness", home.path / "witness.key").check_key),
        checkpoint=" ".join(lines[1:3]),
        witnesses=witnesses,
        budget=settings.budget,
        used_up=bool(settings.budget) and size >= settings.budget,
        retention=settings.retention,
        sources=[source_status(store, source) for source in sorted(store.sources())],
    )


def cause_of(check: Callable[[], None]) -> str:
    """Why a check fails, and nothing where it does not."""
    try:
        check()
    except ArchiveError as error:
        return str(error)
    return ""


def size_of(paths: Iterable[Path]) -> int:
    """The bytes of those files that are there."""
    return sum(one.stat().st_size for one in paths if one.exists())


def source_status(store: Store, source: str) -> SourceStatus:
    """Look at each version of each release of a source."""
    captured = without = gone = 0
    for release in store.by_first_seen(source):
        for version in store.revisions(release.id):
            if version.capture is None:
                without += 1
            elif version.capture.file:
                captured += 1
            else:
                gone += 1
    return SourceStatus(source, captured, without, gone)
