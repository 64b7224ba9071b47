"""Hold the drafts of a visit until they can be recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.models import Draft, Release
from data.store.store import Store
from spiders.crawl.drafts.draft import completed
from spiders.crawl.drafts.layout_change import LayoutChange, Shown
from spiders.crawl.drafts.redesign_guard import WINDOW, RedesignGuard
from spiders.crawl.page_errors import Tell, page_errors
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.source_templates import SourceTemplates
from spiders.sources.source_file import SourceFile

RECORDED: Final = 50
"""Maximum number of recorded drafts kept in memory, in case their pages are extracted again."""


@dataclass(frozen=True, slots=True)
class ReadyDraft:
    """A draft that may be recorded.

    ``renewed`` means that the page is the same and only its extraction improved: this is not an
    edit.
    """

    draft: Draft
    renewed: bool = False


class PendingDrafts:
    """Holds drafts that may still be extracted better, or may turn out not to be releases.

    A failure of one draft is reported as an error of its page, and does not affect other drafts.
    ``known`` returns the stored release at an address.
    """

    def __init__(
        self,
        file: SourceFile,
        templates: SourceTemplates,
        store: Store,
        known: Callable[[str], Release | None],
        tell: Tell,
    ) -> None:
        self._file = file
        self._templates = templates
        self._known = known
        self._tell = tell
        self._guard = RedesignGuard()
        self._redesign = LayoutChange(DateContext(file.timezone, file.date_order), store.skeleton)
        self._unsure: dict[str, Draft] = {}
        self._recorded: dict[str, Draft] = {}
        self._listed: dict[str, ListingItem] = {}
        self._shown: dict[str, Shown] = {}

    def listed(self, url: str, item: ListingItem | None) -> None:
        """Remember the listing's item for a page that is being read."""
        if item:
            self._listed[url] = item

    def shown(self, url: str, shown: Shown) -> None:
        """Remember the lines and files on an edited page until its draft arrives."""
        self._shown[url] = shown

    def confirmed(self, url: str) -> None:
        """Count a stored release that the server reports as unchanged."""
        self._redesign.unchanged(url)

    def add(self, draft: Draft) -> Iterator[ReadyDraft]:
        """Add a draft of this visit; yield the drafts that can now be recorded, in order.

        Callers record each draft before they request the next one.
        """
        if self._templates.unsure(draft.url):
            self._unsure[draft.url] = draft
        else:
            yield from self._admit(draft)
        for read in self._templates.mended():
            yield from self._mend(read)
        yield from self._let_go(at_most=WINDOW)

    def finish(self) -> Iterator[ReadyDraft]:
        """Yield the remaining drafts that may be recorded, as they were extracted."""
        unsure, self._unsure = self._unsure, {}
        for draft in unsure.values():
            yield from self._admit(draft)
        yield from self._let_go()

    def _mend(self, read: ExtractedRelease) -> Iterator[ReadyDraft]:
        """Replace the content of a waiting or recorded draft with a better extraction."""
        content = completed(read.content, self._file)
        if waiting := self._unsure.pop(read.url, None) or self._guard.take_back(read.url):
            yield from self._admit(replace(waiting, content=content))
        elif known := self._recorded.get(read.url):
            # The page has the same bytes, so this is not an edit.
            yield ReadyDraft(replace(known, content=content), renewed=True)

    def _admit(self, draft: Draft) -> Iterator[ReadyDraft]:
        admitted = False
        with page_errors(draft.url, self._tell):
            listed = self._listed.pop(draft.url, None)
            found = map(self._known, dict.fromkeys((draft.url, *draft.aliases)))
            known = next((release for release in found if release), None)
            self._redesign.note(draft, known, self._shown.get(draft.url, Shown()))
            admitted = self._guard.admit(draft, known, listed)
        if admitted:
            yield from self._ready(draft)

    def _let_go(self, *, at_most: int = 0) -> Iterator[ReadyDraft]:
        """Yield the oldest waiting drafts until ``at_most`` drafts still wait."""
        for url in self._guard.waiting(at_most=at_most):
            judged = self._guard.let_go(url)
            for kind, doubt in judged.doubts:
                self._tell(url, kind, doubt)
            if judged.draft:
                yield from self._ready(judged.draft)

    def _ready(self, draft: Draft) -> Iterator[ReadyDraft]:
        ready: list[ReadyDraft] = []
        with page_errors(draft.url, self._tell):
            renewed, edited = self._redesign.parted(draft)
            self._shown.pop(draft.url, None)
            if renewed and edited:
                ready.append(ReadyDraft(renewed, renewed=True))
            ready.append(ReadyDraft(edited or renewed or draft))
            self._recorded[draft.url] = draft
            if len(self._recorded) > RECORDED:
                del self._recorded[next(iter(self._recorded))]
        yield from ready
