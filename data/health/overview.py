"""Health of all sources, for people and for monitoring systems."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from data.clock import utc_now
from data.health.codes import Verdict
from data.health.health_changes import events_of, last_visit
from data.health.network import HOME, Outage, outage_of
from data.health.silence import expectations
from data.health.state import Health, day_of_run, health_of
from data.models import Facet, Handling, HandlingKind, Run
from data.store.core.store import Store


def overview(store: Store) -> Iterator[Health]:
    """Yield the health of all sources in a store except removed sources, by id. Writes nothing."""
    removed = store.removed_sources()
    sources = {name: one for name, one in store.sources().items() if name not in removed}
    runs = {name: last_visit(store, name) for name in sources}
    days = {name: day_of_run(sources[name], run) for name, run in runs.items() if run}
    expected, _ = expectations(store, days)
    handled, outage = store.handlings(utc_now()), outage_of(events_of(store, HOME))
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
