"""What the feed of the health of sources tells: since when one is ill or well again, and why.

A source that is merely late makes no entry: offices are, a few times a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from data.health.rhythm import Expected
from data.health.state import Health, expectation, health_of
from data.models import Facet, Source
from data.store.protocol import ReadStore
from data.text.clean import plain
from feeds.publishing.render_cache import RenderCache

SAID: Mapping[str, str] = {
    "failing": "stopped working",
    "blocked": "keeps us out",
    "silent": "has gone silent",
    "ok": "works again",
}
"""What a title says of a state."""


class HealthEvent(msgspec.Struct, frozen=True):
    """A change in the health of a source: since when it is well or not, and why."""

    source: str
    well: bool
    at: dt.datetime
    reason: str
    state: str = ""

    @property
    def title(self) -> str:
        """What happened, after the name of the source."""
        return SAID.get(self.state) or SAID["ok" if self.well else "failing"]


class Known(msgspec.Struct, frozen=True):
    """What is expected of a source while it has so many releases."""

    releases: int
    by: dt.date | None
    silent: dt.date | None


def events_of(
    store: ReadStore,
    kept: RenderCache,
    sources: Mapping[str, Source],
    counts: Mapping[Facet, int],
    limit: int,
) -> list[HealthEvent]:
    """The last ``limit`` changes in the health of sources, and what is ill since before them."""
    noted = kept.note("health")
    events = msgspec.json.decode(noted, type=list[HealthEvent]) if noted else []
    latest = {event.source: event for event in events}
    expected = expectations(store, kept, sources, counts)
    fresh = []
    for name, source in sorted(sources.items()):
        for run in store.runs(name, limit=1):
            # The day of the last release is in what is expected; its text is not needed here.
            health = health_of(source, run, "an earlier day", expected[name])
            if is_news(latest.get(name), health):
                reason = "" if health.is_well else plain(health.reason)
                state = "ok" if health.is_well else health.state
                fresh.append(HealthEvent(name, health.is_well, run.started, reason, state))
    if fresh:
        # What is forgotten must not make a source that is ill look well.
        events = [*events, *sorted(fresh, key=lambda one: one.at)]
        latest = {event.source: event for event in events}
        events = [
            event
            for number, event in enumerate(events)
            if number >= len(events) - limit or (latest[event.source] is event and not event.well)
        ]
        kept.keep_note("health", msgspec.json.encode(events))
    return events[-limit:]


def is_news(before: HealthEvent | None, health: Health) -> bool:
    """Whether a state is another than the feed told last; at first a source is well."""
    if before is None or before.well:
        return not health.is_well
    return health.is_well or (before.state or "failing") != health.state


def expectations(
    store: ReadStore, kept: RenderCache, sources: Mapping[str, Source], counts: Mapping[Facet, int]
) -> dict[str, Expected | None]:
    """What is expected of each source; found anew only where it has more releases than before."""
    noted = kept.note("rhythms")
    before = msgspec.json.decode(noted, type=dict[str, Known]) if noted else {}
    known = {}
    for name, source in sources.items():
        releases = counts.get(Facet(source=name), 0)
        if name in before and before[name].releases == releases:
            known[name] = before[name]
            continue
        found = expectation(store, source) if releases else None
        by, silent = (found.by, found.silent) if found else (None, None)
        known[name] = Known(releases, by, silent)
    if known != before:
        kept.keep_note("rhythms", msgspec.json.encode(known))
    return {
        name: Expected(one.by, one.silent) if one.by and one.silent else None
        for name, one in known.items()
    }
