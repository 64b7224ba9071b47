"""Find the stored release that matches a draft: by its addresses, then by its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from data.identity.matching import claims, is_document, moved_release
from data.store.core.match_candidates import ReadDraft, SimilarReleases, SimilarTexts
from data.store.core.tables import Tables
from data.store.shared_sql.database.rows import AddressOwner, StoredRelease

MAX_NEAR_RELEASES: Final = 20
"""Maximum number of a source's releases with which a draft at a new address is compared."""


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
        found = moved_release(
            draft,
            read.signature,
            [one.candidate for one in candidates.values()],
            read.since,
        )
        return candidates[found.id] if found else None
