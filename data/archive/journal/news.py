"""What of a decision is news, so that the archive tells of it at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.models import Capture, Run, Walk
from data.store.recorder.outcome import Outcome, Sight


def is_news(outcome: Outcome) -> bool:
    """Whether more came of a draft than that its release was seen again as it was."""
    before, decision = outcome.before, outcome.decision
    if decision.doubt:
        return False
    if before is None or outcome.noted or outcome.joined:
        return True
    # Its addresses are told by whether any was noted.
    same = replace(
        decision.release,
        last_seen=before.last_seen,
        digest=before.digest,
        aliases=before.aliases,
    )
    return same != before


def sight_of(outcome: Outcome) -> Sight:
    """What is worth telling of a release that was seen again as it was."""
    release, before = outcome.decision.release, outcome.before
    leaf = leaf_of(outcome.capture)
    if before and before.digest == release.digest:
        return Sight(release.last_seen, leaf=leaf)
    return Sight(release.last_seen, release.digest, outcome.fingerprint, leaf)


def leaf_of(capture: Capture | None) -> int:
    """The leaf of a capture, and -1 where there is none."""
    return capture.leaf if capture else -1


def end_of(walk: Walk | None) -> tuple[object, ...]:
    """What is worth knowing of a walk that is over."""
    return (walk.rules, walk.history, walk.bound, walk.first) if walk else ()


def said(run: Run) -> tuple[object, ...]:
    """All of a report that tells how its source is, or what came of a visit."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


def day(run: Run, zone: dt.tzinfo) -> dt.date:
    """The day on which a visit began: silence is judged by it."""
    return run.started.astimezone(zone).date()
