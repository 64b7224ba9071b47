"""Methods of the store for stories, translations, and the texts compared to find stories."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, MutableMapping, Sequence
from typing import Final

from data.store.shared_sql.connection import Connection, places
from data.store.shared_sql.events import SEARCH_INDEX, waiting
from data.store.shared_sql.matching import Address, AliasTable, MatchTable
from data.store.shared_sql.new_events import append_events
from data.store.shared_sql.rows import (
    INSTANT,
    StoredMember,
    StoredText,
    body_of,
    encode,
)
from data.stories.translations import Translation, marks_in

MEMBER: Final = f"SELECT number, id, story, {INSTANT}, first_seen FROM releases"


class StoryTables(AliasTable, MatchTable):
    """Methods of the recorder for stories and translations."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._links: dict[Address, set[int]] = {}

    @property
    def texts(self) -> MutableMapping[int, StoredText]:
        """Return the cache of texts by release number, which only the recorder fills.

        The database empties it when rows may have changed: another process wrote, or writes were
        undone.
        """
        return self._connection.at_hand("texts")

    def stored_text(self, number: int) -> tuple[str, str]:
        """Return the source and body of a release."""
        if number in self._changed:
            self.write()
        ((source, content),) = self._ask(
            "SELECT source, content FROM releases WHERE number = ?", [number]
        )
        return source, body_of(content)

    def story_members(
        self, numbers: Collection[int], *, without_language: str = ""
    ) -> Sequence[StoredMember]:
        """Return the data of these releases that stories need.

        Releases in the language ``without_language`` are omitted.
        """
        rows = self._ask_written(
            f"{MEMBER} WHERE number IN ({places(numbers)}) AND (? = '' OR language <> ?)"
            " ORDER BY number",
            [*numbers, without_language, without_language],
        )
        return [StoredMember(*row) for row in rows]

    def first_of_story(self, story: str) -> int:
        """Return the number of the release in a story that was published first."""
        ((number,),) = self._ask_written(
            f"SELECT number FROM releases WHERE story = ? ORDER BY {INSTANT}, first_seen, id"
            " LIMIT 1",
            [story],
        )
        return int(number)

    def story_size(self, story: str, source: str) -> tuple[int, int]:
        """Return the number of releases in a story, in total and of one source."""
        ((members, of_source),) = self._ask_written(
            "SELECT count(*), count(*) FILTER (WHERE source = ?) FROM releases WHERE story = ?",
            [source, story],
        )
        return int(members), int(of_source)

    def join_stories(self, story: str, merged: Sequence[str], alone: Sequence[int]) -> None:
        """Move the releases of the ``merged`` stories, and the releases ``alone``, to a story."""
        moved = self._ask_written(
            f"UPDATE releases SET story = ? WHERE (story IN ({places(merged)})"
            f" OR number IN ({places(alone)})) AND coalesce(story, '') <> ? RETURNING number",
            [story, *merged, *alone, story],
        )
        for (number,) in moved:
            self._stored.pop(number, None)
        append_events(self._connection, "update", [number for (number,) in moved])

    def add_translation_links(self, source: str, number: int, keys: Sequence[str]) -> bool:
        """Store the addresses of translations that a release's page links to.

        Returns whether any of them is new.
        """
        fresh = [key for key in keys if number not in self._links_to(source, key)]
        for key in fresh:
            self._links[source, key].add(number)
        self._later(
            "INSERT INTO translation_links (key, source, release) VALUES (?, ?, ?)",
            *((key, source, number) for key in fresh),
        )
        return bool(fresh)

    def read_links(self, addresses: Iterable[Address]) -> None:
        """Read in advance which releases link to these addresses, for `translations_of`."""
        wanted = set(addresses)
        rows = self._ask(
            "SELECT source, key, release FROM translation_links"
            " WHERE key IN (SELECT value FROM json_each(?))",
            [encode(sorted({key for _, key in wanted}))],
        )
        found: defaultdict[Address, set[int]] = defaultdict(set)
        for source, key, number in rows:
            found[source, key].add(number)
        self._links |= {address: found[address] for address in wanted}

    def _links_to(self, source: str, key: str) -> set[int]:
        if (source, key) not in self._links:
            self.read_links([(source, key)])
        return self._links[source, key]

    def translations_of(
        self, source: str, own: Sequence[str], named: Sequence[str]
    ) -> Collection[int]:
        """Return the numbers of releases that are linked as translations.

        Either their pages link to one of the ``own`` addresses, or they own a ``named`` address.
        """
        found = {number for key in own for number in self._links_to(source, key)}
        for key in named:
            owner = self.address_owner(source, key)
            if owner and owner.kind == "seen":
                found.add(owner.number)
        return found

    def queued_days(self) -> Iterator[tuple[str, str]]:
        """Yield the sources and days of releases that are not in the search index yet.

        Only days with releases in several languages are returned.
        """
        rows = self._ask(
            f"SELECT DISTINCT r.source, r.day FROM events e JOIN releases r"
            f" ON r.number = e.release WHERE {waiting(SEARCH_INDEX)} AND r.language <> ''"
            " AND r.day <> ''"
            " ORDER BY 1, 2"
        )
        for source, day in rows:
            ((languages,),) = self._ask(
                "SELECT count(DISTINCT substr(language, 1, 2)) FROM releases"
                " WHERE day = ? AND source = ?",
                [day, source],
            )
            if languages > 1:
                yield source, day

    def stored_translations(self, source: str, day: str | None, *, limit: int) -> list[Translation]:
        """Return a source's releases with a known language: all of a day, or the newest."""
        which = "ORDER BY sort_at DESC, id" if day is None else "AND day = :day ORDER BY number"
        rows = self._ask(
            "SELECT number, language, url, content FROM releases WHERE language <> ''"
            f" AND source = :source {which} LIMIT :limit",
            {"source": source, "day": day, "limit": limit},
        )
        return [
            Translation(number, language.partition("-")[0], url, marks_in(body_of(content)))
            for number, language, url, content in rows
        ]

    def languages_in_story(self, numbers: tuple[int, int]) -> Sequence[tuple[str, str]]:
        """Return the source and language of two releases and of all releases in their stories."""
        left, right = numbers
        return self._ask_written(
            "SELECT source, substr(language, 1, 2) FROM releases WHERE number IN (:left,"
            " :right) OR story IN (SELECT story FROM releases WHERE number IN (:left, :right))",
            {"left": left, "right": right},
        )
