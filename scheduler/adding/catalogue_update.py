"""Update sources to a newer version of their catalogue, and keep edits made by people.

For each key of a source file, three values are compared: the value at the last addition or update,
the current value in the file, and the value in the newer catalogue. A key is changed only if the
current value is the value at the last addition or update.
"""

import tomllib
from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec
import tomlkit
from tomlkit.items import Item

from data.clock import utc_now
from data.errors import CommuniqueError, SourceError
from data.files import rewrite
from data.toml_files import read_text
from scheduler.adding.attempts import Attempt, AttemptLog
from scheduler.adding.side_by_side import inspect_all
from scheduler.adding.site_inspection import InspectedSite
from scheduler.children.shared_fetch import SharedFetcher
from scheduler.home.home import Home
from scheduler.sources.tiers import sources_by_entry
from spiders.catalogue.catalogue import Catalogue, Entry
from spiders.discovery.proposal import CHECK_COMMENT
from spiders.discovery.propose import GivenFields
from spiders.sources.source_file import LoadedSource, parse_source

Outcome: TypeAlias = Literal["updated", "unchanged", "dropped", "unsure", "failed"]

ENTRY_KEYS: Final = ("name", "timezone")
"""Keys of a source file whose values come from the entry."""


class Update(msgspec.Struct, frozen=True, omit_defaults=True):
    """Result of updating one source to a newer catalogue.

    ``changed`` are the updated keys, and ``kept`` the keys that a person had changed. An entry is
    dropped if the newer catalogue does not list it; its source stays.
    """

    entry: str
    source: str
    outcome: Outcome
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    reason: str = ""


class CatalogueUpdate:
    """Updates the sources that were added from a catalogue. Without ``save``, it writes nothing."""

    def __init__(self, home: Home, catalogue: Catalogue, *, save: bool = True) -> None:
        self._home = home
        self._save = save
        self._catalogue = catalogue
        self._log = AttemptLog(home, catalogue.id)
        self._sources = {
            key.partition("/")[2]: source
            for key, source in sources_by_entry(home).items()
            if key.partition("/")[0] == catalogue.id
        }

    @property
    def new_entries(self) -> int:
        """Number of catalogue entries that have no source yet."""
        return len(self._catalogue.entries.keys() - self._sources.keys())

    def run(self, on_update: Callable[[Update], None]) -> list[Update]:
        """Update all sources of the catalogue, and return the results.

        Sites are requested only if their addresses changed. Raises BadRecord if the record of
        attempts can't be read or written.
        """
        moved: list[Entry] = []
        results = []
        for name, source in self._sources.items():
            entry = self._catalogue.entries.get(name)
            earlier = self._log.written.get(name)
            if entry is None:
                results.append(Update(name, source.id, "dropped"))
            elif earlier is None or earlier.listed is None:
                why = "the original text of this file is unknown, so the file is not changed"
                results.append(Update(name, source.id, "unchanged", reason=why))
            elif entry.addresses != earlier.listed.addresses:
                moved.append(entry)
                continue
            else:
                text = _with_values(earlier.text, entry)
                results.append(self._merged(entry, source, earlier, text))
            on_update(results[-1])
        for result in self._of_moved(moved):
            results.append(result)
            on_update(result)
        return results

    def _of_moved(self, moved: list[Entry]) -> Iterator[Update]:
        """Inspect the sites of entries whose addresses changed, and update their source files."""
        if not moved:
            return
        with SharedFetcher(self._home, archive=self._save) as fetcher:
            for entry, inspected in inspect_all(fetcher, [[one] for one in moved], self._given):
                yield self._of_inspected(entry, inspected)

    def _given(self, entry: Entry) -> GivenFields:
        key = self._catalogue.key(entry)
        id_ = self._sources[entry.id].id
        return GivenFields(id_, entry.name, entry.timezone, key, entry.country)

    def _of_inspected(self, entry: Entry, inspected: InspectedSite) -> Update:
        source, found = self._sources[entry.id], inspected.found
        if found is None or inspected.reason:
            outcome: Outcome = "unsure" if found else "failed"
            return Update(entry.id, source.id, outcome, reason=inspected.reason)
        text = found.proposed.proposal.toml
        return self._merged(entry, source, self._log.written[entry.id], text)

    def _merged(self, entry: Entry, source: LoadedSource, earlier: Attempt, text: str) -> Update:
        """Merge the newer text of a source into its file, and return the result."""
        try:
            with self._home.files_lock():
                present = read_text(source.path, SourceError)
                merged, changed, kept = merge(earlier.text, present, text)
                if changed:
                    parse_source(merged, str(source.path))
                if changed and self._save:
                    rewrite(source.path, merged)
        except (CommuniqueError, OSError) as error:
            return Update(entry.id, source.id, "failed", reason=str(error))
        if self._save and (text != earlier.text or entry != earlier.listed):
            # If this process is killed before, the next update finds the new values in the file.
            self._log.add(
                Attempt(entry.id, "added", utc_now(), "", source.id, text=text, listed=entry)
            )
            self._log.finish(utc_now())
        return Update(entry.id, source.id, "updated" if changed else "unchanged", changed, kept)


def _with_values(text: str, entry: Entry) -> str:
    """Return the text of a source file with the values of a catalogue entry."""
    document = tomlkit.parse(text)
    for key in ENTRY_KEYS:
        value = getattr(entry, key)
        if value and document.get(key) != value:
            document[key] = value
    return document.as_string()


def merge(base: str, current: str, newer: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Merge the changes from ``base`` to ``newer`` into ``current``, all texts of source files.

    Returns the merged text, the changed keys, and the keys that differ in all three texts. Comments
    and the order of keys in ``current`` are kept, except comments on guesses that were replaced.
    """
    document = tomlkit.parse(current)
    old, new, now = tomllib.loads(base), tomllib.loads(newer), tomllib.loads(current)
    changed, kept = [], []
    for key in dict.fromkeys((*old, *new)):
        value = new.get(key)
        if value in (old.get(key), now.get(key)):
            continue
        if now.get(key) != old.get(key):
            kept.append(key)
            continue
        changed.append(key)
        if value is None:
            document.remove(key)
        else:
            document[key] = value
            item = document.item(key)
            if isinstance(item, Item) and item.trivia.comment.startswith(CHECK_COMMENT):
                item.trivia.comment_ws = item.trivia.comment = ""
    return document.as_string(), tuple(changed), tuple(kept)
