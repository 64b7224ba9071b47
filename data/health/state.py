"""Health of sources after their last visits, for people and for monitoring systems."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from data.clock import utc_now, zone_or_utc
from data.health.codes import WELL, Condition, State, Verdict, condition_text
from data.health.network import HOME, Outage, outage_of
from data.health.run_errors import (
    DRIFT,
    code_of_failure,
    decisive,
    has_delivered,
    lost_pages,
    was_interrupted,
    works,
)
from data.health.silence import Expected, expectations, verdict_of_rhythm
from data.health.visit_faults import first_sign
from data.models import Facet, Handling, HandlingKind, Run, Source
from data.store.core.store import Store
from data.text.masking import masked
from data.wording import counted

RECENT_VISITS: Final = 12
"""Number of recent visits that are checked. A source fails often if at least half of them failed.
"""


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


def is_no_evidence(run: Run) -> bool:
    """Return whether a visit has no results because this machine ended it early."""
    return was_interrupted(run) and not works(run)


def last_visit(store: Store, source: str) -> Run | None:
    """Return the last visit to a source, or None.

    A visit that this machine ended early is returned only if no other recent visit exists.
    """
    last = next(iter(store.runs(source, limit=1)), None)
    if last is None or not is_no_evidence(last):
        return last
    return next(
        (run for run in store.runs(source, limit=RECENT_VISITS) if not is_no_evidence(run)), last
    )


def overview(store: Store) -> Iterator[Health]:
    """Yield the health of all sources in a store except removed sources, by id. Writes nothing."""
    removed = store.removed_sources()
    sources = {name: one for name, one in store.sources().items() if name not in removed}
    runs = {name: last_visit(store, name) for name in sources}
    days = {name: day_of_run(sources[name], run) for name, run in runs.items() if run}
    expected, _ = expectations(store, days)
    handled, outage = store.handlings(utc_now()), outage_of(store.health_events_of(HOME, limit=2))
    for name, source in sorted(sources.items()):
        newest = next(iter(store.releases(Facet(source=name), limit=1)), None)
        # For a release without a date, the day on which it was first seen counts.
        last = (newest.published.iso or newest.published.day.isoformat()) if newest else None
        health = health_of(source, runs[name], last, expected.get(name))
        kinds = handled.get(name, {})
        verdict = set_aside(runs[name], kinds, outage) or health.verdict
        yield replace(health, verdict=verdict, handled=kinds)


def set_aside(
    run: Run | None, handled: Mapping[HandlingKind, Handling], outage: Outage | None
) -> Verdict | None:
    """Return the verdict if the source is paused or our network is down, otherwise None.

    This verdict takes precedence over the last visit.
    """
    if "paused" in handled:
        return Verdict("paused", "it is not visited")
    if run and outage and outage.until is None and outage.spoiled(run):
        since = f"{outage.since:%Y-%m-%d %H:%M} UTC"
        return Verdict("network.down", f"our own network is down since {since}")
    return None


def health_fields(one: Health) -> dict[str, str | bool | None]:
    """Return the health of a source as JSON values."""
    muted = one.handled.get("muted")
    return {
        "id": one.source,
        "state": one.state,
        "visiting": one.visiting,
        "degraded": one.degraded,
        "code": one.code,
        "last_release": one.last_release,
        "expected_by": one.expected.by.isoformat() if one.expected else None,
        "last_run": one.last_run.isoformat(timespec="seconds") if one.last_run else None,
        "reason": one.reason,
        "acknowledged": "acknowledged" in one.handled,
        "muted_until": muted.until.isoformat(timespec="seconds") if muted and muted.until else None,
        "paused": "paused" in one.handled,
    }
