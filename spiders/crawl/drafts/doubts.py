"""Report doubts about recorded releases, above all about their dates."""

from __future__ import annotations

from data.dates.context import DateContext
from data.dates.day_order import order_of_place
from data.dates.stated_zones import contradicted
from data.identity.decision import Decision, date_doubt
from data.models import Facet, Release
from data.store.store import Store
from spiders.crawl.page_errors import Tell
from spiders.learning.day_order import is_two_ways

LAST = 20
"""Number of newest releases with which a release without text or date is compared."""

NO_TEXT = (
    "no text was found on the page, as other releases of this source have it"
    " (check the source with `communique sources check`)"
)
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


class Doubts:
    """The doubts of one visit; a doubt about all releases of a source is reported once."""

    def __init__(self, source: str, store: Store, tell: Tell) -> None:
        self._source = source
        self._store = store
        self._tell = tell
        self._order_told = self._zone_told = False
        self._undated: list[str] = []
        self._dates = False

    def note(self, url: str, verdict: Decision, reading: DateContext) -> None:
        """Report doubts about a recorded release; ``reading`` is the visit's date context."""
        release = verdict.release
        if verdict.doubt:
            self._tell(url, "layout", verdict.doubt)
        dated = release.published.precision != "none"
        self._dates |= dated
        if verdict.kind != "new":
            return
        if doubt := date_doubt(release):
            self._tell(url, "date", doubt)
        elif not dated:
            self._undated.append(url)
        if self._lacks_text(release):
            self._tell(url, "layout", NO_TEXT)
        if not self._order_told and (doubt := order_doubt(release, reading)):
            self._order_told = True
            self._tell(url, "date", doubt)
        if not self._zone_told and (doubt := zone_doubt(release)):
            self._zone_told = True
            self._tell(url, "date", doubt)

    def finish(self) -> None:
        """Report releases without a date if other releases of the source have dates."""
        undated, self._undated = self._undated, []
        if not undated:
            return
        known = self._store.releases(Facet(source=self._source), limit=LAST)
        if self._dates or any(one.published.precision != "none" for one in known):
            for url in undated:
                self._tell(url, "date", UNDATED)

    def _lacks_text(self, release: Release) -> bool:
        """Whether a new release has no text although most recent releases do."""
        if release.content.body_text or release.content.attachments:
            return False
        last = self._store.releases(Facet(source=self._source), limit=LAST)
        others = [one for one in last if one.id != release.id]
        return sum(bool(one.content.body_text) for one in others) * 2 > len(others)


def zone_doubt(release: Release) -> str | None:
    """Explain why the hour of a new release may be wrong, or return None."""
    name = contradicted(release.published)
    if name is None:
        return None
    return OTHER_ZONE.format(raw=release.published.raw, name=name, zone=release.published.zone)


def order_doubt(release: Release, reading: DateContext) -> str | None:
    """Explain why day and month of a new release may be swapped, or return None.

    ``reading`` is the visit's date context, with the order of dates in the source file or on the
    listing.
    """
    published, content = release.published, release.content
    languages = (*reading.languages, *filter(None, [content.language]))
    decided = reading.order or order_of_place(languages, "UTC")
    if published.precision == "none" or decided or not is_two_ways(published.raw):
        return None
    return TWO_WAYS.format(raw=published.raw, day=published.day, zone=reading.zone)
