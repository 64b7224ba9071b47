"""communique mirror upload: copy the archive to a bucket."""

from contextlib import closing

import click

from data.archive.log.tree_log import log_of
from data.archive.upload import upload as upload_archive
from data.network.bucket import open_bucket
from data.wording import counted, sized
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home.home import Home


@click.command()
@click.option(
    "--delete", is_flag=True, help="Delete uploaded files that were later removed from the archive."
)
@as_json
@with_home
def upload(home: Home, *, delete: bool, as_json: bool) -> int:
    """Upload the archive and its log to archive.target.

    Files that still grow are uploaded once they are complete, after a day at most. If
    archive.target is set, `communique run` uploads every hour.
    """
    settings = home.settings
    if not settings.archive.target:
        raise click.UsageError("archive.target is not set; set it to s3://bucket/prefix")
    bucket = open_bucket(settings.archive.target, settings.bucket)
    with closing(log_of(home.path)) as log:
        done = upload_archive(
            home.archive, log, bucket, home.uploaded, delete=delete, shared=home.has_fleet
        )
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
