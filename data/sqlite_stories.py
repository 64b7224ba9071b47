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
from data.rows import Kept, body_of
from data.sketch import Sketch, sketch
from data.sqlite_reading import SqliteReading
from data.stories import (
    HOT,
    LEAST_SHINGLES,
    Likeness,
    first_to_last,
    likely,
    likeness,
    slot_of,
    slots_near,
)

COMPARED: Final = 20
"""How many releases that are likely of one story, but not known to be, are compared in full."""


REMEMBERED: Final = 1000
"""Bodies that are kept at hand as they are compared: copies come within hours of each other."""


def places(values: Collection[object]) -> str:
    """So many question marks, with commas between."""
    return ",".join("?" * len(values))


@dataclass(frozen=True, slots=True)
class Near:
    """Releases that share marks with a text, by their number: how many ``bands`` and ``anchors``.

    Those that share too few to be worth comparing are left out. ``hot`` are the marks whose bucket
    is full in the text's own slot.
    """

    bands: Mapping[int, int]
    anchors: Mapping[int, int]
    hot: frozenset[int]

    @property
    def nearest(self) -> list[int]:
        """The numbers, those that share most bands first, then most anchors."""
        everyone = self.bands.keys() | self.anchors.keys()
        return sorted(everyone, key=lambda n: (-self.bands.get(n, 0), -self.anchors.get(n, 0), n))


class SqliteStories(SqliteReading):
    """The parts of data.store.Store that know which texts are alike."""

    def _near(self, text: Sketch, order: dt.datetime) -> Near:
        marks = text.marks
        if not marks:
            return Near({}, {}, frozenset())
        rows = self._ask(
            "SELECT slot, band, release, anchors FROM bands WHERE slot IN (?, ?)"
            f" AND band IN ({places(marks)})",
            [*slots_near(order), *marks],
        )
        own, own_bands = slot_of(order), frozenset(text.bands)
        full = Counter(band for slot, band, _, _ in rows if slot == own)
        bands = Counter(release for _, band, release, _ in rows if band in own_bands)
        anchors = Counter(release for _, band, release, _ in rows if band not in own_bands)
        sizes = {release: size for _, _, release, size in rows}
        mine = len(text.anchors)
        return Near(
            bands,
            {
                n: shared
                for n, shared in anchors.items()
                if likely(bands[n], shared, min(sizes[n], mine))
            },
            frozenset(band for band, releases in full.items() if releases >= HOT),
        )

    def _enter(self, number: int, order: dt.datetime, text: Sketch, hot: frozenset[int]) -> None:
        slot, size = slot_of(order), len(text.anchors)
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO bands (slot, band, release, anchors) VALUES (?, ?, ?, ?)",
            [(slot, band, number, size) for band in sorted(text.marks) if band not in hot],
        )

    def _leave(self, known: Kept) -> None:
        slot = slot_of(known.release.order)
        self._db.conn.executemany(
            "DELETE FROM bands WHERE slot = ? AND band = ? AND release = ?",
            [(slot, band, known.number) for band in sketch(known.release.content.body_text).marks],
        )

    def _kin(self, number: int, release: Release, text: Sketch, near: Near) -> list[Release]:
        """The releases of other sources that tell the same, one of each story they are in."""
        nearest = near.nearest
        if len(text.words) < LEAST_SHINGLES or not nearest:
            return []
        others = dict(
            self._ask(
                f"SELECT number, story FROM releases WHERE number IN ({places(nearest)})"
                " AND source <> ? AND number <> ?",
                [*nearest, release.source, number],
            )
        )
        kin: list[Release] = []
        held: list[Release] = []
        joined: set[str] = set()
        compared = 0
        for other in nearest:
            if other not in others or others[other] in joined:
                continue
            if compared == COMPARED:
                break
            compared += 1
            how = likeness(text, self._sketched(other))
            if how is Likeness.NONE:
                continue
            (found,) = self._releases("WHERE r.number = ?", [other])
            if how is Likeness.SAME:
                kin.append(found)
            elif self._is_of(text, found):
                (kin if how is Likeness.WITHIN else held).append(found)
            joined |= {found.story} if found.story else set()
        # A text that holds several others whole is a digest: it joins one story, and merges none.
        return kin or held[:1]

    def _is_of(self, text: Sketch, found: Release) -> bool:
        """Whether a text that holds ``found``, or is held by it, is like that one's story too."""
        if found.story is None:
            return True
        ((first,),) = self._ask(
            "SELECT number FROM releases WHERE story = ? ORDER BY sort_at, first_seen, id LIMIT 1",
            [found.story],
        )
        return likeness(text, self._sketched(first)) is not Likeness.NONE

    def _sketched(self, number: int) -> Sketch:
        """The body of a release as it is compared; those of the last ones are at hand."""
        ((text_print,),) = self._ask("SELECT print FROM releases WHERE number = ?", [number])
        known: dict[int, tuple[bytes, Sketch]] = self._threads.sketches
        if number in known and known[number][0] == text_print:
            return known[number][1]
        ((content,),) = self._ask("SELECT content FROM releases WHERE number = ?", [number])
        found = sketch(body_of(content))
        self._remember(number, text_print, found)
        return found

    def _remember(self, number: int, text_print: bytes, text: Sketch) -> None:
        known: dict[int, tuple[bytes, Sketch]] = self._threads.sketches
        text.forget_words()
        known[number] = (text_print, text)
        if len(known) > REMEMBERED:
            del known[next(iter(known))]

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
            f"SELECT release FROM editions WHERE key IN ({places(keys)}) AND source = ?"
            f" UNION SELECT release FROM aliases WHERE key IN ({places(named)}) AND source = ?"
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
