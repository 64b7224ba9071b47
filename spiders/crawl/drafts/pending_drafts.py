"""Keep the drafts (extracted releases) of a visit until they can be recorded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.models import Draft, Release
from data.store.core.store import Store
from spiders.crawl.drafts.draft import completed
from spiders.crawl.drafts.layout_change import LayoutChange
from spiders.crawl.drafts.release_reader import PageDraft, StoredReleases
from spiders.crawl.drafts.shared_values import MAX_WAITING_DRAFTS, SharedValues
from spiders.crawl.page_errors import ReportError, page_errors
from spiders.items import ExtractedRelease
from spiders.learning.source_templates import SourceTemplates
from spiders.sources.source_file import SourceFile

MAX_RECORDED_DRAFTS: Final = 50
"""Maximum number of recorded drafts kept in memory, in case a better extraction follows."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadyDraft:
    """A draft that may be recorded now.

    ``is_reextraction`` is true if only the extraction of an unchanged page improved. The draft is
    then not an edit.
    """

    draft: Draft
    is_reextraction: bool = False

    @property
    def url(self) -> str:
        """The address of the draft's page."""
        return self.draft.url


class PendingDrafts:
    """Drafts that wait for evidence from later pages of the visit.

    The evidence shows how to extract a draft, or that it must be rejected. An exception in a draft
    is reported as an error of its page and does not affect other drafts.
    """

    def __init__(
        self,
        file: SourceFile,
        templates: SourceTemplates,
        store: Store,
        stored: StoredReleases,
        report_error: ReportError,
    ) -> None:
        self._file = file
        self._templates = templates
        self._stored = stored
        self._report_error = report_error
        self._shared_values = SharedValues()
        self._layout_change = LayoutChange(
            DateContext(file.timezone, file.date_order), store.skeleton
        )
        self._uncertain: dict[str, PageDraft] = {}
        self._recorded: dict[str, Draft] = {}

    def confirmed(self, url: str) -> None:
        """Count a stored release that the server reports as unchanged."""
        self._layout_change.unchanged(url)

    def add(self, page: PageDraft, known: Release | None) -> Iterator[ReadyDraft]:
        """Add a draft, and yield the drafts that can now be recorded, in order.

        ``known`` is the stored release at one of the page's URLs.
        """
        if page.draft.is_page:
            # Without other pages, neither layouts nor shared texts can be compared.
            yield ReadyDraft(page.draft)
            return
        if self._templates.is_uncertain(page.draft.url):
            self._uncertain[page.draft.url] = page
        else:
            yield from self._admit(page, known)
        for read in self._templates.improved():
            yield from self._improve(read)
        yield from self._release(at_most=MAX_WAITING_DRAFTS)

    def finish(self) -> Iterator[ReadyDraft]:
        """Yield the waiting drafts that may be recorded, at the end of the visit."""
        uncertain, self._uncertain = self._uncertain, {}
        for page in uncertain.values():
            yield from self._admit_later(page)
        yield from self._release()

    def _improve(self, read: ExtractedRelease) -> Iterator[ReadyDraft]:
        """Replace the content of a waiting or recorded draft with a better extraction, ``read``."""
        content = completed(read.content, self._file)
        waiting = self._shared_values.remove(read.url)
        page = self._uncertain.pop(read.url, None) or waiting
        if page:
            yield from self._admit_later(replace(page, draft=replace(page.draft, content=content)))
        elif known := self._recorded.get(read.url):
            # The page has the same bytes, so this is not an edit.
            yield ReadyDraft(replace(known, content=content), is_reextraction=True)

    def _admit_later(self, page: PageDraft) -> Iterator[ReadyDraft]:
        draft = page.draft
        with page_errors(draft.url, self._report_error):
            known = self._stored.first_at((draft.url, *draft.aliases))
            yield from self._admit(page, known)

    def _admit(self, page: PageDraft, known: Release | None) -> Iterator[ReadyDraft]:
        draft = page.draft
        admitted = False
        with page_errors(draft.url, self._report_error):
            self._layout_change.note(draft, known, page.shown)
            admitted = self._shared_values.admit(page, known)
        if admitted:
            yield from self._ready(draft)

    def _release(self, *, at_most: int = 0) -> Iterator[ReadyDraft]:
        """Yield the oldest waiting drafts until at most ``at_most`` drafts still wait."""
        for url in self._shared_values.waiting(at_most=at_most):
            judged = self._shared_values.take(url)
            for kind, doubt in judged.doubts:
                self._report_error(url, kind, doubt)
            if judged.draft:
                yield from self._ready(judged.draft)

    def _ready(self, draft: Draft) -> Iterator[ReadyDraft]:
        ready: list[ReadyDraft] = []
        with page_errors(draft.url, self._report_error):
            reextracted, edited = self._layout_change.split(draft)
            if reextracted and edited:
                ready.append(ReadyDraft(reextracted, is_reextraction=True))
            ready.append(ReadyDraft(edited or reextracted or draft))
            self._recorded[draft.url] = draft
            if len(self._recorded) > MAX_RECORDED_DRAFTS:
                del self._recorded[next(iter(self._recorded))]
        yield from ready
