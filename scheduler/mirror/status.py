"""Report about a home directory's archive and its missing parts."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from data.archive.capture_search import LostCaptures, lost_captures
from data.archive.log.attestations import Attestations
from data.archive.log.leaves import ENTRY_BYTES
from data.archive.log.witness import Witness
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import cdxj_path, own_files, sorted_path
from data.errors import ArchiveError
from data.store.core.store import Store
from scheduler.home.home import Home


class SourceStatus(msgspec.Struct, frozen=True):
    """Numbers of versions of a source.

    ``versions`` is the total number, ``without`` the number of versions without a capture, and
    ``taken_out`` the number of versions whose capture was removed.
    """

    source: str
    versions: int
    without: int
    taken_out: int


class GrowingFile(msgspec.Struct, frozen=True):
    """A file to which records are still appended: its current name, and its size in bytes."""

    file: str
    bytes: int


class MirrorStatus(msgspec.Struct, frozen=True):
    """Sizes of an archive's files in bytes, and numbers of the store's captures.

    ``index_bytes`` is the size of the indexes, which ``bytes`` includes. ``growing`` lists
    unfinished files. ``lost`` lists files that lack records to which the store refers.
    ``leaves_lost`` is the number of leaves that are in the store but not in the log. ``unsigned``
    is the reason why the log can't be signed, or empty. ``unwitnessed`` is the reason why this
    instance can't sign the logs of others, or empty. ``checkpoint`` is the newest signed
    checkpoint: its size, and its root in Base64. ``budget`` (bytes) and ``retention`` (days) are 0
    if unlimited. ``used_up`` is true if the archive has reached its budget.
    """

    files: int
    bytes: int
    index_bytes: int
    growing: Sequence[GrowingFile]
    captures: int
    lost: Sequence[LostCaptures]
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
    """Compute the status of the archive from all its files and all releases in the store.

    Raises ArchiveError if the archive can't be read.
    """
    paths = own_files(home.archive)
    # The size limit (budget) includes the indexes.
    indexes = total_size(place(path) for path in paths for place in (cdxj_path, sorted_path))
    size = total_size(paths) + indexes
    settings = home.settings.archive
    with closing(home.log()) as log:
        signed = log.checkpoint()
        leaves = signed.size if signed else 0
        waiting = len(log.waiting(leaves)) // ENTRY_BYTES
        unsigned = cause_of(log.check_key)
        witnesses = [one.name for one in Attestations(log.folder).witnesses()]
    lines = signed.note.text.splitlines() if signed else []
    captures = [*store.captured()]
    known = max((one.leaf + 1 for one in captures), default=0)
    return MirrorStatus(
        files=len(paths),
        bytes=size,
        index_bytes=indexes,
        growing=[
            GrowingFile(one.name, total_size([one])) for one in paths if one.suffix == DOT_OPEN
        ],
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
    """Run a check and return the reason why it fails, or an empty string."""
    try:
        check()
    except ArchiveError as error:
        return str(error)
    return ""


def total_size(paths: Iterable[Path]) -> int:
    """Return the total size of existing files in bytes."""
    return sum(one.stat().st_size for one in paths if one.exists())


def source_status(store: Store, source: str) -> SourceStatus:
    """Count the versions of a source with and without captures."""
    captured = without = gone = 0
    for release in store.by_first_seen(source):
        for version in store.all_versions(release.id):
            if version.capture is None:
                without += 1
            elif version.capture.file:
                captured += 1
            else:
                gone += 1
    return SourceStatus(source, captured, without, gone)
