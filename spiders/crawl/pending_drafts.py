"""What becomes of the drafts of a visit on their way to the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.models import Draft, Release
from data.store.protocol import Store
from spiders.crawl.draft import completed
from spiders.crawl.page_errors import Tell, page_errors
from spiders.crawl.redesign.layout_change import LayoutChange, Shown
from spiders.crawl.redesign.redesign_guard import WINDOW, RedesignGuard
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.source_templates import SourceTemplates
from spiders.sources.source_file import SourceFile

RECORDED: Final = 50
"""Drafts that are kept in memory, for when their pages can be read better."""


@dataclass(frozen=True, slots=True)
class ReadyDraft:
    """A draft that may be recorded.

    ``renewed`` ones are the same releases read better, which is no edit of theirs.
    """

    draft: Draft
    renewed: bool = False


class PendingDrafts:
    """Lets drafts wait while they may yet be read better, or may turn out to be no releases.

    Whatever goes wrong with one of them is told as an error of its page, and spoils no other.
    ``known`` gives the stored release at an address.
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
        """Remember what a listing said of a page that is read now."""
        if item:
            self._listed[url] = item

    def shown(self, url: str, shown: Shown) -> None:
        """Remember what an edited page shows, until its draft is taken in."""
        self._shown[url] = shown

    def confirmed(self, url: str) -> None:
        """Count a known release whose server reports that it has not changed."""
        self._redesign.unchanged(url)

    def add(self, draft: Draft) -> Iterator[ReadyDraft]:
        """Take in a release as the visit found it: what may be recorded since, in order.

        Each is to be recorded before the next is asked for.
        """
        if self._templates.unsure(draft.url):
            self._unsure[draft.url] = draft
        else:
            yield from self._admit(draft)
        for read in self._templates.mended():
            yield from self._mend(read)
        yield from self._let_go(at_most=WINDOW)

    def finish(self) -> Iterator[ReadyDraft]:
        """All that waits still, as far as it may be recorded: nothing better was learned of it."""
        unsure, self._unsure = self._unsure, {}
        for draft in unsure.values():
            yield from self._admit(draft)
        yield from self._let_go()

    def _mend(self, read: ExtractedRelease) -> Iterator[ReadyDraft]:
        """Put a better reading of a page in place of the one that waits or was recorded."""
        content = completed(read.content, self._file)
        if waiting := self._unsure.pop(read.url, None) or self._guard.take_back(read.url):
            yield from self._admit(replace(waiting, content=content))
        elif known := self._recorded.get(read.url):
            # The bytes are the same, so this is no edit.
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
        """What waits, until ``at_most`` so many still do."""
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
