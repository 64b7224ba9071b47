"""communique mirror verify: whether the archive is whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import click
from msgspec.structs import replace

from data.archive.log.checkpoint import Checkpoint
from data.archive.log.cosigning import asked_witness
from data.archive.log.remote import is_address
from data.archive.log.removals import SET_ASIDE
from data.archive.log.tree_log import TreeLog
from data.archive.removal.set_aside import set_aside
from data.archive.verification.others import known_checkpoint
from data.archive.verification.report import NOT_COMPARED, Problem, Report
from data.archive.verification.verify import GONE
from data.archive.verification.verify import verify as verify_archive
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Capture
from data.network.client import OutboundError
from data.wording import counted, sized
from scheduler.cli import PATH_OR_URL, as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.home.last_done import LastVerification, note_done
from scheduler.mirror.attest import client_of
from scheduler.terminal.steps import steps_bar

SHOWN = 20
"""Problems that are told; --json gives them all."""

MISSING_STORE = "the store, which is missing: see `communique doctor`"

NO_CHECKPOINT = "there is no signed log here that what it knows could be held against"


@click.command()
@click.option(
    "--against",
    type=PATH_OR_URL,
    multiple=True,
    metavar="PATH|URL",
    help="A witness, a copy of the site or of the log, or a checkpoint that somebody kept.",
)
@click.option(
    "--repair",
    is_flag=True,
    help="First set aside imported records that damage the archive.",
)
@as_json
@with_home
def verify(home: Home, *, against: tuple[str, ...], repair: bool, as_json: bool) -> int:
    """Check all of the archive: records, digests, index, log, and what the store points to.

    The log is compared with what its witnesses signed, with the witnesses that archive.witnesses
    names by a path, and with those that --against names. Exit code 1 if something is wrong, or
    if a place that --against names can't be asked; each problem is reported with its place.

    Not compared with the archive: the titles, texts and dates of releases in the store, and the
    files of the published site.

    Nothing is changed without --repair. An earlier version may have imported records with ids of
    other records here, or revisit records without their pages. With --repair, a note that the key
    of the log signs says that these are no evidence of this archive. They stay in their files.
    """
    if repair:
        with closing(home.open_archive()) as archive:
            set_aside(archive)
    with closing(home.log()) as log:
        known, unasked = checkpoints(home, log, against)
        with steps_bar("verify") as told:
            named = named_by_store(home)
            report = verify_archive(home.archive, log, *named, known=known, told=told)
        problems = [*with_releases(home, report.problems), *unasked]
        try:
            log.check_key()
        except ArchiveError as error:
            # A copy of an archive has no key: it is whole all the same. But a key that is not that
            # of the log says that somebody put another log in its place, or deleted it.
            if not home.log_key.exists():
                complain(str(error))
            elif all(one.cause != GONE for one in problems):
                problems.append(Problem(error.path, None, error.cause))
        missing = () if home.has_store else (MISSING_STORE,)
        report = replace(report, problems=problems, not_compared=(*missing, *NOT_COMPARED))
    if home.archive.is_dir():
        note_done(home, LastVerification(utc_now(), len(problems)))
    if as_json:
        print_json(report)
    else:
        tell(report)
    return 1 if report.problems else 0


def named_by_store(home: Home) -> tuple[list[Capture], str]:
    """All captures that the store points to, and the last record of the journal that it knows.

    An empty list and text if the store is missing, as in a copy of the archive.
    """
    if not home.has_store:
        return [], ""
    with closing(home.plain_store()) as store:
        return [*store.captured()], store.journal_end()


def with_releases(home: Home, problems: Sequence[Problem]) -> list[Problem]:
    """Those problems, each with the id of the release at its address, where there is one."""
    if not home.has_store:
        return [*problems]
    with closing(home.plain_store()) as store:
        found = {uri: store.find_releases(uri, limit=1) for uri in {one.uri for one in problems}}
    return [
        replace(one, release=found[one.uri][0].id) if one.uri and found[one.uri] else one
        for one in problems
    ]


def checkpoints(
    home: Home, log: TreeLog, against: tuple[str, ...]
) -> tuple[list[tuple[str, Checkpoint]], list[Problem]]:
    """The checkpoints that others know, each with where, and who did not tell one.

    A witness of the settings that has seen nothing yet is passed over; one that --against names
    must know something. Raises ArchiveError where our own log can't be read.
    """
    own = log.checkpoint()
    if own is None:
        return [], [Problem(place, None, NO_CHECKPOINT) for place in against]
    keys, client = log.key_chain(), client_of(home)
    found: list[tuple[str, Checkpoint]] = []
    problems: list[Problem] = []
    named = [asked_witness(one, home.path).place for one in home.settings.archive.witnesses]
    for place in named:
        if not is_address(place) and place not in against:
            try:
                found.append((place, known_checkpoint(place, own.origin, keys, client)))
            except ArchiveError as error:
                complain(str(error))
    for place in against:
        try:
            found.append((place, known_checkpoint(place, own.origin, keys, client)))
        except (ArchiveError, OutboundError) as error:
            problems.append(Problem(place, None, error.cause))
    return found, problems


def tell(report: Report) -> None:
    """Print what was checked, and what is wrong to standard error."""
    say(
        f"{counted(report.records, 'record')} in {counted(report.files, 'file')},"
        f" {sized(report.bytes)}"
    )
    say(f"{counted(report.leaves, 'leaf', 'leaves')} in the log, {report.signed} signed")
    for one in report.attested:
        say(f"as known to {one}")
    for removed in report.removed:
        records = counted(removed.records, "record")
        if removed.kind == SET_ASIDE:
            say(f"{records} set aside as no evidence of this archive: {removed.why}")
        else:
            say(f"{records} taken out ({removed.kind}): {removed.why}")
    for one in report.foreign:
        say(f"{one}: not ours, and not looked at (`communique mirror import` takes it in)")
    for problem in report.problems[:SHOWN]:
        complain(str(problem))
    if len(report.problems) > SHOWN:
        complain(f"and {len(report.problems) - SHOWN} more; --json shows them all")
    if not report.problems:
        say("the archive is whole")
    say(f"not compared with it: {'; '.join(report.not_compared)}")
