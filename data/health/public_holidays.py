"""On which days a country rests: its public holidays, and the country of a time zone.

The countries of zones are those of zone.tab in the IANA time zone database, the holidays those of
the package ``holidays``.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """The ISO 3166 code of the country of each zone that zone.tab lists."""
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def country_of(zone: str) -> str | None:
    """The ISO 3166 code of the country of an IANA time zone; None where it belongs to none."""
    return _countries().get(zone)


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int) -> frozenset[int]:
    """The public holidays of a country in a year, as ordinals of ``datetime.date``.

    Empty where nobody wrote them down.
    """
    # Imported here: a HOME that never asks for a holiday need not load it.
    import holidays  # noqa: PLC0415

    try:
        found = holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:
        return frozenset()
    return frozenset(day.toordinal() for day in found)
