"""communique mirror status and upload: the state of the archive, and its copy in a bucket."""

from collections.abc import Callable, Sequence
from contextlib import closing

import click
import msgspec

from data.archive.capture_search import LostCaptures, lost_captures, lost_text
from data.archive.log.attestations import Attestations
from data.archive.log.leaves import ENTRY_BYTES
from data.archive.log.witness import Witness
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import cdxj_path, own_files, sorted_path
from data.errors import ArchiveError
from data.store.core.store import Store
from data.wording import counted, sized
from scheduler.cli import answer, complain, print_json, say, wants_json, with_home
from scheduler.home.home import Home
from scheduler.home.home_paths import total_size
from scheduler.service.background import copy_archive


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


@click.command()
@with_home
def status(home: Home) -> int:
    """Show the size of the archive, its log and its budget.

    With --json, sizes are in bytes. The exit code is 1 if the budget is used up, if a key is lost,
    or if files or leaves are missing. In these cases, `mirror verify` shows details.
    """
    with closing(home.plain_store()) as store:
        found = mirror_status(home, store)
    if wants_json():
        print_json(found)
    else:
        print_status(found)
    wrong = found.unsigned or found.unwitnessed or found.lost or found.leaves_lost
    return 1 if found.used_up or wrong else 0


def print_status(found: MirrorStatus) -> None:
    """Print the status of the archive, and its problems to standard error."""
    say(
        f"{counted(found.files, 'file')}, {sized(found.bytes - found.index_bytes)} and "
        f"{sized(found.index_bytes)} of indexes, {counted(found.captures, 'capture')}"
    )
    for file in found.growing:
        say(f"growing: {file.file}, {sized(file.bytes)}")
    if found.lost:
        complain(lost_text(found.lost))
    budget = (
        f"{found.bytes / found.budget:.0%} of {sized(found.budget)}" if found.budget else "none"
    )
    say(
        f"budget: {budget}"
        + (", used up: responses are no longer archived" if found.used_up else "")
    )
    say(f"retention: {counted(found.retention, 'day') if found.retention else 'unlimited'}")
    signed = f"{found.signed} signed" if found.signed else "none signed"
    say(f"log: {counted(found.leaves, 'leaf', 'leaves')}, {signed}")
    for cause in filter(None, (found.unsigned, found.unwitnessed)):
        complain(cause)
    if found.leaves_lost:
        leaves = counted(found.leaves_lost, "leaf", "leaves")
        complain(
            f"{leaves} that the store refers to are missing in the log: it was deleted, truncated, "
            "or restored from an older copy; restore the newest copy, such as site/log"
        )
    if found.checkpoint:
        say(f"last checkpoint: {found.checkpoint}")
    say(f"witnesses: {', '.join(found.witnesses) or 'none'}")
    for one in found.sources:
        gaps = f", {counted(one.without, 'version')} without a capture" if one.without else ""
        gone = f", {one.taken_out} removed" if one.taken_out else ""
        say(f"{one.source}: {counted(one.versions, 'version')} captured{gaps}{gone}")


@click.command()
@click.option(
    "--delete", is_flag=True, help="Delete uploaded files that were later removed from the archive."
)
@with_home
def upload(home: Home, *, delete: bool) -> None:
    """Upload the archive and its log to archive.target.

    Unfinished files are uploaded after they are complete, within a day. If archive.target is set,
    `communique run` uploads every hour.
    """
    if not home.settings.archive.target:
        raise click.UsageError("archive.target is not set; set it to s3://bucket/prefix")
    done = copy_archive(home, delete=delete)
    answer(
        done,
        f"{counted(done.files, 'file')} uploaded, {sized(done.bytes)};"
        f" the log there has {counted(done.leaves, 'leaf', 'leaves')}",
    )
    if done.left:
        complain(
            f"{counted(len(done.left), 'uploaded file')} no longer in the archive, such as "
            f"{done.left[0]}: removed or lost; --delete deletes removed files in the bucket"
        )
