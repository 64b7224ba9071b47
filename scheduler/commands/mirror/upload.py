"""communique mirror upload: a copy of the archive in a bucket."""

from __future__ import annotations

from contextlib import closing

import click

from data.archive.log.tree_log import log_of
from data.archive.upload import upload as upload_archive
from data.network.bucket import open_bucket
from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home


@click.command()
@click.option(
    "--delete",
    is_flag=True,
    help="Delete there what was copied from here, and taken out since.",
)
@as_json
@with_home
def upload(home: Home, *, delete: bool, as_json: bool) -> int:
    """Copy the finished files of the archive, and its log, to archive.target.

    Files that still grow come once they are finished, a day old at the most. With that setting
    `communique run` does this every hour.
    """
    settings = home.settings
    if not settings.archive.target:
        raise click.UsageError("archive.target is not set; write s3://bucket/prefix there")
    bucket = open_bucket(settings.archive.target, settings.bucket)
    with closing(log_of(home.path)) as log:
        done = upload_archive(
            home.archive, log, bucket, home.uploaded, delete=delete, shared=home.has_fleet
        )
    if as_json:
        print_json(done)
    else:
        say(
            f"{counted(done.files, 'file')} copied, {sized(done.bytes)};"
            f" the log there has {counted(done.leaves, 'leaf', 'leaves')}"
        )
    if done.left:
        complain(
            f"{counted(len(done.left), 'file')} there that was copied from here, {done.left[0]} for"
            " one: taken out here since, or lost; --delete deletes there what was taken out"
        )
    return 0
