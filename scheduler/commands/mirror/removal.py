"""communique mirror prune and redact: remove records from the archive."""

import click

from data.wording import counted, sized
from scheduler.cli import answer, complain, why_option, with_home
from scheduler.home.home import Home
from scheduler.mirror.removal import prune as prune_home
from scheduler.mirror.removal import redact as redact_home
from scheduler.terminal.progress_and_tables import one_bar

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would be removed, and change nothing."
)


@click.command()
@click.option("--source", metavar="ID", help="Source whose responses are removed.")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of days for which responses are kept (default archive.retention).",
)
@dry_run_option
@with_home
def prune(home: Home, *, source: str | None, days: int | None, dry_run: bool) -> None:
    """Remove old responses from the archive.

    Releases, their texts and the decisions about them are kept, as are the leaves of the log.
    Responses that later records refer to are also kept. Pages about removed captures show that they
    were removed.
    """
    kept = days or home.settings.archive.retention
    if not kept:
        raise click.UsageError(
            "archive.retention is 0, so all responses are kept; set it, or use --days"
        )
    with one_bar("prune") as on_progress:
        done = prune_home(home, kept, source, dry_run=dry_run, on_progress=on_progress)
    verb = "would be removed" if dry_run else "removed"
    answer(done, f"{counted(done.records, 'record')} {verb}, {sized(done.bytes)}")
    for one in done.damaged:
        complain(f"{one}; this part is left unchanged")


@click.command()
@click.argument("name", metavar="RECORD|URL")
@why_option("The legal order, which the log keeps permanently.")
@dry_run_option
@with_home
def redact(home: Home, *, name: str, why: str, dry_run: bool) -> int:
    """Remove a record and its texts to comply with a legal order.

    Give the id of the record, or its address. All records with the same bytes, records that refer
    to them, and their requests are also removed. Releases that were extracted from them lose title,
    text and files in all versions, in the store and in the journal. Their ids, addresses and dates
    are kept, as are the leaves of the log. Visits no longer request their pages.

    Feeds and pages show that this archive redacted the release, not that its publisher retracted
    it. `mirror verify` lists the removed records with the reason. Copies elsewhere are not removed.
    Neither are listings that repeat the text: redact them by their addresses. The exit code is 1 if
    a part of the archive can't be read.
    """
    with one_bar("redact") as on_progress:
        done = redact_home(home, name, why, dry_run=dry_run, on_progress=on_progress)
    verb, were = ("would be removed", "would be") if dry_run else ("removed", "were")
    lines = [f"{counted(done.records, 'record')} {verb}, {sized(done.bytes)}"]
    lines += (f"release {release}: its texts {were} removed" for release in done.releases)
    if not dry_run:
        lines.append("run `communique publish --all` to remove them from the site")
        if done.releases:
            note = "visits no longer request its page; listings that repeat its text are archived"
            lines.append(note)
    answer(done, *lines)
    for one in done.damaged:
        complain(f"{one}; this part is left unchanged, and may contain data that should be removed")
    return 1 if done.damaged else 0
