"""Find the stored release that matches a draft: by its addresses, then by its text.

The marks of a text are its MinHash bands and anchors (data.text.similarity). In the database, a
band is a number that combines a time slot with a mark in the low bits. Texts that share bands are
candidates.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Final

from data.identity.decision import first_release
from data.identity.matching import (
    DraftSignature,
    claims,
    is_document,
    keys_of,
    moved_release,
    trusted_canonical,
)
from data.models import Release, SeenDraft
from data.revisions.edits import with_file_digests
from data.store.shared_sql.matching import Address
from data.store.shared_sql.recording import Tables
from data.store.shared_sql.rows import AddressOwner, StoredRelease
from data.stories.copies import (
    MAX_ANCHOR_RELEASES,
    MAX_BAND_RELEASES,
    is_worth_comparing,
    slot_of,
    slots_near,
)
from data.text.similarity import MARK_BITS, TextSignature, signature
from data.text.urls import canonical_url

MAX_NEAR_RELEASES: Final = 20
"""Maximum number of a source's releases with which a draft at a new address is compared."""


@dataclass(frozen=True, slots=True)
class SimilarReleases:
    """Numbers of the releases whose texts share marks (MinHash bands or anchors) with a text.

    Releases that share the most bands come first, then those that share the most anchors. Releases
    that share too few marks are omitted. ``hot`` contains the marks that too many texts of the time
    slot have.
    """

    nearest: tuple[int, ...]
    hot: frozenset[int]


NO_CANDIDATES: Final = SimilarReleases((), frozenset())


class SimilarTexts:
    """Index of the texts of stored releases, by their marks. Used within one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def find(
        self,
        text: TextSignature,
        order: dt.datetime,
        bands_of_text: Sequence[int] | None = None,
    ) -> SimilarReleases:
        """Return the releases whose texts share marks (MinHash bands or anchors) with a text.

        Only releases published around ``order`` are returned. ``bands_of_text`` is the result of
        `bands_near`, if already computed.
        """
        rows = self._tables.rows_in_bands(bands_of_text or bands_near(text, order))
        if not rows:
            return NO_CANDIDATES
        # Plain dictionaries, because a Counter takes longer than the database query.
        bands: dict[int, int] = {}
        anchors: dict[int, int] = {}
        sizes: dict[int, int] = {}
        of_bands = frozenset(_in_slots(slots_near(order), text.bands))
        for band, number, size in rows:
            if band in of_bands:
                bands[number] = bands.get(number, 0) + 1
            else:
                anchors[number] = anchors.get(number, 0) + 1
                sizes[number] = size
        mine = len(text.anchors)
        ranked = [(-count, -anchors.get(n, 0), n) for n, count in bands.items()] + [
            (0, -count, n)
            for n, count in anchors.items()
            if n not in bands and is_worth_comparing(count, min(sizes[n], mine))
        ]
        ranked.sort()
        crowded = len(rows) >= MAX_ANCHOR_RELEASES
        return SimilarReleases(
            tuple(n for _, _, n in ranked),
            _hot(rows, slot_of(order), of_bands) if crowded else frozenset(),
        )

    def enter(
        self, number: int, text: TextSignature, order: dt.datetime, hot: frozenset[int]
    ) -> None:
        """Add a text under all its marks, except the ``hot`` marks that too many texts have."""
        self._tables.add_bands(number, bands_of(text, order, hot), len(text.anchors))

    def replace(
        self,
        number: int,
        known: StoredRelease | None,
        release: Release,
        *,
        text: TextSignature | None = None,
        near: SimilarReleases | None = None,
    ) -> SimilarReleases | None:
        """Replace the indexed text of an earlier version (``known``) with a release's text.

        ``text`` is the signature of the new text, and ``near`` contains the releases with similar
        texts, if already computed. Returns the releases with similar texts, or None if neither the
        text nor the publication time changed.
        """
        if known:
            old, new = known.release, release.content.body_text
            if (old.content.body_text, old.instant) == (new, release.instant):
                return None
            before = signature(old.content.body_text)
            self._tables.remove_bands(known.number, bands_of(before, old.instant))
        if text is None:
            text = signature(release.content.body_text)
        near = near or self.find(text, release.instant)
        self.enter(number, text, release.instant, near.hot)
        return near


def bands_near(text: TextSignature, order: dt.datetime) -> list[int]:
    """Return the index bands of texts that are similar to ``text`` and from around ``order``."""
    return _in_slots(slots_near(order), text.marks) if text.bands else []


def bands_of(
    text: TextSignature, order: dt.datetime, hot: frozenset[int] = frozenset()
) -> Sequence[int]:
    """Return the bands under which a text is indexed: its marks in its time slot.

    The marks in ``hot`` are omitted, because they have too many texts.
    """
    return _in_slots([slot_of(order)], [mark for mark in text.marks if mark not in hot])


def _hot(rows: Sequence[tuple[int, int, int]], slot: int, bands: frozenset[int]) -> frozenset[int]:
    """Return the marks that too many texts in a time slot have.

    ``bands`` contains the text's MinHash bands with their slots. Bands have a higher limit than
    anchors.
    """
    low = (1 << MARK_BITS) - 1
    return frozenset(
        band & low
        for band, count in Counter([row[0] for row in rows]).items()
        if count >= MAX_ANCHOR_RELEASES
        and band >> MARK_BITS == slot
        and (count >= MAX_BAND_RELEASES or band not in bands)
    )


def _in_slots(slots: Iterable[int], marks: Iterable[int]) -> list[int]:
    return [(slot << MARK_BITS) + mark for slot in slots for mark in marks]


class ReadDraft:
    """A draft with the values that are used to find its stored release.

    ``keys`` are the canonical forms of its addresses. ``claimed`` is the canonical address that its
    page declares, or None. ``fresh`` is the release to store if the draft is new. ``digests`` are
    the digests of attachments whose text was extracted.
    """

    def __init__(self, found: SeenDraft, digests: Sequence[tuple[str, str]] = ()) -> None:
        self.found = found
        self.draft, self.seen, self.since = found.draft, found.seen, found.since
        if digests:
            content = with_file_digests(found.draft.content, digests)
            self.draft = replace(found.draft, content=content)
        self.labels = found.labels
        self.signature = DraftSignature(self.draft)
        self.keys = keys_of(self.draft)
        self.claimed = trusted_canonical(self.draft, found.front)
        self.editions = tuple(sorted({canonical_url(url) for _, url in self.draft.editions}))
        self.fresh = first_release(self.draft, self.seen)

    @cached_property
    def bands(self) -> Sequence[int]:
        """The bands in which similar texts are indexed, if the draft is new."""
        return bands_near(self.signature.body, self.fresh.instant)

    @property
    def addresses(self) -> set[Address]:
        """The draft's addresses, and the addresses that its page declares."""
        declared = (self.claimed,) if self.claimed else ()
        return {(self.draft.source, key) for key in (*self.keys, *declared, *self.editions)}


