"""What is doubtful about a release's date, as a sentence for the run."""

from __future__ import annotations

from data.dates.context import DateContext
from data.dates.day_order import order_of_place
from data.dates.stated_zones import contradicted
from data.models import Release
from spiders.learning.day_order import is_two_ways

UNDATED = (
    "no date was found on the page, though other releases of this source have one; it is kept"
    " without a date (write release.published in the source file)"
)
TWO_WAYS = (
    "the date {raw!r} can be read in two ways; it is taken for {day}, as is usual in {zone}, since"
    " neither the list nor the language says more (write date_order in the source file)"
)

OTHER_ZONE = (
    "the date {raw!r} names a zone, {name}, that is not one of {zone}, and that is more than one"
    " place's; its hour is taken for one in {zone}"
)


def zone_doubt(release: Release) -> str | None:
    """Why the hour of a new release may be another, or None where its zone is decided."""
    name = contradicted(release.published)
    if name is None:
        return None
    return OTHER_ZONE.format(raw=release.published.raw, name=name, zone=release.published.zone)


def order_doubt(release: Release, reading: DateContext) -> str | None:
    """Why the day of a new release may be another, or None where its order is decided.

    ``reading`` is that of the visit: what the source file says and its list shows.
    """
    published, content = release.published, release.content
    languages = (*reading.languages, *filter(None, [content.language]))
    decided = reading.order or order_of_place(languages, "UTC")
    if published.precision == "none" or decided or not is_two_ways(published.raw):
        return None
    return TWO_WAYS.format(raw=published.raw, day=published.day, zone=reading.zone)
