"""What is expected of the sources of a store; a rhythm is learned anew only where releases came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from data.health.activity import activity_by_zone
from data.health.expected import Expected, expected_after
from data.health.rhythm import REMEMBERED, learn_rhythm
from data.models import Facet, SourceRhythm
from data.store.health_protocol import HealthStore


def expectations(
    store: HealthStore, days: Mapping[str, dt.date]
) -> tuple[dict[str, Expected | None], dict[str, SourceRhythm]]:
    """What is expected of each source as of a day in its zone, None where its releases are too few.

    The rhythms that were learned for it come second: whoever keeps them spares the next one that.
    """
    if not days:
        return {}, {}
    sources, counts, known = store.sources(), store.facets(), store.rhythms()
    until = max(days.values())
    since = until - dt.timedelta(days=REMEMBERED)
    first_days: dict[str, list[dt.date]] = {}
    for name, day in store.first_days().items():
        first_days.setdefault(sources[name].timezone, []).append(day)
    activity = activity_by_zone(
        store.publishing_sources(since), first_days, since=since, until=until
    )
    expected: dict[str, Expected | None] = {}
    fresh = {}
    for name, day in days.items():
        releases = counts.get(Facet(source=name), 0)
        around = activity.get(sources[name].timezone)
        found = known.get(name)
        if found is None or found.releases != releases:
            learned = learn_rhythm(store.release_days(name), around) if around else None
            found = fresh[name] = SourceRhythm(releases, learned)
        rhythm = found.rhythm
        expected[name] = expected_after(rhythm, around, day) if rhythm and around else None
    return expected, fresh
