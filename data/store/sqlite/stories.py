"""How the SQLite store keeps stories: which releases tell the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import msgspec

from data.identity.matching import keys_of
from data.models import Draft, Release
from data.store.sqlite.facets import keys_at
from data.store.sqlite.lsh_index import Candidates, SqliteBands, places
from data.store.sqlite.rows import INSTANT, body_of
from data.stories.copies import LEAST_SHINGLES, Likeness, belongs_to_story, likeness
from data.text.similarity import Signature, signature
from data.text.urls import canonical_url

COMPARED: Final = 20
"""How many releases that are likely of one story, but not known to be, are compared in full."""

REMEMBERED: Final = 10_000
"""Bodies that are kept at hand as they are compared, 3 to 6 KB each: copies come within hours of
each other."""

MEMBER: Final = f"SELECT number, id, story, {INSTANT}, first_seen FROM releases"


@dataclass(frozen=True, slots=True)
class Member:
    """A release as far as its story goes: a row of ``MEMBER``."""

    number: int
    id: str
    story: str | None
    instant: float
    first_seen: float


@dataclass(frozen=True, slots=True)
class Body:
    """A release's body as far as it is compared with others."""

    number: int
    source: str
    signature: Signature


class SqliteStories(SqliteBands):
    """The parts of data.store.protocol.Store that know which releases tell the same."""

    def _kin(self, release: Release, text: Signature, near: Candidates) -> list[Member]:
        """The releases of other sources that tell the same, one of each story they are in."""
        if not near.nearest or len(text.words) < LEAST_SHINGLES:
            return []
        alike = self._alike(release.source, text, near)
        if not alike:
            return []
        rows = self._ask(f"{MEMBER} WHERE number IN ({places(alike)})", [*alike])
        found = {row[0]: Member(*row) for row in rows}
        same: list[Member] = []
        held: list[Member] = []
        known: set[str] = set()
        for one, how in alike.items():
            other = found[one]
            if other.story in known or not self._is_of(text, other, how):
                continue
            (same if how is Likeness.SAME else held).append(other)
            if other.story:
                known.add(other.story)
        # What holds others whole, or stands within several, joins one story and merges none.
        return same or held[:1]

    def _alike(self, source: str, text: Signature, near: Candidates) -> dict[int, Likeness]:
        """Which of the nearest releases of other sources are like a text, and how, in order."""
        bodies = map(self._body, near.nearest)
        others = (body for body in bodies if body.source != source)
        found = {body.number: likeness(text, body.signature) for body in islice(others, COMPARED)}
        return {number: how for number, how in found.items() if how is not Likeness.NONE}

    def _is_of(self, text: Signature, found: Member, how: Likeness) -> bool:
        """Whether a text that is like ``found`` is like that one's story too.

        A story is what its first release tells; from copy to copy of copies it would drift.
        """
        if found.story is None:
            return True
        first = self._first(found.story)
        return first == found.number or belongs_to_story(text, self._body(first).signature, how)

    def _first(self, story: str) -> int:
        """The number of the first published release of a story."""
        ((number,),) = self._ask(
            f"SELECT number FROM releases WHERE story = ? ORDER BY {INSTANT}, first_seen, id"
            " LIMIT 1",
            [story],
        )
        return int(number)

    def _body(self, number: int) -> Body:
        """The body of a release as it is compared; those of the last ones are at hand."""
        known: dict[int, Body] = self._threads.sketches
        if number not in known:
            ((source, content),) = self._ask(
                "SELECT source, content FROM releases WHERE number = ?", [number]
            )
            self._remember(number, source, signature(body_of(content)))
        return known[number]

    def _remember(self, number: int, source: str, text: Signature) -> None:
        known: dict[int, Body] = self._threads.sketches
        text.forget_words()
        known[number] = Body(number, source, text)
        if len(known) > REMEMBERED:
            del known[next(iter(known))]

    def _editions(self, number: int, draft: Draft, release: Release) -> list[Member]:
        """The other language editions that this page names, or whose pages name this one."""
        named = sorted({canonical_url(url) for _, url in draft.editions})
        if named:
            self._db.conn.executemany(
                "INSERT OR IGNORE INTO translation_links (key, source, release) VALUES (?, ?, ?)",
                [(key, release.source, number) for key in named],
            )
        keys = keys_of(draft)
        rows = self._ask(
            f"SELECT release FROM translation_links WHERE key IN ({places(keys)}) AND source = ?",
            [*keys, release.source],
        )
        if named:
            rows += self._ask(
                f"SELECT release FROM aliases WHERE key IN ({places(named)}) AND source = ?"
                " AND kind = 'seen'",
                [*named, release.source],
            )
        if not rows:
            return []
        numbers = sorted({other for (other,) in rows} - {number})
        return [
            Member(*row)
            for row in self._ask(
                f"{MEMBER} WHERE number IN ({places(numbers)}) AND (? = '' OR language <> ?)",
                [*numbers, *[release.content.language or ""] * 2],
            )
        ]

    def _join(self, number: int, release: Release, kin: Iterable[Member]) -> Release:
        """Put a release and its kin into one story, that of the first published."""
        db = self._db.conn
        own = Member(
            number,
            release.id,
            release.story,
            release.instant.timestamp(),
            release.first_seen.timestamp(),
        )
        everyone = sorted(
            {one.id: one for one in (*kin, own)}.values(),
            key=lambda one: (one.instant, one.first_seen, one.id),
        )
        story = next((one.story for one in everyone if one.story), everyone[0].id)
        for old in sorted({one.story for one in everyone if one.story and one.story != story}):
            db.execute("UPDATE releases SET story = ? WHERE story = ?", [story, old])
        alone = [(story, one.number) for one in everyone if not one.story]
        db.executemany("UPDATE releases SET story = ? WHERE number = ?", alone)
        # Each of them names all the others.
        self._mark_story(story)
        return replace(release, story=story)

    def _mark_story(self, story: str) -> None:
        """Mark the facets of all the releases of a story, which may be very many."""
        rows = self._ask(
            "SELECT source, coalesce(json_extract(content, '$.topics'), '[]'), day FROM releases"
            " WHERE story = ?",
            [story],
        )
        self._threads.marks += [
            (key, 0)
            for source, topics, day in rows
            for key in keys_at(source, msgspec.json.decode(topics, type=list[str]), day)
        ]
