"""Keep the drafts (extracted releases) of a visit until they can be recorded.

New and changed drafts wait for other drafts of the visit, because several releases can't really
share the same text, title or date. A notice before every page, a challenge, or a new layout that
hides content makes all pages of a visit look alike, which a single page does not show.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.health.run_errors import ErrorKind
from data.identity.decision import KEPT_RULE
from data.models import Draft, Release
from data.revisions.edits import significant_changes
from data.store.core.store import Store
from data.text.words import tokens, word_hashes
from spiders.crawl.drafts.layout_change import LayoutChange
from spiders.crawl.drafts.release_reader import PageDraft, StoredReleases, completed
from spiders.crawl.page_errors import ReportError, page_errors
from spiders.items import ExtractedRelease
from spiders.learning.source_templates import SourceTemplates
from spiders.sources.source_file import SourceFile

MIN_SAME_VALUES: Final = 3
"""A value is rejected if at least this many releases in one visit have it."""

MIN_SAME_VALUES_WITH_STORED: Final = 2
"""A title or text is rejected if at least this many releases have it, one of which is stored with a
different title or text."""

MAX_WAITING_DRAFTS: Final = 24
"""Maximum number of drafts that wait for other drafts of the visit."""

MIN_TEXT_WORDS: Final = 40
"""Minimum number of words in a text that is rejected because several new releases have it.

A shorter text may be only a link to a document. It is rejected only if the page's title differs
from the listing's title.
"""

CHECK_HINT: Final = (
    "The page may be a notice, or the site may have a new layout: run `communique sources check`"
)
SAME_BODY: Final = (
    f"the page has the same text as other pages of this visit, so it was not recorded. {CHECK_HINT}"
)
SAME_TITLE: Final = (
    "the page has the same title as other pages of this visit, which had different titles before."
    f" The earlier title was kept. {CHECK_HINT}"
)
FOREIGN_TITLE: Final = (
    "the title on the page shares no word with the title on the listing, although the text is"
    f" unchanged. The earlier title was kept. {CHECK_HINT}"
)
SAME_DATE: Final = (
    "the page has the same date as other pages of this visit, but the listing shows another date."
    f" The listing's date was used. {CHECK_HINT}"
)

Key = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class SharingDraft:
    """A waiting draft of a page, with the stored release of that page, if any.

    ``keys`` identify the values that the draft may share with other drafts.
    """

    page: PageDraft
    known: Release | None
    keys: dict[str, Key]

    @property
    def title(self) -> str:
        """The release's stored title, else its title on the listing, else ""."""
        if self.known:
            return self.known.content.title
        return self.page.listed.title if self.page.listed else ""

    @property
    def has_foreign_title(self) -> bool:
        """Whether a stored release's title changed while its listing item and text did not.

        A publisher who changes a title would also change it on the listing.
        """
        listed, content = self.page.listed, self.page.draft.content
        if self.known is None or listed is None:
            return False
        before, now = set(tokens(self.known.content.title)), set(tokens(content.title))
        if before != set(tokens(listed.title)) or not before.isdisjoint(now):
            return False
        return "body" not in significant_changes(self.known.content, content)


class SharedValues:
    """Keeps the drafts of one visit. Rejects values that several releases can't really share."""

    def __init__(self) -> None:
        self._waiting: dict[str, SharingDraft] = {}
        self._met: defaultdict[Key, set[Hashable]] = defaultdict(set)

    def admit(self, page: PageDraft, known: Release | None) -> bool:
        """Return whether a page's draft may be recorded immediately. If not, it is kept waiting.

        ``known`` is the stored release at the page's URL, or None.
        """
        draft = page.draft
        same = known is not None and not significant_changes(known.content, draft.content)
        if same or (known and known.digest and known.digest == draft.digest):
            return True
        one = SharingDraft(page, known, {})
        self._note(one)
        self._waiting[draft.url] = one
        return False

    def waiting(self, *, at_most: int = 0) -> tuple[str, ...]:
        """Return the URLs of waiting drafts, oldest first, except the newest ``at_most`` drafts."""
        return tuple(self._waiting)[: max(0, len(self._waiting) - at_most)]

    def remove(self, url: str) -> PageDraft | None:
        """Remove and return the waiting draft at a URL. Returns None if there is none."""
        one = self._waiting.pop(url, None)
        return one.page if one else None

    def _note(self, one: SharingDraft) -> None:
        """Count the new values of a draft that no other release should share, such as its title."""
        content, known, listed = one.page.draft.content, one.known, one.page.listed
        words = word_hashes(content.body_text)
        other = False
        if content.title != one.title:
            title, expected = tuple(tokens(content.title)), tuple(tokens(one.title))
            other = bool(expected) and title != expected
            if other:
                paths = " ".join(expected)
                self._meet(one, "title", title, paths.encode() if known else paths)
        is_text = (len(words) >= MIN_TEXT_WORDS or other) and not content.attachments
        if len(words) and (known or is_text):
            before: Hashable = one.page.draft.url
            if known:
                before = word_hashes(known.content.body_text).tobytes()
            if before != words.tobytes():
                self._meet(one, "body", words.tobytes(), before)
        if known is None and listed and listed.published and content.published:
            day = content.published.day
            if day != listed.published.day:
                self._meet(one, "date", day, listed.published.day)

    def _meet(self, one: SharingDraft, what: str, now: Hashable, before: Hashable) -> None:
        one.keys[what] = (what, now)
        self._met[what, now].add(before)

    def _are_many(self, one: SharingDraft, what: str, key: Key) -> bool:
        alike = self._met[key]
        # The earlier values of stored releases are bytes; new releases have their URLs
        # instead.
        known = sum(isinstance(before, bytes) for before in alike)
        if what == "title" and known:
            return len(alike) >= MIN_SAME_VALUES_WITH_STORED
        sure = what == "body" and one.known is not None and known >= MIN_SAME_VALUES_WITH_STORED
        return sure or len(alike) >= MIN_SAME_VALUES

    def take(self, url: str) -> tuple[Draft | None, list[tuple[ErrorKind, str]]]:
        """Remove the waiting draft at a URL, and check it for shared values.

        Returns the draft to record, or None if it is rejected, and doubts: pairs of an error kind
        and a sentence.
        """
        one = self._waiting.pop(url)
        false = {what for what, key in one.keys.items() if self._are_many(one, what, key)}
        doubts: list[tuple[ErrorKind, str]] = []
        draft, listed = one.page.draft, one.page.listed
        content = draft.content
        if one.has_foreign_title:
            false.add("title")
        if not false:
            return draft, doubts
        if "body" in false:
            return None, [("redesign:body", SAME_BODY)]
        if "title" in false:
            why = FOREIGN_TITLE if one.has_foreign_title else SAME_TITLE
            doubts.append(("redesign:title", why))
            content = replace(
                content, title=one.title, title_rule=KEPT_RULE if one.known else "listing"
            )
        if "date" in false and listed:
            doubts.append(("redesign:date", SAME_DATE))
            content = replace(content, published=listed.published)
        return replace(draft, content=content), doubts


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
            draft, doubts = self._shared_values.take(url)
            for kind, doubt in doubts:
                self._report_error(url, kind, doubt)
            if draft:
                yield from self._ready(draft)

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
