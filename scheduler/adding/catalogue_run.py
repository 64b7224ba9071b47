"""Add the entries of a catalogue: inspect many sites in parallel, and write their source files.

Sites of different hosts are inspected at the same time. Sites of one host are inspected one after
the other. Each result is recorded immediately, so a killed command loses at most the sites that it
was inspecting. A source file's text is recorded before the file is written. If the command is
killed in between, the entry has no file and is tried again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from data.clock import utc_now
from data.errors import CommuniqueError
from data.text.masking import masked
from data.text.urls import host_of
from scheduler.adding.attempts import Attempt, AttemptLog
from scheduler.adding.side_by_side import inspect_all
from scheduler.adding.site_inspection import InspectedSite
from scheduler.adding.source_writer import former_ids, write, write_samples
from scheduler.children.shared_fetch import SharedFetcher
from scheduler.home.home import Home
from spiders.catalogue.catalogue import Catalogue, Entry
from spiders.discovery.explore import Explored
from spiders.discovery.propose import GivenFields
from spiders.extract.golden import BadGolden
from spiders.sources.source_file import LoadedSource, load_sources

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
