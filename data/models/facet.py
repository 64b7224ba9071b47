"""A facet: a selection of releases that has a feed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facet:
    """A selection of releases that has a feed; a field that is None does not restrict it.

    ``topic`` is a slug. ``period`` is an ISO year, month or day (``2022``, ``2022-11``,
    ``2022-11-24``), in the time zone of each release's source. ``section`` is a slug and always has
    a ``source``, because two sites may use one name for different sections. ``language`` is a BCP
    47 tag and is never combined with other fields.
    """

    source: str | None = None
    topic: str | None = None
    period: str | None = None
    section: str | None = None
    language: str | None = None
