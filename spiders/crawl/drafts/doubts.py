"""Report doubts about newly recorded releases, mainly about their dates."""

from collections.abc import Sequence
from typing import Final

from data.dates.clock import contradicted
from data.dates.context import DateContext, order_of_place
from data.health.run_errors import ErrorKind
from data.identity.decision import RESTLESS, Decision, date_doubt
from data.models import Facet, Release
from spiders.crawl.drafts.release_reader import ReleaseReader
from spiders.crawl.visit_scope import VisitScope
from spiders.learning.site_day_order import is_two_ways

LAST_RELEASES: Final = 20
"""Number of newest releases that are checked to learn whether a source's releases usually have a
text and a date."""

NO_TEXT: Final = (
    "no text was found on the page, although other releases of this source have text. Check the"
    " source with `communique sources check`"
)
UNDATED_MESSAGE: Final = (
    "no date was found on the page, although other releases of this source have dates. The release"
    " was stored without a date. Set release.published in the source file"
)
AMBIGUOUS_DATE: Final = (
    "the date {raw!r} is ambiguous. It was read as {day}, as is usual in {zone}. If this is wrong,"
    " set date_order in the source file"
)
FOREIGN_ZONE: Final = (
    "the date {raw!r} has the time zone {name}, which is ambiguous and not used in {zone}. The time"
    " was read as a time in {zone}"
)


class Doubts:
    """Reports doubts about the releases recorded in one visit.

    A doubt about all releases of a source is reported once.
    """

    def __init__(self, scope: VisitScope, reader: ReleaseReader) -> None:
        self._scope = scope
        self._report_error = scope.report.error
        self._reader = reader
        self._is_order_reported = self._is_zone_reported = False
        self._undated: list[str] = []
        self._has_dates = False
        self.waits = False
        """Whether a change on a single page waits for confirmation by the next visit."""

    def note(self, url: str, decision: Decision) -> None:
        """Report doubts about the release at ``url``.

        ``decision`` is the result of recording the release.
        """
        release = decision.release
        self.waits |= decision.waits
        if decision.doubt:
            kind: ErrorKind = "restless" if decision.doubt == RESTLESS else "layout"
            self._report_error(url, kind, decision.doubt)
        dated = release.published.precision != "none"
        self._has_dates |= dated
        if decision.kind != "new":
            return
        if doubt := date_doubt(release):
            self._report_error(url, "date", doubt)
        elif not dated:
            self._undated.append(url)
        if self._lacks_text(release):
            self._report_error(url, "layout", NO_TEXT)
        if not self._is_order_reported and (doubt := order_doubt(release, self._reader.dates)):
            self._is_order_reported = True
            self._report_error(url, "date", doubt)
        if not self._is_zone_reported and (doubt := zone_doubt(release)):
            self._is_zone_reported = True
            self._report_error(url, "date", doubt)

    def finish(self) -> None:
        """Report new releases without a date if other releases of the source have dates."""
        undated, self._undated = self._undated, []
        if not undated:
            return
        known = self._last_releases()
        if self._has_dates or any(one.published.precision != "none" for one in known):
            for url in undated:
                self._report_error(url, "date", UNDATED_MESSAGE)

    def _last_releases(self) -> Sequence[Release]:
        return [*self._scope.store.releases(Facet(source=self._scope.id), limit=LAST_RELEASES)]

    def _lacks_text(self, release: Release) -> bool:
        """Whether a new release has no text although most recent releases have one."""
        if release.content.body_text or release.content.attachments:
            return False
        last = self._last_releases()
        others = [one for one in last if one.id != release.id]
        return sum(bool(one.content.body_text) for one in others) * 2 > len(others)


def zone_doubt(release: Release) -> str | None:
    """Return why the hour of a new release may be wrong (a sentence), or None."""
    name = contradicted(release.published)
    if name is None:
        return None
    return FOREIGN_ZONE.format(raw=release.published.raw, name=name, zone=release.published.zone)


def order_doubt(release: Release, dates: DateContext) -> str | None:
    """Return why a new release's day and month may be swapped (a sentence), or None.

    ``dates`` is the visit's date context. It contains the order of day and month from the source
    file or the listing.
    """
    published, content = release.published, release.content
    languages = (*dates.languages, *filter(None, [content.language]))
    decided = dates.order or order_of_place(languages, "UTC")
    if published.precision == "none" or decided or not is_two_ways(published.raw):
        return None
    return AMBIGUOUS_DATE.format(raw=published.raw, day=published.day, zone=dates.zone)
