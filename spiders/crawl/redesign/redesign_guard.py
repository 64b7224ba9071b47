"""What can't be true of several releases at once: one text, one title, one date for all.

A notice before every page, a challenge, or a new layout that hides what it showed before makes all
pages of a visit alike. No page tells that alone, so what is new or has changed waits until some
others have come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from data.identity.decision import KEPT_RULE
from data.models import Draft, Release
from data.revisions.edits import significant_changes
from data.text.words import tokens, word_hashes
from spiders.items import ListingItem

ALIKE: Final = 3
"""Releases that were not alike before, from which on their being alike is not believed."""

KNOWN_ALIKE: Final = 2
"""The same for releases of which one at least is known, and that had texts or titles of their own
and now have one text or title."""

WINDOW: Final = 24
"""Drafts that wait for others: all that a visit meets, or the last ones of a long visit."""

LEAST_WORDS: Final = 40
"""Words from which on a text that several new releases share is not theirs: shorter ones lead to a
document, unless the title is none of theirs either."""

ASK: Final = "(it may be a notice before the page, or a new layout: `communique sources check`)"
SAME_BODY: Final = (
    f"it shows the same text as others of this visit; what is stored stays as it is {ASK}"
)
SAME_TITLE: Final = (
    "it has the same title as others of this visit that had their own; the title known before is "
    f"kept {ASK}"
)
FOREIGN_TITLE: Final = (
    "its title has no word of the title that the listing shows, and its text is the same; the title"
    f" known before is kept {ASK}"
)
SAME_DATE: Final = (
    "it has the same date as others of this visit that the listing dates otherwise; the listing's "
    f"date is kept {ASK}"
)

Key = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class PendingDraft:
    """A draft, what it is expected to say, and the keys under which it is like others."""

    draft: Draft
    known: Release | None
    listed: ListingItem | None
    keys: dict[str, Key]

    @property
    def title(self) -> str:
        """The title that is known of it, or empty."""
        if self.known:
            return self.known.content.title
        return self.listed.title if self.listed else ""

    @property
    def has_foreign_title(self) -> bool:
        """Whether a known release lost its title: the listing still shows it, and the text stayed.

        A publisher who replaces a title changes the listing as well.
        """
        if self.known is None or self.listed is None:
            return False
        before, now = set(tokens(self.known.content.title)), set(tokens(self.draft.content.title))
        if before != set(tokens(self.listed.title)) or not before.isdisjoint(now):
            return False
        return "body" not in significant_changes(self.known.content, self.draft.content)


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft as it may be recorded, None where it may not, and what is not so: kind, sentence."""

    draft: Draft | None
    doubts: tuple[tuple[str, str], ...] = ()


class RedesignGuard:
    """Lets the drafts of one visit pass, but for what can't be true of several."""

    def __init__(self) -> None:
        self._waiting: dict[str, PendingDraft] = {}
        self._met: defaultdict[Key, set[Hashable]] = defaultdict(set)

    def admit(self, draft: Draft, known: Release | None, listed: ListingItem | None) -> bool:
        """Whether a draft may be recorded at once; else it waits.

        ``known`` is the release at its address, ``listed`` what the listing said of a new one.
        """
        same = known is not None and not significant_changes(known.content, draft.content)
        if same or (known and known.digest and known.digest == draft.digest):
            return True
        one = PendingDraft(draft, known, listed, {})
        self._note(one)
        self._waiting[draft.url] = one
        return False

    def waiting(self, *, at_most: int = 0) -> tuple[str, ...]:
        """The addresses of the drafts that wait too long, where so many may wait."""
        return tuple(self._waiting)[: max(0, len(self._waiting) - at_most)]

    def take_back(self, url: str) -> Draft | None:
        """A draft that waits, out of the row; or None."""
        one = self._waiting.pop(url, None)
        return one.draft if one else None

    def let_go(self, url: str) -> Judged:
        """A draft that waits, as it may be recorded."""
        return self._judged(self._waiting.pop(url))

    def _note(self, one: PendingDraft) -> None:
        """Find what the draft has in common with others that ought not to be."""
        content, known, listed = one.draft.content, one.known, one.listed
        words = word_hashes(content.body_text)
        other = False
        if content.title != one.title:
            title, expected = tuple(tokens(content.title)), tuple(tokens(one.title))
            other = bool(expected) and title != expected
            if other:
                said = " ".join(expected)
                self._meet(one, "title", title, said.encode() if known else said)
        is_text = (len(words) >= LEAST_WORDS or other) and not content.attachments
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

    def _meet(self, one: PendingDraft, what: str, now: Hashable, before: Hashable) -> None:
        one.keys[what] = (what, now)
        self._met[what, now].add(before)

    def _are_many(self, one: PendingDraft, what: str, key: Key) -> bool:
        alike = self._met[key]
        # What known ones said before are bytes; new ones are told apart by their addresses.
        known = sum(isinstance(before, bytes) for before in alike)
        if what == "title" and known:
            return len(alike) >= KNOWN_ALIKE
        sure = what == "body" and one.known is not None and known >= KNOWN_ALIKE
        return sure or len(alike) >= ALIKE

    def _judged(self, one: PendingDraft) -> Judged:
        false = {what for what, key in one.keys.items() if self._are_many(one, what, key)}
        draft, content = one.draft, one.draft.content
        if one.has_foreign_title:
            false.add("title")
        if not false:
            return Judged(draft)
        if "body" in false:
            return Judged(None, (("redesign:body", SAME_BODY),))
        doubts: list[tuple[str, str]] = []
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
