"""communique mirror corroborate: compare our copies of releases with other archives."""

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

import click

from data.archive.warc.index import Index
from data.models import Facet, Release
from data.revisions.corroboration import Finding
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home.home import Home
from scheduler.mirror.corroborate import Corroboration
from scheduler.mirror.corroborate import corroborate as compare
from scheduler.operations.releases import find

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
@as_json
@with_home
def corroborate(home: Home, *, release: str | None, sample: int | None, as_json: bool) -> int:
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
    with closing(home.plain_store()) as store, closing(Index(home.archive)) as index:
        chosen = [find(store, release)] if release else sampled(store, sample or DEFAULT_SAMPLE)
        if any(one.content.redacted for one in chosen):
            raise click.UsageError("this release was redacted, so there is no text to compare")
        secrets = store.secrets()
        found: list[Corroboration] = []
        for one in compare(home, store, chosen, index):
            found.append(one)
            if not as_json:
                say(*(without_secrets(line, secrets) for line in report_lines(one)))
    contradicted = [one for one in found if one.is_contradicted]
    if as_json:
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
