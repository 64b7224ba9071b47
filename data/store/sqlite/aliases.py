"""Which stored release an address or a text belongs to, in SQLite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import islice
from typing import TypeAlias

from data.identity.matching import DraftSignature, claims, is_document, moved
from data.models import Draft
from data.store.sqlite.lsh_index import Candidates, places
from data.store.sqlite.rows import StoredRelease
from data.store.sqlite.stories import SqliteStories
from data.text.urls import canonical_url

Holder: TypeAlias = tuple[str, int]
"""How an address belongs to a release, and the number of that."""

NOBODY: Holder = ("", 0)

NEAREST = 20
"""How many stored releases of the source a page at a new address is compared with."""


class SqliteIdentity(SqliteStories):
    """What finds the release that a draft is of."""

    def _owner(
        self, draft: Draft, read: DraftSignature, claimed: str | None, holders: Mapping[str, Holder]
    ) -> StoredRelease | None:
        """The release that an address of the draft belongs to."""
        for kind, number in holders.values():
            if kind == "seen":
                return self._numbered(number)
        kind, number = self._holder(draft.source, claimed) if claimed else NOBODY
        if kind in {"seen", "claimed"}:
            found = self._numbered(number)
            if claims(draft, read, found.release, claimed=kind == "claimed"):
                return found
        return None

    def _copied(
        self, draft: Draft, read: DraftSignature, holders: Mapping[str, Holder]
    ) -> StoredRelease | None:
        """The release whose page alone said that the draft's page is its own."""
        kind, number = holders[canonical_url(draft.url)]
        found = self._numbered(number) if kind == "claimed" else None
        return found if found and claims(draft, read, found.release, claimed=False) else None

    def _holder(self, source: str, key: str) -> Holder:
        """What an address is to a release of the source, and the number of that."""
        for kind, number in self._ask(
            "SELECT kind, release FROM aliases WHERE key = ? AND source = ?", [key, source]
        ):
            return kind, number
        return NOBODY

    def _numbered(self, number: int) -> StoredRelease:
        (found,) = self._kept("WHERE r.number = ?", [number])
        return found

    def _moved(
        self, draft: Draft, read: DraftSignature, near: Candidates, since: dt.datetime
    ) -> StoredRelease | None:
        if not draft.content.body_text and not is_document(draft):
            return None
        day = draft.content.published.day.isoformat() if draft.content.published else ""
        # Of a notice that comes back word for word, the one of the same day.
        alike = self._ask(
            "SELECT number FROM releases WHERE fingerprint = ? AND source = ?"
            " ORDER BY abs(julianday(day) - julianday(?)), number LIMIT ?",
            [read.fingerprint, draft.source, day, NEAREST],
        )
        if near.nearest and draft.content.body_text:
            rows = self._ask(
                f"SELECT number FROM releases WHERE number IN ({places(near.nearest)})"
                " AND source = ? AND day = ?",
                [*near.nearest, draft.source, day],
            )
            alike += sorted(rows, key=lambda row: near.nearest.index(row[0]))
        near_ones = dict.fromkeys(number for (number,) in alike)
        some = map(self._numbered, islice(near_ones, NEAREST))
        candidates = {kept.release.id: kept for kept in some}
        found = moved(draft, read, [kept.candidate for kept in candidates.values()], since)
        return candidates[found.id] if found else None
