"""The health of all sources at once, as it is asked for by people and by monitoring systems."""

from __future__ import annotations

from collections.abc import Iterator

from data.health.rhythm import Expected
from data.health.state import Health, expectation, health_of
from data.models import Facet, Source
from data.store.protocol import HealthStore


def overview(store: HealthStore) -> Iterator[Health]:
    """The health of every source of a store, by id; nothing is written."""
    rhythms, counts = store.rhythms(), store.facets()

    def expected(source: Source) -> Expected | None:
        known = rhythms.get(source.id)
        if known is None or known.releases != counts.get(Facet(source=source.id), 0):
            return expectation(store, source)
        return Expected(known.expected, known.silent) if known.expected and known.silent else None

    for name, source in sorted(store.sources().items()):
        run = next(iter(store.runs(name, limit=1)), None)
        newest = next(iter(store.releases(Facet(source=name), limit=1)), None)
        # Of what has no date, the day of its first sight says when the source was last heard of.
        last = (newest.published.iso or newest.published.day.isoformat()) if newest else None
        yield health_of(source, run, last, expected(source))


def health_fields(one: Health) -> dict[str, str | None]:
    """The health of a source as JSON has it."""
    return {
        "id": one.source,
        "state": one.state,
        "last_release": one.last_release,
        "expected_by": one.expected.by.isoformat() if one.expected else None,
        "last_run": one.last_run.isoformat(timespec="seconds") if one.last_run else None,
        "reason": one.reason,
    }
