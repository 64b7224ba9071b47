"""A facet: one way to select releases, and so one feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.models.release import Release


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to select releases, and so one feed: every part that is None selects all.

    ``topic`` is a slug. ``period`` is a year, month or day as ISO writes them: ``2022``,
    ``2022-11``, ``2022-11-24``, counted in the zone of each release's source.
    """

    source: str | None = None
    topic: str | None = None
    period: str | None = None


def facets_of(release: Release) -> frozenset[Facet]:
    """All the facets that a release belongs to, and so the feeds that a change of it touches.

    One that is hidden belongs to none.
    """
    if release.hidden:
        return frozenset()
    return facets_at(release.source, release.content.topics, release.day)


def facets_at(source: str, topics: Sequence[str], day: str) -> frozenset[Facet]:
    """The facets of a release by its source, its topics and its day as ISO writes it, or empty."""
    return frozenset(
        [
            Facet(),
            Facet(source=source),
            *(Facet(topic=topic) for topic in topics),
            *(Facet(source=source, topic=topic) for topic in topics),
            *(Facet(period=day[:length]) for length in (4, 7, 10) if day),
        ]
    )
