"""Health of a source: whether it works, and whether it publishes as often as usual."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from data.clock import zone_or_utc
from data.health.codes import WELL, Condition, State, Verdict, condition_text
from data.health.run_errors import DRIFT, code_of_failure, decisive, has_delivered, lost_pages
from data.health.silence import Expected, verdict_of_rhythm
from data.health.visit_faults import first_sign
from data.models import Handling, HandlingKind, Run, Source
from data.text.masking import masked
from data.wording import counted


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a source after its last visit.

    ``expected`` is None if the source has no known rhythm. ``handled`` contains operators'
    decisions, by kind. ``visiting`` is true if the source is being visited now.
    """

    source: str
    verdict: Verdict
    last_release: str | None
    expected: Expected | None
    last_run: dt.datetime | None
    handled: Mapping[HandlingKind, Handling] = field(default_factory=dict)
    visiting: bool = False

    @property
    def next_by(self) -> dt.date | None:
        """Return the last day on which the next release is in time, or None if it has passed."""
        if self.expected is None or self.last_run is None:
            return None
        is_past = self.expected.by < self.last_run.astimezone(dt.UTC).date()
        return None if is_past else self.expected.by

    @property
    def state(self) -> State:
        """Return the state of the source, such as ``ok``."""
        return self.verdict.state

    @property
    def degraded(self) -> bool:
        """Return whether the source works but has the fault that its code describes."""
        return self.verdict.degraded

    @property
    def condition(self) -> Condition:
        """Return the state of the source, or ``degraded`` if it works but has a fault."""
        return self.verdict.condition

    @property
    def label(self) -> str:
        """Return the condition of the source as readable text."""
        return condition_text(self.condition)

    @property
    def code(self) -> str:
        """Return the reason for the state of the source, as a code (data.health.codes)."""
        return self.verdict.code

    @property
    def reason(self) -> str:
        """Return the reason for the state of the source, as a readable sentence."""
        return self.verdict.reason

    @property
    def is_well(self) -> bool:
        """Return whether the source needs no attention."""
        return self.condition in WELL


def health_of(
    source: Source, run: Run | None, last_release: str | None, expected: Expected | None
) -> Health:
    """Return the health of a source after its last visit."""
    last_run = run.started if run else None
    verdict = verdict_of(source, run, expected, has_releases=last_release is not None)
    return Health(source.id, verdict, last_release, expected, last_run)


def verdict_of(
    source: Source, run: Run | None, expected: Expected | None, *, has_releases: bool
) -> Verdict:
    """Return the verdict about a source after its last visit.

    Silence is judged as of the day of that visit, because the source was not observed later.
    """
    if run is None:
        return Verdict("new.unvisited", "it has not been visited yet")
    if error := decisive(run, masked(source.url)):
        code = code_of_failure(run, error)
        sign = first_sign(run) if code == "release.unread" else None
        if sign and sign.code == code:
            return sign
        at = f" ({error.url})" if error.url else ""
        # While a changed source file is held for review, the previous rules still work.
        delivers = error.kind == DRIFT and has_delivered(run)
        return Verdict(code, masked(f"{error.message}{at}"), delivers)
    if sign := first_sign(run):
        return sign
    verdict = Verdict("new.no_release", "none of its releases has been found yet")
    if has_releases and run.facts and run.facts.is_page:
        verdict = Verdict("ok", "it works; a single page may stay the same for a long time")
    elif has_releases:
        verdict = verdict_of_rhythm(day_of_run(source, run), expected)
    if lost := lost_pages(run):
        pages = counted(len(lost), "page")
        doubt = f"{pages} of its last visit could not be processed: {lost[0].message}"
        return verdict._replace(reason=f"{verdict.reason}; {doubt}")
    return verdict


def day_of_run(source: Source, run: Run) -> dt.date:
    """Return the day on which a visit began, in the time zone of its source."""
    return run.started.astimezone(zone_or_utc(source.timezone)).date()
