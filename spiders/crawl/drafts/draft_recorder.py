"""Record the drafts of a visit, and report doubts about new releases, mainly about their dates.

Several drafts share a transaction, to wait less often for the disk.
"""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from data.clock import utc_now
from data.dates.clock import contradicted
from data.dates.context import DateContext, order_of_place
from data.health.run_errors import ErrorKind
from data.identity.decision import RESTLESS, DraftDecision, date_doubt
from data.models import Capture, Facet, Published, Release, SeenDraft, SeenRelease
from data.topics.taxonomy import Taxonomy, with_topics
from spiders.crawl.drafts.page_requisites import PageRequisites
from spiders.crawl.drafts.pending_drafts import PendingDrafts, ReadyDraft
from spiders.crawl.drafts.release_files import ReleaseFiles
from spiders.crawl.drafts.release_reader import PageDraft, ReleaseReader
from spiders.crawl.page_errors import page_errors
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

    def note(self, url: str, decision: DraftDecision) -> None:
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
        # The hour of the release may be wrong.
        if not self._is_zone_reported and (name := contradicted(release.published)):
            self._is_zone_reported = True
            raw, zone = release.published.raw, release.published.zone
            self._report_error(url, "date", FOREIGN_ZONE.format(raw=raw, name=name, zone=zone))

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
        others = [one for one in self._last_releases() if one.id != release.id]
        return sum(bool(one.content.body_text) for one in others) * 2 > len(others)


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


DRAFTS_PER_TRANSACTION: Final = 16
"""Maximum number of drafts per transaction, so that other processes can write in between."""

WRITES_PER_TRANSACTION: Final = 100
"""Maximum number of writes per transaction. Most writes are for unchanged pages."""

PositionOf: TypeAlias = Callable[[Iterable[str], Published | None], int | None]
"""Function that returns a release's position in the backlog (releases older than the first visit),
or None, given the release's URLs and date."""

PageLimit: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Function that returns a context manager, which limits the CPU time spent on a page. Its argument
is the page's URL, or "" for other work of the visit."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class UnchangedPage:
    """The page of a stored release that the server reports as unchanged."""

    url: str
    release_id: str
    capture: Capture | None


@dataclass(frozen=True, slots=True)
class RecordedDraft:
    """The result of a write, for the visit's counts.

    ``decision`` is the decision about the draft, and ``capture`` is the capture of its page.
    """

    url: str
    kind: Literal["new", "changed", "unchanged"]
    returned: bool
    decision: DraftDecision | None = None
    capture: Capture | None = None


Write: TypeAlias = ReadyDraft | UnchangedPage


@dataclass(slots=True)
class DraftRecorder:
    """The pending writes of one visit, in order.

    If a write fails, an error of its page is reported; other writes are not affected. Drafts may
    wait in ``pending`` before they are added to the writes.
    """

    scope: VisitScope
    taxonomy: Taxonomy
    pending: PendingDrafts
    doubts: Doubts
    files: ReleaseFiles
    requisites: PageRequisites
    position_of: PositionOf
    limit: PageLimit
    _waiting: list[Write] = field(default_factory=list)

    @property
    def last(self) -> Write | None:
        """The newest pending write, or None."""
        return self._waiting[-1] if self._waiting else None

    def add(self, page: PageDraft, known: Release | None) -> None:
        """Add the draft of a page. It is recorded when enough writes are pending, or by `flush`.

        ``known`` is the stored release at one of the page's URLs.
        """
        self._waiting += self.pending.add(page, known)
        if self._is_full:
            self.flush()

    def add_unchanged(self, page: UnchangedPage) -> None:
        """Add the page of a stored release that the server reports as unchanged."""
        self.pending.confirmed(page.url)
        self._waiting.append(page)
        if self._is_full:
            self.flush()

    def finish(self) -> None:
        """Record all remaining drafts at the end of the visit."""
        with self.limit(""), self.scope.report.errors():
            for ready in self.pending.finish():
                self._waiting.append(ready)
                if self._is_full:
                    self.flush()
        self.flush()

    def flush(self, one: Write | None = None) -> None:
        """Execute all pending writes.

        If ``one`` is given, do this only if that write is still pending.
        """
        if one is not None and one not in self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        with self.limit(""), self.scope.report.errors():
            try:
                with self.scope.store.transaction(parts=False):
                    done = self._write(waiting)
            except Exception:
                # The transaction was rolled back. One write may be the cause, so repeat each on
                # its own.
                log.exception("a transaction of %d writes failed", len(waiting))
                done = []
                for write in waiting:
                    with page_errors(write.url, self.scope.report.error):
                        done += self._write([write])
            for recorded in done:
                with page_errors(recorded.url, self.scope.report.error):
                    self.scope.report.count(recorded.kind, returned=recorded.returned)
                    if recorded.decision:
                        self.doubts.note(recorded.url, recorded.decision)
                    if recorded.kind != "unchanged":
                        self.requisites.note(recorded.url, recorded.capture)

    @property
    def _is_full(self) -> bool:
        """Whether there are enough pending writes for a transaction."""
        drafts = sum(isinstance(write, ReadyDraft) for write in self._waiting)
        return drafts >= DRAFTS_PER_TRANSACTION or len(self._waiting) >= WRITES_PER_TRANSACTION

    def _write(self, writes: Collection[Write]) -> list[RecordedDraft]:
        """Execute writes, unchanged pages first, and return the results to be counted."""
        drafts = [write for write in writes if isinstance(write, ReadyDraft)]
        pages = [write for write in writes if isinstance(write, UnchangedPage)]
        seen_pages = [
            SeenRelease(one.release_id, time_of(one.capture), one.capture) for one in pages
        ]
        kinds = self.scope.store.mark_all_unchanged(seen_pages) if seen_pages else ()
        # A release with an unchanged page changes only if it had been retracted.
        done = [
            RecordedDraft(page.url, kind, returned=kind == "changed")
            for page, kind in zip(pages, kinds, strict=True)
        ]
        seen = [*map(self._seen, drafts)]
        decisions = self.scope.store.record_all(seen, self.limit) if seen else ()
        for ready, decision in zip(drafts, decisions, strict=True):
            if ready.draft.is_page:
                # Tokens in the addresses of its files may change at every visit.
                self.files.note(replace(ready.draft, content=decision.release.content))
            if not ready.is_reextraction:
                kind, returned, capture = decision.kind, decision.returned, ready.draft.capture
                done.append(RecordedDraft(ready.url, kind, returned, decision, capture))
        return done

    def _seen(self, ready: ReadyDraft) -> SeenDraft:
        """Return a draft with its position in the backlog and its topics."""
        draft = ready.draft
        with self.limit(draft.url):
            position = self.position_of((draft.url, *draft.aliases), draft.content.published)
            draft = replace(draft, position=position)
            draft, labels = with_topics(draft, self.scope.file.topics, self.taxonomy)
            if not draft.is_page:
                self.files.note(draft)
        seen, since = time_of(draft.capture), self.scope.since
        return SeenDraft(draft, seen, since, self.scope.entry_urls, labels)


def time_of(capture: Capture | None) -> dt.datetime:
    """Return the time of a capture, or the current time if there is no capture."""
    return capture.at if capture else utc_now()
