"""A facet: one way to select releases, and so one feed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to select releases, and so one feed: every part that is None selects all.

    ``topic`` is a slug. ``period`` is a year, month or day as ISO writes them: ``2022``,
    ``2022-11``, ``2022-11-24``, counted in the zone of each release's source. ``section`` is the
    slug of a section, and stands beside its ``source`` alone: what two sites call the same is not
    the same. ``language`` is a tag (BCP 47) as feeds name it, and stands alone.
    """

    source: str | None = None
    topic: str | None = None
    period: str | None = None
    section: str | None = None
    language: str | None = None
