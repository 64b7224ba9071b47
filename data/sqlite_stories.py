"""How the SQLite store keeps stories: which releases tell the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from data.identity import keys_of
from data.models import Draft, Release
from data.normalize import canonical_url
from data.rows import body_of
from data.sketch import Sketch, sketch
from data.sqlite_bands import Near, SqliteBands, places
from data.stories import LEAST_SHINGLES, Likeness, likeness, tells

COMPARED: Final = 20
"""How many releases that are likely of one story, but not known to be, are compared in full."""

REMEMBERED: Final = 10_000
"""Bodies that are kept at hand as they are compared, some 3 KB each: copies come within hours of
each other."""

MEMBER: Final = "SELECT number, id, story, sort_at, first_seen, print FROM releases"

ASKED, NOBODY = 24, -1
"""How many of the nearest are asked for at a time, and the number of none."""

OTHERS: Final = f"{MEMBER} WHERE number IN ({places(range(ASKED))}) AND source <> ? AND number <> ?"


@dataclass(frozen=True, slots=True)
class Member:
    """A release as far as its story goes: a row of ``MEMBER``."""

    number: int
    id: str
    story: str | None
    sort_at: float
    first_seen: float
    print: bytes


class SqliteStories(SqliteBands):
    """The parts of data.store.Store that know which releases tell the same."""

    def _kin(self, number: int, release: Release, text: Sketch, near: Near) -> list[Member]:
        """The releases of other sources that tell the same, one of each story they are in."""
        if not near.nearest or len(text.words) < LEAST_SHINGLES:
            return []
        same: list[Member] = []
        held: list[Member] = []
        known: set[str] = set()
        for other in islice(self._others(number, release.source, near), COMPARED):
            if other.story in known:
                continue
            how = likeness(text, self._sketched(other))
            if how is Likeness.NONE or not self._is_of(text, other, how):
                continue
            (same if how is Likeness.SAME else held).append(other)
            if other.story:
                known.add(other.story)
        # What holds others whole, or stands within several, joins one story and merges none.
        return same or held[:1]

    def _others(self, number: int, source: str, near: Near) -> Iterator[Member]:
        """The nearest releases of other sources, in order, asked for some at a time."""
        for start in range(0, len(near.nearest), ASKED):
            some = near.nearest[start : start + ASKED]
            # As many places each time: the statement is prepared once.
            padded = [*some, *[NOBODY] * (ASKED - len(some))]
            rows = self._ask(OTHERS, [*padded, source, number])
            found = {row[0]: row for row in rows}
            yield from (Member(*found[one]) for one in some if one in found)

    def _is_of(self, text: Sketch, found: Member, how: Likeness) -> bool:
        """Whether a text that is like ``found`` is like that one's story too.

        A story is what its first release tells; from copy to copy of copies it would drift.
        """
        if found.story is None:
            return True
        first = self._first(found.story)
        if first.number == found.number:
            return True
        return tells(text, self._sketched(first), how)

    def _first(self, story: str) -> Member:
        """The first published release of a story."""
        (row,) = self._ask(
            f"{MEMBER} WHERE story = ? ORDER BY sort_at, first_seen, id LIMIT 1", [story]
        )
        return Member(*row)

    def _sketched(self, one: Member) -> Sketch:
        """The body of a release as it is compared; those of the last ones are at hand."""
        known: dict[int, tuple[bytes, Sketch]] = self._threads.sketches
        if one.number in known and known[one.number][0] == one.print:
            return known[one.number][1]
        ((content,),) = self._ask("SELECT content FROM releases WHERE number = ?", [one.number])
        found = sketch(body_of(content))
        self._remember(one.number, one.print, found)
        return found

    def _remember(self, number: int, text_print: bytes, text: Sketch) -> None:
        known: dict[int, tuple[bytes, Sketch]] = self._threads.sketches
        text.forget_words()
        known[number] = (text_print, text)
        if len(known) > REMEMBERED:
            del known[next(iter(known))]

    def _editions(self, number: int, draft: Draft, release: Release) -> list[Member]:
        """The other language editions that this page names, or whose pages name this one."""
        named = sorted({canonical_url(url) for _, url in draft.editions})
        if named:
            self._db.conn.executemany(
                "INSERT OR IGNORE INTO editions (key, source, release) VALUES (?, ?, ?)",
                [(key, release.source, number) for key in named],
            )
        keys = keys_of(draft)
        rows = self._ask(
            f"SELECT release FROM editions WHERE key IN ({places(keys)}) AND source = ?",
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
            release.order.timestamp(),
            release.first_seen.timestamp(),
            b"",
        )
        everyone = sorted(
            {one.id: one for one in (*kin, own)}.values(),
            key=lambda one: (one.sort_at, one.first_seen, one.id),
        )
        story = next((one.story for one in everyone if one.story), everyone[0].id)
        for old in sorted({one.story for one in everyone if one.story and one.story != story}):
            others = self.story(old)
            db.execute("UPDATE releases SET story = ? WHERE story = ?", [story, old])
            for other in others:
                self._mark(other, other)
        alone = [(story, one.number) for one in everyone if not one.story]
        db.executemany("UPDATE releases SET story = ? WHERE number = ?", alone)
        for one in everyone:
            for told in self._releases("WHERE r.number = ?", [one.number]):
                self._mark(told, told)
        return replace(release, story=story)
