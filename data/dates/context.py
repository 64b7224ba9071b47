"""Context in which the dates of a page are read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from data.dates.day_order import Order, order_of_place


@dataclass(frozen=True, slots=True)
class DateContext:
    """How to read the dates of a page.

    ``zone`` is the IANA name of the source's time zone. ``order`` resolves dates like 03/04/26.
    ``languages`` are the page's language tags. ``now`` (aware UTC) is the reference of "yesterday".
    """

    zone: str
    order: Order | None = None
    languages: tuple[str, ...] = ()
    now: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    @property
    def day_order(self) -> Order | None:
        """The given order, or the one that the languages or the zone imply with certainty."""
        return self.order or order_of_place(self.languages, self.zone)

    def speaks(self, *languages: str) -> bool:
        """Whether the page is in one of these languages (``fa``), in any region."""
        return any(tag.lower().startswith(languages) for tag in self.languages)
