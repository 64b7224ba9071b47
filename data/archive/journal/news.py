"""Decides which results of a visit are archived at once and which can wait."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.models import Capture, Run, Walk
from data.store.outcome import RecordOutcome, Sight


def is_news(outcome: RecordOutcome) -> bool:
    """Return whether a draft did more than confirm an unchanged release."""
    before, decision = outcome.before, outcome.decision
    if decision.doubt:
        return False
    if before is None or outcome.noted or outcome.joined:
        return True
    # This comparison uses ``noted`` instead of the addresses themselves.
    same = replace(
        decision.release,
        last_seen=before.last_seen,
        digest=before.digest,
        aliases=before.aliases,
    )
    return same != before


def sight_of(outcome: RecordOutcome) -> Sight:
    """Return the sight of a release that was seen unchanged."""
    release, before = outcome.decision.release, outcome.before
    leaf = leaf_of(outcome.capture)
    if before and before.digest == release.digest:
        return Sight(release.last_seen, leaf=leaf)
    return Sight(release.last_seen, release.digest, outcome.fingerprint, leaf)


def leaf_of(capture: Capture | None) -> int:
    """Return the leaf of a capture, or -1."""
    return capture.leaf if capture else -1


def end_of(walk: Walk | None) -> tuple[object, ...]:
    """Return the facts about a finished walk that are worth a journal record."""
    return (walk.rules, walk.history, walk.bound, walk.first) if walk else ()


def said(run: Run) -> tuple[object, ...]:
    """Return the parts of a run report about the source's health and the visit's results."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


def day(run: Run, zone: dt.tzinfo) -> dt.date:
    """Return the day of a visit in a time zone; silence of a source is judged by days."""
    return run.started.astimezone(zone).date()
