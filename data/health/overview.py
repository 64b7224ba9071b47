"""The health of all sources at once, as it is asked for by people and by monitoring systems."""

from __future__ import annotations

from collections.abc import Iterator

from data.health.expectations import expectations
from data.health.state import Health, day_of_run, health_of
from data.models import Facet
from data.store.protocol import HealthStore


def overview(store: HealthStore) -> Iterator[Health]:
    """The health of every source of a store that was not removed, by id; nothing is written."""
    removed = store.removed_sources()
    sources = {name: one for name, one in store.sources().items() if name not in removed}
    runs = {name: next(iter(store.runs(name, limit=1)), None) for name in sources}
    days = {name: day_of_run(sources[name], run) for name, run in runs.items() if run}
    expected, _ = expectations(store, days)
    for name, source in sorted(sources.items()):
        newest = next(iter(store.releases(Facet(source=name), limit=1)), None)
        # Of what has no date, the day of its first sight says when the source was last heard of.
        last = (newest.published.iso or newest.published.day.isoformat()) if newest else None
        yield health_of(source, runs[name], last, expected.get(name))


def health_fields(one: Health) -> dict[str, str | None]:
    """The health of a source as JSON has it."""
    return {
        "id": one.source,
        "state": one.state,
        "code": one.code,
        "last_release": one.last_release,
        "expected_by": one.expected.by.isoformat() if one.expected else None,
        "last_run": one.last_run.isoformat(timespec="seconds") if one.last_run else None,
        "reason": one.reason,
    }
