"""Detect values that several releases can't really share: the same text, title or date.

A notice before every page, a challenge, or a new layout that hides content makes all pages of a
visit look alike, which a single page does not show. So new and changed drafts wait for other drafts
of the visit.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from data.health.run_errors import ErrorKind
from data.identity.decision import KEPT_RULE
from data.models import Draft, Release
from data.revisions.edits import significant_changes
from data.text.words import tokens, word_hashes
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.items import ListingItem

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
    def draft(self) -> Draft:
        """The page's draft."""
        return self.page.draft

    @property
    def listed(self) -> ListingItem | None:
        """The page's listing item."""
        return self.page.listed

    @property
    def title(self) -> str:
        """The release's stored title, else its title on the listing, else ""."""
        if self.known:
            return self.known.content.title
        return self.listed.title if self.listed else ""

    @property
    def has_foreign_title(self) -> bool:
        """Whether a stored release's title changed while its listing item and text did not.

        A publisher who changes a title would also change it on the listing.
        """
        if self.known is None or self.listed is None:
            return False
        before, now = set(tokens(self.known.content.title)), set(tokens(self.draft.content.title))
        if before != set(tokens(self.listed.title)) or not before.isdisjoint(now):
            return False
        return "body" not in significant_changes(self.known.content, self.draft.content)


@dataclass(frozen=True, slots=True)
class Judged:
    """The result of a check for shared values: the draft to record, or None if it is rejected.

    ``doubts`` contains pairs of an error kind and a sentence.
    """

    draft: Draft | None
    doubts: tuple[tuple[ErrorKind, str], ...] = ()


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

    def take(self, url: str) -> Judged:
        """Remove the waiting draft at a URL, and check it for shared values."""
        return self._judged(self._waiting.pop(url))

    def _note(self, one: SharingDraft) -> None:
        """Count the new values of a draft that no other release should share, such as its title."""
        content, known, listed = one.draft.content, one.known, one.listed
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
            before: Hashable = one.draft.url
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

    def _judged(self, one: SharingDraft) -> Judged:
        false = {what for what, key in one.keys.items() if self._are_many(one, what, key)}
        draft, content = one.draft, one.draft.content
        if one.has_foreign_title:
            false.add("title")
        if not false:
            return Judged(draft)
        if "body" in false:
            return Judged(None, (("redesign:body", SAME_BODY),))
        doubts: list[tuple[ErrorKind, str]] = []
        if "title" in false:
            why = FOREIGN_TITLE if one.has_foreign_title else SAME_TITLE
            doubts.append(("redesign:title", why))
            content = replace(
                content, title=one.title, title_rule=KEPT_RULE if one.known else "listing"
            )
        if "date" in false and one.listed:
            doubts.append(("redesign:date", SAME_DATE))
            content = replace(content, published=one.listed.published)
        return Judged(replace(draft, content=content), tuple(doubts))
