"""communique mirror status and upload: the state of the archive, and its copy in a bucket."""

from contextlib import closing

import click

from data.archive.capture_search import lost_text
from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home.home import Home
from scheduler.mirror.status import MirrorStatus, mirror_status
from scheduler.service.background import copy_archive


@click.command()
@as_json
@with_home
def status(home: Home, *, as_json: bool) -> int:
    """Show the size of the archive, its log and its budget.

    With --json, sizes are in bytes. The exit code is 1 if the budget is used up, if a key is lost,
    or if files or leaves are missing. In these cases, `mirror verify` shows details.
    """
    with closing(home.plain_store()) as store:
        found = mirror_status(home, store)
    if as_json:
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
@as_json
@with_home
def upload(home: Home, *, delete: bool, as_json: bool) -> int:
    """Upload the archive and its log to archive.target.

    Unfinished files are uploaded after they are complete, within a day. If archive.target is set,
    `communique run` uploads every hour.
    """
    if not home.settings.archive.target:
        raise click.UsageError("archive.target is not set; set it to s3://bucket/prefix")
    done = copy_archive(home, delete=delete)
    if as_json:
        print_json(done)
    else:
        say(
            f"{counted(done.files, 'file')} uploaded, {sized(done.bytes)};"
            f" the log there has {counted(done.leaves, 'leaf', 'leaves')}"
        )
    if done.left:
        complain(
            f"{counted(len(done.left), 'uploaded file')} no longer in the archive, such as "
            f"{done.left[0]}: removed or lost; --delete deletes removed files in the bucket"
        )
    return 0
