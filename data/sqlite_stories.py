"""How the SQLite store finds texts that are alike, and keeps stories."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from data.identity import keys_of
from data.models import Draft, Release
from data.normalize import canonical_url
from data.rows import Kept
from data.sketch import Sketch, sketch
from data.sqlite_reading import SqliteReading
from data.stories import HOT, LEAST_SHINGLES, first_to_last, same_story, slot_of, slots_near

COMPARED: Final = 20
"""How many releases that are likely of one story, but not known to be, are compared in full."""


def _places(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


@dataclass(frozen=True, slots=True)
class Near:
    """Releases that share marks with a text: how many by their number, and what is too common.

    ``hot`` are the marks whose bucket is full in the text's own slot.
    """

    shared: Mapping[int, int]
    hot: frozenset[int]


class SqliteStories(SqliteReading):
    """The parts of data.store.Store that know which texts are alike."""

    def _near(self, text: Sketch, order: dt.datetime) -> Near:
        marks = text.marks
        if not marks:
            return Near({}, frozenset())
        rows = self._ask(
            "SELECT slot, band, release FROM bands WHERE slot IN (?, ?)"
            f" AND band IN ({_places(marks)})",
            [*slots_near(order), *marks],
        )
        own = slot_of(order)
        full = Counter(band for slot, band, _ in rows if slot == own)
        hot = frozenset(band for band, releases in full.items() if releases >= HOT)
        return Near(Counter(release for _, _, release in rows), hot)

    def _enter(self, number: int, order: dt.datetime, text: Sketch, hot: frozenset[int]) -> None:
        slot = slot_of(order)
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO bands (slot, band, release) VALUES (?, ?, ?)",
            [(slot, band, number) for band in sorted(text.marks) if band not in hot],
        )

    def _leave(self, known: Kept) -> None:
        slot = slot_of(known.release.order)
        self._db.conn.executemany(
            "DELETE FROM bands WHERE slot = ? AND band = ? AND release = ?",
            [(slot, band, known.number) for band in sketch(known.release.content.body_text).marks],
        )

    def _kin(self, number: int, release: Release, text: Sketch, near: Near) -> list[Release]:
        """The releases of other sources that tell the same, one of each story they are in."""
        if len(text.words) < LEAST_SHINGLES or not near.shared:
            return []
        likely = sorted(near.shared, key=lambda other: (-near.shared[other], other))
        stories = {
            row[0]: row[1]
            for row in self._ask(
                f"SELECT number, story FROM releases WHERE number IN ({_places(likely)})"
                " AND source <> ?",
                [*likely, release.source],
            )
        }
        if not stories or len(text.shingles) < LEAST_SHINGLES:
            return []
        kin: list[Release] = []
        joined: set[str] = set()
        compared = 0
        for other in likely:
            if other == number or other not in stories or stories[other] in joined:
                continue
            if compared == COMPARED:
                break
            compared += 1
            (found,) = self._releases("WHERE r.number = ?", [other])
            if same_story(text, sketch(found.content.body_text)):
                kin.append(found)
                joined |= {found.story} if found.story else set()
        return kin

    def _editions(self, number: int, draft: Draft, release: Release) -> list[Release]:
        """The other language editions that this page names, or whose pages name this one."""
        named = sorted({canonical_url(url) for _, url in draft.editions})
        if named:
            self._db.conn.executemany(
                "INSERT OR IGNORE INTO editions (key, source, release) VALUES (?, ?, ?)",
                [(key, release.source, number) for key in named],
            )
        keys = keys_of(draft)
        rows = self._ask(
            f"SELECT release FROM editions WHERE key IN ({_places(keys)}) AND source = ?"
            f" UNION SELECT release FROM aliases WHERE key IN ({_places(named)}) AND source = ?"
            " AND kind = 'seen'",
            [*keys, release.source, *named, release.source],
        )
        own = release.content.language
        return [
            one
            for (other,) in rows
            if other != number
            for one in self._releases("WHERE r.number = ?", [other])
            if not own or one.content.language != own
        ]

    def _join(self, release: Release, kin: Iterable[Release]) -> Release:
        """Put a release and its kin into one story, that of the first published."""
        everyone = first_to_last({one.id: one for one in (*kin, release)}.values())
        story = next((one.story for one in everyone if one.story), everyone[0].id)
        db = self._db.conn
        for one in everyone:
            if one.story == story:
                continue
            if one.story:
                others = self.story(one.story)
                db.execute("UPDATE releases SET story = ? WHERE story = ?", [story, one.story])
                for other in others:
                    self._mark(other, other)
            else:
                db.execute("UPDATE releases SET story = ? WHERE id = ?", [story, one.id])
        for one in everyone:
            self._mark(one, one)
        return replace(release, story=story)
