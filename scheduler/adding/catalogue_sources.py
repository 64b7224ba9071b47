"""Add the entries of a catalogue as sources, and update these sources to a newer catalogue.

Many sites are inspected in parallel. Sites of different hosts are inspected at the same time. Sites
of one host are inspected one after the other. Each result is recorded immediately, so a killed
command loses at most the sites that it was inspecting. A source file's text is recorded before the
file is written. If the command is killed in between, the entry has no file and is tried again.

An update keeps edits made by people. For each key of a source file, three values are compared: the
value at the last addition or update, the current value in the file, and the value in the newer
catalogue. A key is changed only if the current value is the value at the last addition or update.
"""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import tomlkit
from msgspec.structs import replace
from tomlkit.items import Item

from data.clock import utc_now
from data.errors import CommuniqueError, SourceError
from data.files import rewrite
from data.text.masking import masked
from data.text.urls import host_of
from data.toml_files import read_text
from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog, sources_by_entry
from scheduler.adding.site_inspection import InspectedSite, inspect_all
from scheduler.adding.source_writer import former_ids, write, write_samples
from scheduler.children.fetch import SharedFetcher
from scheduler.home.home import Home
from spiders.catalogue.catalogue import Catalogue, Entry
from spiders.discovery.explore import Explored
from spiders.discovery.proposal import CHECK_COMMENT
from spiders.discovery.propose import GivenFields
from spiders.extract.golden import BadGolden
from spiders.sources.source_file import LoadedSource, load_sources, parse_source

CATALOGUE_LOCK: Final = "catalogue"
"""Name of the lock that a command holds while it adds or updates entries."""


class CatalogueRun:
    """Adds entries of one catalogue to a home directory.

    With ``force``, uncertain results are also added. Without ``save``, nothing is written.
    """

    def __init__(
        self, home: Home, catalogue: Catalogue, *, save: bool = True, force: bool = False
    ) -> None:
        self._home = home
        self._catalogue = catalogue
        self._save = save
        self._force = force
        loaded, broken = load_sources(home.sources)
        self._loaded = dict(loaded)
        self._taken = {*loaded, *(Path(one.path).stem for one in broken), *former_ids(home)}
        self._log = AttemptLog(home, catalogue.id)
        self._present = {
            one.file.catalogue: one for one in loaded.values() if one.own and one.file.catalogue
        }

    def run(self, entries: Iterable[Entry], on_attempt: Callable[[Attempt], None]) -> list[Attempt]:
        """Inspect and add entries, and return the results in the order of ``entries``.

        ``on_attempt`` is called with each result. Raises BadRecord if the attempts can't be saved.
        """
        wanted = tuple(entries)
        results: dict[str, Attempt] = {}
        hosts: dict[str, list[Entry]] = defaultdict(list)
        for entry in wanted:
            if known := self._known(entry):
                results[entry.id] = known
                on_attempt(known)
            else:
                hosts[host_of(entry.url)].append(entry)
        if hosts:
            with SharedFetcher(self._home, archive=self._save) as fetcher:
                for entry, inspected in inspect_all(fetcher, [*hosts.values()], self._given):
                    results[entry.id] = self._settled(entry, inspected)
                    on_attempt(results[entry.id])
        if self._save:
            self._log.finish(utc_now())
        return [results[entry.id] for entry in wanted]

    def _known(self, entry: Entry) -> Attempt | None:
        """Return the result of an entry that needs no inspection, or None."""
        if not self._save:
            return None
        earlier = self._log.unfinished.get(entry.id)
        if source := self._present.get(self._catalogue.key(entry)):
            if earlier and earlier.state == "added":
                # A kill may have come between the source file and its samples.
                return earlier if (self._home.samples / source.id).exists() else None
            return Attempt(entry.id, "present", utc_now(), "added earlier", source.id)
        if earlier and earlier.state in {"unsure", "failed"} and not self._force:
            return earlier
        return None

    def _given(self, entry: Entry) -> GivenFields:
        key = self._catalogue.key(entry)
        if source := self._present.get(key):
            return GivenFields(source.id, entry.name, entry.timezone, key, entry.country)
        id_ = entry.id
        if id_ in self._taken:
            id_ = f"{entry.id}-{self._catalogue.id}"[:64].rstrip("-")
        number = 2
        while id_ in self._taken:
            id_, number = f"{entry.id[:58]}-{number}", number + 1
        self._taken.add(id_)
        return GivenFields(id_, entry.name, entry.timezone, key, entry.country)

    def _settled(self, entry: Entry, inspected: InspectedSite) -> Attempt:
        """Write the source of an inspected entry, and return the result."""
        attempt, found = _attempt(entry, inspected, force=self._force), inspected.found
        if not self._save:
            return replace(attempt, state="found") if attempt.state == "added" else attempt
        if found and attempt.state == "added":
            attempt = self._written(attempt, found)
        if attempt.state != "added":
            self._log.add(attempt)
        return attempt

    def _written(self, attempt: Attempt, found: Explored) -> Attempt:
        proposal = found.proposed.proposal
        if proposal.id in self._loaded:
            with suppress(BadGolden):
                write_samples(self._home, found)
            return self._log.unfinished[attempt.entry]
        same = next(
            (
                one.id
                for one in self._loaded.values()
                if one.own and proposal.url in {one.file.url, one.file.feed}
            ),
            "",
        )
        if same:
            why = f"{same} collects from {masked(proposal.url)} already"
            return replace(attempt, state="present", reason=why, source=same, text="")
        self._log.add(attempt)
        try:
            path = write(self._home, found, {})
        except BadGolden:
            # The source is written. Samples of a removed source with the same id are kept.
            path = self._home.sources / f"{proposal.id}.toml"
        except CommuniqueError as error:
            return replace(attempt, state="failed", reason=str(error), source="", text="")
        loaded = LoadedSource(proposal.id, path, own=True, file=found.proposed.file)
        self._loaded[proposal.id] = loaded
        return attempt


def _attempt(entry: Entry, inspected: InspectedSite, *, force: bool) -> Attempt:
    found = inspected.found
    if found is None:
        return Attempt(entry.id, "failed", utc_now(), inspected.reason)
    proposed = found.proposed
    added = not inspected.reason or force
    return Attempt(
        entry.id,
        "added" if added else "unsure",
        utc_now(),
        inspected.reason,
        proposed.proposal.id if added else "",
        masked(proposed.proposal.url),
        len(proposed.listing.items),
        proposed.proposal.toml if added else "",
        entry,
    )


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
