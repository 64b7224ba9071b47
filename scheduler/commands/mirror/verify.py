"""communique mirror verify and corroborate: check the archive.

`verify` checks its integrity. `corroborate` compares our copies of releases with other archives.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
from msgspec.structs import replace

from data.archive.journal.removal import set_aside
from data.archive.log.cosigning import asked_witness, is_address
from data.archive.log.notes import SET_ASIDE, Checkpoint
from data.archive.log.tree_log import TreeLog
from data.archive.verification.read_results import CheckedArchive
from data.archive.verification.tree import ArchiveProblem
from data.archive.verification.verify_archive import (
    LOG_MISSING_MESSAGE,
    NOT_COMPARED,
    VerificationReport,
    known_checkpoint,
    verify_archive,
)
from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import ArchiveError, StoreError
from data.models import Capture, Facet, Release
from data.network.client import OutboundError
from data.revisions.corroboration import Finding
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.wording import counted, sized
from scheduler.cli import (
    PATH_OR_URL,
    complain,
    complain_about,
    print_json,
    say,
    wants_json,
    with_home,
)
from scheduler.home.home import Home
from scheduler.home.home_records import LastVerification, last_done, note_done
from scheduler.mirror.attest import client_of
from scheduler.operations.releases import find
from scheduler.terminal.progress_and_tables import one_bar

if TYPE_CHECKING:
    from scheduler.mirror.corroborate import Corroboration

MAX_PROBLEMS_SHOWN: Final = 20
"""Maximum number of printed problems; --json prints all."""

NOT_READ: Final = (
    "not read again: {}, {}, unchanged in size and times since the complete verification of "
    "{:%Y-%m-%d %H:%M} UTC"
)


@click.command()
@click.option(
    "--against",
    type=PATH_OR_URL,
    multiple=True,
    metavar="PATH|URL",
    help="Witness, copy of the site or its log, or saved checkpoint to compare the log with.",
)
@click.option(
    "--repair",
    is_flag=True,
    help="Exclude imported records that make the archive invalid before verifying.",
)
@click.option(
    "--new",
    is_flag=True,
    help="Skip files that have not changed since the last complete verification.",
)
@with_home
def verify(home: Home, *, against: tuple[str, ...], repair: bool, new: bool) -> int:
    """Verify the archive: records, digests, index and log.

    The captures to which the store refers are also checked. The log is compared with the
    checkpoints of witnesses that have a path in archive.witnesses or are given with --against. The
    exit code is 1 if something is wrong, or if a path or URL given with --against can't be read.

    Titles, texts and dates of releases in the store, and the files of the published site, are not
    compared with the archive.

    With --new, an archive file is skipped if the last complete verification read it without a
    problem, and its size and times have not changed. The log and all other files are checked.
    Without --new, changes that keep size and times are also found, such as disk errors.

    Nothing is changed without --repair. Earlier versions could import records with an id that is
    already used, or revisit records without the original. With --repair, a signed note in the log
    states that these records are not evidence. They remain in their files.
    """
    if repair:
        with closing(home.open_archive()) as archive:
            set_aside(archive)
    with closing(home.log()) as log:
        known, unread = checkpoints(home, log, against)
        for one in () if wants_json() else unread:
            # Printed before the verification, which may take hours.
            complain(str(one))
        with one_bar("verify") as on_progress:
            unusable = why_unusable(home)
            captures, journal_end = list[Capture](), ""
            if not unusable:
                with closing(home.plain_store()) as store:
                    captures, journal_end = [*store.captured()], store.journal_end()
            report = verify_archive(
                home.archive,
                log,
                captures,
                journal_end,
                known=known,
                on_progress=on_progress,
                checked=last_done(home, CheckedArchive) if new else None,
                # For --new, the next time.
                on_checked=partial(note_done, home) if home.archive.is_dir() else lambda _: None,
            )
        problems = [*report.problems] if unusable else with_releases(home, report.problems)
        problems += unread
        try:
            log.check_key()
        except ArchiveError as error:
            # A copy of an archive may lack the key. But a key that does not belong to the log shows
            # that the log was replaced or deleted.
            if not home.log_key.exists():
                complain(str(error))
            elif all(one.cause != LOG_MISSING_MESSAGE for one in problems):
                problems.append(ArchiveProblem(error.path, None, error.cause))
        left_out = [f"the store, which {unusable}: see `communique doctor`"] if unusable else []
        report = replace(report, problems=problems, not_compared=(*left_out, *NOT_COMPARED))
    # A verification that left files out proves nothing about them, except by a problem.
    if home.archive.is_dir() and (report.not_read is None or problems):
        note_done(home, LastVerification(utc_now(), len(problems)))
    if wants_json():
        print_json(report)
    else:
        print_report(report, unread)
    return 1 if report.problems else 0


def why_unusable(home: Home) -> str:
    """Return the reason why the archive can't be compared with the store, or an empty string.

    A copy of an archive has no store. If the store is damaged, the archive is verified without it.
    """
    if not home.has_store:
        return "is missing"
    try:
        with closing(home.plain_store()) as store:
            store.journal_end()
    except StoreError as error:
        return f"can't be read ({error.cause})"
    return ""


def with_releases(home: Home, problems: Sequence[ArchiveProblem]) -> list[ArchiveProblem]:
    """Add the id of the release to each problem that concerns the address of a release."""
    with closing(home.plain_store()) as store:
        found = {uri: store.find_releases(uri, limit=1) for uri in {one.uri for one in problems}}
    return [
        replace(one, release=found[one.uri][0].id) if one.uri and found[one.uri] else one
        for one in problems
    ]


def checkpoints(
    home: Home, log: TreeLog, against: tuple[str, ...]
) -> tuple[list[tuple[str, Checkpoint]], list[ArchiveProblem]]:
    """Read the checkpoints of witnesses, and of the paths and URLs in ``against``.

    The first list contains each path or URL with its checkpoint, the second list a problem for each
    path or URL in ``against`` without a checkpoint. If a witness in the settings has no checkpoint,
    this is only printed. Raises ArchiveError if our own log can't be read.
    """
    own = log.checkpoint()
    if own is None:
        cause = "there is no signed log here to compare it with"
        return [], [ArchiveProblem(place, None, cause) for place in against]
    keys, client = log.key_chain(), client_of(home)
    found: list[tuple[str, Checkpoint]] = []
    problems: list[ArchiveProblem] = []
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
            problems.append(ArchiveProblem(place, None, error.cause))
    return found, problems


def print_report(report: VerificationReport, printed: Sequence[ArchiveProblem]) -> None:
    """Print the result of a verification, and problems to standard error.

    The problems with paths and URLs given with --against (``printed``) were printed earlier.
    """
    problems = [one for one in report.problems if one not in printed]
    say(
        f"{counted(report.records, 'record')} in {counted(report.files, 'file')},"
        f" {sized(report.bytes)}"
    )
    say(f"{counted(report.leaves, 'leaf', 'leaves')} in the log, {report.signed} signed")
    if (left := report.not_read) and left.files:
        files = counted(left.files, "file")
        say(NOT_READ.format(files, sized(left.bytes), left.checked_at))
    for one in report.attested:
        say(f"as known to {one}")
    for removed in report.removed:
        records = counted(removed.records, "record")
        if removed.kind == SET_ASIDE:
            say(f"{records} set aside, not evidence of this archive: {removed.why}")
        else:
            say(f"{records} removed ({removed.kind}): {removed.why}")
    for one in report.foreign:
        say(f"{one}: not ours, not checked (`communique mirror import` imports it)")
    complain_about([*map(str, problems)], MAX_PROBLEMS_SHOWN)
    if problems:
        say(f"the archive is NOT intact: {counted(len(problems), 'problem')}")
    elif printed:
        say("the archive is intact, but its log was not compared with every given PATH or URL")
    else:
        say("the archive is intact")
    say(f"not compared with it: {'; '.join(report.not_compared)}")


DEFAULT_SAMPLE: Final = 20
"""Default number of releases to check, chosen at random."""

AGREEMENT_TEXTS: Final = {
    "payload": "has the same bytes",
    "text": "has the same text",
    "other_time": "has another text, of a time at which we have none",
    "differs": "contradicts our copy",
    "absent": "has no copy",
    "failed": "failed",
    "skipped": "was not asked",
}
"""Message for each result of a comparison (`agreement`)."""


@click.command()
@click.argument("release", required=False)
@click.option(
    "--sample",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help=f"Number of releases to check, chosen at random (default {DEFAULT_SAMPLE}).",
)
@with_home
def corroborate(home: Home, *, release: str | None, sample: int | None) -> int:
    """Compare our copies of releases with other archives.

    The other archives are in the settings: archive.instances (other Communique sites) and
    archive.web_archives. RELEASE is an id, the start of an id, or an address. Digests are compared
    first, then texts. Page noise, such as counters and today's date, is ignored. If most copies
    agree, the command names the archives that contradict them. The exit code is 1 if a copy
    contradicts ours, or if an archive does not respond.
    """
    if not (home.settings.archive.instances or home.settings.archive.web_archives):
        raise click.UsageError("set archive.instances or archive.web_archives first")
    if release and sample:
        raise click.UsageError("give a release or --sample, not both")
    # Imported here: it loads Scrapy, which no verification needs.
    from scheduler.mirror.corroborate import Corroborator  # noqa: PLC0415

    with closing(home.plain_store()) as store, closing(Index(home.archive)) as index:
        chosen = [find(store, release)] if release else sampled(store, sample or DEFAULT_SAMPLE)
        if any(one.content.redacted for one in chosen):
            raise click.UsageError("this release was redacted, so there is no text to compare")
        secrets = store.secrets()
        found: list[Corroboration] = []
        for one in map(Corroborator(home, store, index).compare, chosen):
            found.append(one)
            if not wants_json():
                say(*(without_secrets(line, secrets) for line in report_lines(one)))
    contradicted = [one for one in found if one.is_contradicted]
    if wants_json():
        print_json(without_secrets(report_of(found), secrets))
    elif contradicted:
        complain(f"{counted(len(contradicted), 'release')} of {len(found)} should be checked")
    return 1 if contradicted else 0


def sampled(store: Store, size: int) -> Sequence[Release]:
    """Return releases chosen at random, without hidden and redacted releases."""
    summaries = [one.id for one in store.summaries(Facet())]
    names = random.sample(summaries, min(size, len(summaries)))
    releases = filter(None, map(store.release, names))
    return [one for one in releases if not one.content.redacted]


def report_lines(one: Corroboration) -> list[str]:
    """Return the printed lines about the comparison of one release."""
    lines = [f"{one.release.id}  {one.release.content.title}"]
    for finding in (*one.findings, *filter(None, [one.ours])):
        accused = "; most other copies contradict it" if finding.is_accused else ""
        problem = f": {finding.problem}" if finding.problem else ""
        lines.append(f"  {finding.archive} {AGREEMENT_TEXTS[finding.agreement]}{accused}{problem}")
        for passage in finding.passages:
            lines += [f"    - {passage.ours}", f"    + {passage.theirs}"]
    return lines


def report_of(found: Sequence[Corroboration]) -> dict[str, Any]:
    """Return the comparisons of all releases as JSON values."""
    counts = Counter(one.agreement for some in found for one in some.findings)
    accused = Counter(
        one.archive
        for some in found
        for one in (*some.findings, *filter(None, [some.ours]))
        if one.is_accused
    )
    return {
        "releases": [
            {
                "id": one.release.id,
                "url": one.release.url,
                "archives": [finding_fields(finding) for finding in one.findings],
                "ours": finding_fields(one.ours) if one.ours else None,
            }
            for one in found
        ],
        "counts": counts,
        "contradicted": sum(one.is_contradicted for one in found),
        "accused": accused,
    }


def finding_fields(one: Finding) -> dict[str, Any]:
    """Return the comparison with one archive as JSON values."""
    return {
        "archive": one.archive,
        "agreement": one.agreement,
        "accused": one.is_accused,
        "passages": [{"ours": part.ours, "theirs": part.theirs} for part in one.passages],
        "problem": one.problem or None,
    }
