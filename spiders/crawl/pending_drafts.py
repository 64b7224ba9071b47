"""What becomes of the drafts of a visit on their way to the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.models import Draft, Release
from spiders.crawl.draft import completed
from spiders.crawl.layout_change import LayoutChange, Shown
from spiders.crawl.page_errors import Tell, page_errors
from spiders.crawl.redesign_guard import WINDOW, RedesignGuard
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.source_templates import SourceTemplates
from spiders.sources.source_file import SourceFile

RECORDED: Final = 50
"""Drafts that are kept in memory, for when their pages can be read better."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the visit does with drafts: ``take`` records and counts one, ``renew`` records one anew.

    ``known`` is the stored release at an address, ``skeleton`` the sketch that is stored of a
    release's page, by its id, ``error`` notes what went wrong: an address, a kind and a sentence.
    """

    take: Callable[[Draft], None]
    renew: Callable[[Draft], object]
    known: Callable[[str], Release | None]
    skeleton: Callable[[str], bytes]
    error: Tell


class PendingDrafts:
    """Lets drafts wait while they may yet be read better, or may turn out to be no releases.

    Whatever goes wrong with one of them is told as an error of its page, and spoils no other.
    """

    def __init__(self, file: SourceFile, learner: SourceTemplates, desk: Desk) -> None:
        self._file = file
        self._learner = learner
        self._desk = desk
        self._guard = RedesignGuard(lambda url, message: desk.error(url, "redesign", message))
        self._redesign = LayoutChange(DateContext(file.timezone, file.date_order), desk.skeleton)
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

    def record(self, draft: Draft) -> None:
        """Take in a release as the visit found it, and those that can be read better since."""
        if self._learner.unsure(draft.url):
            self._unsure[draft.url] = draft
        else:
            self._admit(draft)
        for read in self._learner.mended():
            with page_errors(read.url, self._desk.error):
                self._mend(read)
        self._let_go(at_most=WINDOW)

    def finish(self) -> None:
        """Take in all that waits still: nothing better was learned of it."""
        unsure, self._unsure = self._unsure, {}
        for draft in unsure.values():
            self._admit(draft)
        self._let_go()

    def _mend(self, read: ExtractedRelease) -> None:
        """Put a better reading of a page in place of the one that waits or was recorded."""
        content = completed(read.content, self._file)
        if waiting := self._unsure.pop(read.url, None) or self._guard.take_back(read.url):
            self._admit(replace(waiting, content=content))
        elif known := self._recorded.get(read.url):
            # The bytes are the same, so this is no edit.
            self._desk.renew(replace(known, content=content))

    def _admit(self, draft: Draft) -> None:
        with page_errors(draft.url, self._desk.error):
            listed = self._listed.pop(draft.url, None)
            found = map(self._desk.known, dict.fromkeys((draft.url, *draft.aliases)))
            known = next((release for release in found if release), None)
            self._redesign.note(draft, known, self._shown.get(draft.url, Shown()))
            if self._guard.admit(draft, known, listed):
                self._take(draft)

    def _let_go(self, *, at_most: int = 0) -> None:
        """Record what waits, until ``at_most`` so many still do."""
        for url in self._guard.waiting(at_most=at_most):
            with page_errors(url, self._desk.error):
                if draft := self._guard.let_go(url):
                    self._take(draft)

    def _take(self, draft: Draft) -> None:
        renewed, edited = self._redesign.parted(draft)
        self._shown.pop(draft.url, None)
        if renewed and edited:
            self._desk.renew(renewed)
        self._desk.take(edited or renewed or draft)
        self._recorded[draft.url] = draft
        if len(self._recorded) > RECORDED:
            del self._recorded[next(iter(self._recorded))]
