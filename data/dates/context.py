"""How the dates of one page are to be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from data.dates.day_order import Order, order_of_place


@dataclass(frozen=True, slots=True)
class DateContext:
    """How the dates of a page are to be read.

    ``zone`` is the IANA name of the source's time zone, ``order`` settles 03/04/26, ``languages``
    are the page's language tags, and ``now`` (aware UTC) is what "yesterday" counts from.
    """

    zone: str
    order: Order | None = None
    languages: tuple[str, ...] = ()
    now: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    @property
    def day_order(self) -> Order | None:
        """The order given, else the one that the languages or the zone imply for certain."""
        return self.order or order_of_place(self.languages, self.zone)

    def speaks(self, *languages: str) -> bool:
        """Whether the page is in one of ``languages`` (``fa``), whatever the region."""
        return any(tag.lower().startswith(languages) for tag in self.languages)