@dataclass(frozen=True, slots=True)
class Match:
    """The stored release that matches a draft, if any.

    ``reread`` has the same meaning as in data.identity.decision. ``near`` contains the releases
    with similar texts, if they were searched.
    """

    known: StoredRelease | None
    reread: bool
    near: SimilarReleases | None = None


class ReleaseMatcher:
    """Matches drafts with stored releases, within one transaction."""

    def __init__(self, tables: Tables, texts: SimilarTexts) -> None:
        self._tables = tables
        self._texts = texts

    def owner(
        self,
        read: ReadDraft,
        owners: Mapping[str, AddressOwner | None],
    ) -> StoredRelease | None:
        """Return the stored release that owns an address of the draft, or None."""
        for owner in owners.values():
            if owner and owner.kind == "seen":
                return self._tables.stored_release(owner.number)
        draft, claimed = read.draft, read.claimed
        owner = self._tables.address_owner(draft.source, claimed) if claimed else None
        if owner and owner.kind != "disputed":
            found = self._tables.stored_release(owner.number)
            if claims(draft, read.signature, found.release, claimed=owner.kind == "claimed"):
                return found
        return None

    def match(
        self,
        read: ReadDraft,
        owner: AddressOwner | None,
    ) -> Match:
        """Return the release that matches a draft at a new address, by canonical link or text.

        ``owner`` is the release that owns the draft's own address.
        """
        if copied := self._copied(read, owner):
            return Match(copied, copied.release.first_seen >= read.since)
        near = self._texts.find(read.signature.body, read.fresh.instant, read.bands)
        return Match(self._moved(read, near), read.draft.reread, near)

    def _copied(self, read: ReadDraft, owner: AddressOwner | None) -> StoredRelease | None:
        """Return the release whose page declares the draft's address as canonical, or None.

        Addresses at which a release was actually seen don't count.
        """
        if owner is None or owner.kind != "claimed":
            return None
        found = self._tables.stored_release(owner.number)
        is_it = claims(read.draft, read.signature, found.release, claimed=False)
        return found if is_it else None

    def _moved(self, read: ReadDraft, near: SimilarReleases) -> StoredRelease | None:
        """Return the release that matches a draft at a new address by its text, or None."""
        draft, print_ = read.draft, read.signature.fingerprint
        if not draft.content.body_text and not is_document(draft):
            return None
        day = draft.content.published.day.isoformat() if draft.content.published else ""
        # If a notice is repeated word for word, prefer the release of the same day.
        alike = [*self._tables.with_fingerprint(draft.source, print_, day, limit=MAX_NEAR_RELEASES)]
        if near.nearest and draft.content.body_text:
            of_day = self._tables.of_day(draft.source, day, near.nearest)
            alike += [number for number in near.nearest if number in of_day]
        if not alike:
            return None
        some = map(self._tables.stored_release, islice(dict.fromkeys(alike), MAX_NEAR_RELEASES))
        candidates = {stored.release.id: stored for stored in some}
        found = moved_release(draft, read.signature, candidates.values(), read.since)
        return candidates[found.id] if found else None
