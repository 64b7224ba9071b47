"""How the SQLite store joins the language editions that no page names."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from data.store.sqlite.change_log import SqlitePublishing
from data.store.sqlite.rows import body_of
from data.store.sqlite.stories import MEMBER, Member
from data.stories.translations import Translation, commonness, marks_in, same

KNOWN: Final = 300
"""The newest releases of a source that tell which of its words are common."""

MOST: Final = 60
"""Releases of one day that are compared, each with each."""


class SqliteEditions(SqlitePublishing):
    """What joins releases of one source and one day in several languages to stories."""

    def _join_editions(self) -> None:
        """Join the editions among what was recorded since the last time, and of those days."""
        rows = self._ask(
            "SELECT DISTINCT r.source, r.day FROM search_queue u JOIN releases r"
            " ON r.number = u.release WHERE r.language <> '' AND r.day <> ''"
        )
        days: defaultdict[str, list[str]] = defaultdict(list)
        for source, day in rows:
            ((languages,),) = self._ask(
                "SELECT count(DISTINCT substr(language, 1, 2)) FROM releases"
                " WHERE day = ? AND source = ?",
                [day, source],
            )
            if languages > 1:
                days[source].append(day)
        for source, some in days.items():
            newest = self._read_editions("source = ? ORDER BY sort_at DESC", source)
            background = commonness(newest)
            for day in some:
                found = self._read_editions("source = ? AND day = ?", source, day)[:MOST]
                if any(one.language not in background for one in found):
                    background = commonness([*newest, *found])
                for left, right in same(found, background):
                    self._join_two(left.number, right.number)

    def _read_editions(self, which: str, *arguments: str) -> list[Translation]:
        rows = self._ask(
            f"SELECT number, language, url, content FROM releases WHERE language <> '' AND {which}"
            f" LIMIT {KNOWN}",
            arguments,
        )
        return [
            Translation(number, language.partition("-")[0], url, marks_in(body_of(content)))
            for number, language, url, content in rows
        ]

    def _join_two(self, left: int, right: int) -> None:
        """Put two releases into one story, unless it would tell them twice in one language."""
        with self._writing():
            one, other = (
                Member(*self._ask(f"{MEMBER} WHERE number = ?", [number])[0])
                for number in (left, right)
            )
            if one.story and one.story == other.story:
                return
            rows = self._ask(
                "SELECT source, substr(language, 1, 2) FROM releases WHERE number IN (:left,"
                " :right) OR story IN (SELECT story FROM releases WHERE number IN (:left, :right))",
                {"left": left, "right": right},
            )
            if len(set(rows)) == len(rows):
                (release,) = self._releases("WHERE r.number = ?", [left])
                self._join(left, release, [other])
