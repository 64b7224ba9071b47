"""Import archived pages as if visits had collected them at the time of their capture."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from data.archive.archived_response import Served
from data.clock import utc_now
from data.health.run_errors import ARCHIVE, ErrorKind
from data.identity.decision import MAX_FUTURE
from data.identity.matching import DatedContent
from data.models import Capture, RunError
from data.store.core.store import Store
from data.text.masking import masked, without_user
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy, with_topics
from data.wording import OnProgress
from spiders.crawl.drafts.draft_recorder import time_of
from spiders.crawl.drafts.pending_drafts import PendingDrafts, ReadyDraft
from spiders.crawl.drafts.release_reader import ReleaseReader, StoredReleases
from spiders.crawl.page_errors import NotARelease, page_errors
from spiders.extract.page_type import kind_of
from spiders.learning.source_templates import SourceTemplates
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import LoadedSource
from spiders.stored.stored_pages import ArchivedListings, page_of

YOUNGER: Final = (
    "the web archive states that it captured this page on {:%Y-%m-%d}, but the page was published"
    " on {}; the capture was skipped"
)


@dataclass(slots=True)
class ImportCounts:
    """Numbers of imported pages by result, and the errors of pages.

    - ``earlier``: pages with an earlier version of a release than the stored version
    - ``older``: pages captured before the stored version that show no further version
    - ``passed``: pages that are not releases of the source
    - ``new``: the id, URL and title of each new release

    ``older`` and ``passed`` pages do not change the store.
    """

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[RunError] = field(default_factory=list)
    new: list[tuple[str, str, str]] = field(default_factory=list)

    def add_error(self, url: str, kind: ErrorKind, message: str) -> None:
        """Add the error of the page at ``url``."""
        self.errors.append(RunError(masked(url), kind, masked(message)))


class ImportedPages:
    """Imports the captured pages of one source into the store.

    Captured listings show which pages are releases. If no listing was captured, a page counts as a
    release if it looks like one and has a date. The same applies to pages in ``candidates``. If
    ``keeps_source`` is false, the source is not registered, and its learned layouts are not stored.
    """

    def __init__(
        self,
        loaded: LoadedSource,
        store: Store,
        taxonomy: Taxonomy,
        *,
        keeps_source: bool = True,
    ) -> None:
        self._loaded = loaded
        self._file = loaded.file
        self._store = store
        self._taxonomy = taxonomy
        self.result = ImportCounts()
        self._keeps_source = keeps_source
        self._stored = StoredReleases(loaded.id, store)
        self.listings = ArchivedListings(loaded.file, self.result.add_error)
        self._since = utc_now()
        self._position = 0
        self._earlier: dict[str, list[DatedContent]] = defaultdict(list)
        self.candidates: set[str] = set()
        """Canonical URLs of pages that may be releases although they are on no captured listing."""
        self.media: set[str] = set()
        """URLs of the attachments and images of recorded releases."""
        if keeps_source:
            store.register(loaded.source)
            store.note_addresses(loaded.file.addresses)

    # These are read when the first page is imported. Visits may change the templates until then.

    @cached_property
    def _templates(self) -> SourceTemplates:
        return SourceTemplates(
            self._loaded.id, self._file.releases, self._store, keeps=self._keeps_source
        )

    @cached_property
    def _pending(self) -> PendingDrafts:
        return PendingDrafts(
            self._file, self._templates, self._store, self._stored, self.result.add_error
        )

    @cached_property
    def _reader(self) -> ReleaseReader:
        return ReleaseReader(self._loaded, self._templates, self._stored, self.result.add_error)

    def is_of_source(self, url: str) -> bool:
        """Whether a URL is on the source's site."""
        try:
            (own, port), (other, other_port) = map(_place, (self._file.url, url))
        except ValueError:
            return False
        near = other == own or other.endswith(f".{own}") or own.endswith(f".{other}")
        return near and port == other_port

    def begin(self, first: dt.datetime) -> None:
        """Set the time of the earliest capture, from which the imported visits start."""
        self._since = first

    def read(
        self,
        histories: Iterable[Iterable[Capture]],
        answer: Callable[[Capture], Served | None],
        led: Mapping[str, Sequence[str]],
        on_progress: OnProgress,
    ) -> None:
        """Import the earliest capture of each page, then the second of each page, and so on.

        ``histories`` contains the captures of each page. ``answer`` returns the response in a
        capture. ``led`` maps the canonical URL of a page to the URLs that redirect to it.
        ``on_progress`` is called with the number of processed captures and the total number.
        """
        left = [sorted(some, key=moment) for some in histories]
        whole, done = sum(map(len, left)), 0
        if left:
            self.begin(min(history[0].at for history in left))
        for number in count():
            if not left:
                break
            for capture in sorted((history[number] for history in left), key=moment):
                if served := answer(capture):
                    self.take(served, capture, tuple(led.get(canonical_url(served.url), ())))
                done += 1
                on_progress(done, whole)
            self.settle()
            left = [history for history in left if len(history) > number + 1]
        self.finish()

    def take(self, answer: Served, capture: Capture, aliases: Sequence[str] = ()) -> None:
        """Extract a captured page, and record it if it is a release.

        ``aliases`` contains the URLs that redirect to the page. The captures of a page must be
        passed in order, oldest first.
        """
        url = without_user(answer.url)
        with page_errors(url, self.result.add_error):
            key = canonical_url(url)
            known = self._stored.at(url)
            if known and capture.at <= known.last_seen:
                versions = self._store.all_versions(known.id)
                same = (v for v in versions if v.capture and v.capture.digest == capture.digest)
                if version := next(same, None):
                    self._earlier[known.id].append(
                        DatedContent(capture.at, version.content, capture)
                    )
                    return
            if not answer.is_whole:
                raise NotARelease("truncated", "the archived response is truncated")
            keys = (key, *map(canonical_url, aliases))
            items = self.listings.items
            item = next((items[one] for one in keys if one in items), None)
            page = page_of(answer)
            if url in self.listings or not (known or item or self._looks_like_one(page, key)):
                self.result.counts["passed"] += 1
                return
            named = tuple(dict.fromkeys((*aliases, url)))
            item = item or self._stored.item_of(url)
            read = self._reader.draft(page, named, item, capture=capture)
            published = read.draft.content.published
            if key in self.candidates and published and published.at > capture.at + MAX_FUTURE:
                raise NotARelease(ARCHIVE, YOUNGER.format(capture.at, published.iso))
            self._position += 1
            draft = replace(read.draft, position=self._position, imported=True)
            known = self._stored.first_at((draft.url, *draft.aliases))
            self._record(self._pending.add(replace(read, draft=draft), known))

    def settle(self) -> None:
        """Record all pending drafts.

        Call this before processing the next capture of the same page.
        """
        with page_errors(self._file.url, self.result.add_error):
            self._record(self._pending.finish())

    def finish(self) -> None:
        """Store earlier versions, and the layouts that were learned from the imported pages."""
        for release_id, found in self._earlier.items():
            with page_errors(self._file.url, self.result.add_error):
                count = self._store.add_earlier_versions(release_id, found)
                self.result.counts["earlier"] += count
                self.result.counts["older"] += len(found) - count
        self._earlier.clear()
        with page_errors(self._file.url, self.result.add_error):
            self._templates.finish()

    def _looks_like_one(self, page: Page, key: str) -> bool:
        """Whether a page looks like a release.

        If a captured listing has items, only candidates may look like one.
        """
        if self.listings.items and key not in self.candidates:
            return False
        read = read_release(page, self._reader.dates)
        if read.content.published is None or not read.content.body_text:
            return False
        return kind_of(read, read_listing(page, self._reader.dates)) == "release"

    def _record(self, drafts: Iterable[ReadyDraft]) -> None:
        for ready in drafts:
            with page_errors(ready.draft.url, self.result.add_error):
                draft, labels = with_topics(ready.draft, self._file.topics, self._taxonomy)
                known = self._stored.first_at((draft.url, *draft.aliases))
                # The stored release was seen later than the draft's capture.
                if known and time_of(draft.capture) <= known.last_seen:
                    if draft.capture and not ready.is_reextraction:
                        self._earlier[known.id].append(
                            DatedContent(draft.capture.at, draft.content, draft.capture)
                        )
                    continue
                decision = self._store.record(
                    draft,
                    seen=time_of(draft.capture),
                    since=self._since,
                    front=self.listings.front,
                    labels=labels,
                )
                if decision.kind == "new":
                    release = decision.release
                    self.result.new.append((release.id, release.url, release.content.title))
                content = draft.content
                self.media.update(one.url for one in (*content.attachments, *content.images))
                if not ready.is_reextraction:
                    self.result.counts[decision.kind] += 1


def moment(capture: Capture) -> tuple[dt.datetime, int]:
    """Return the sort key of a capture: its time, then its position in the archive's log."""
    return capture.at, capture.leaf


def _place(url: str) -> tuple[str, int | None]:
    """Return the host of a URL without "www.", and its port unless it is the default one.

    Raises ValueError if the URL is invalid.
    """
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "").removeprefix("www."), None if parts.port == usual else parts.port
