"""Choose entries of a catalogue by id, country, kind and group."""

from collections.abc import Iterable
from dataclasses import dataclass

from spiders.catalogue.catalogue import Catalogue, CatalogueError, Entry, UnknownEntry

MAX_LISTED_VALUES = 40
"""Maximum number of values listed in an error message."""


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Conditions that entries must meet. Empty conditions are met by all entries."""

    ids: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def of(self, catalogue: Catalogue) -> tuple[Entry, ...]:
        """Return the entries that meet all conditions, in the order of the catalogue.

        Raises UnknownEntry, and CatalogueError if no entry meets the conditions.
        """
        for name in self.ids:
            if name not in catalogue.entries:
                raise UnknownEntry(catalogue.id, name, catalogue.entries)
        found = tuple(entry for entry in catalogue.entries.values() if self._includes(entry))
        if not found:
            fix = (
                "no entry meets all conditions; "
                f"countries: {_values(one.country for one in catalogue.entries.values())}; "
                f"kinds: {_values(one.kind for one in catalogue.entries.values())}; "
                f"groups: {_values(one.group for one in catalogue.entries.values())}"
            )
            raise CatalogueError(catalogue.id, "selection", fix)
        return found

    def _includes(self, entry: Entry) -> bool:
        pairs = (
            (entry.id, self.ids),
            (entry.country, self.countries),
            (entry.kind, self.kinds),
            (entry.group, self.groups),
        )
        return all(not wanted or value in wanted for value, wanted in pairs)


def _values(values: Iterable[str]) -> str:
    found = sorted({*values} - {""})
    more = f" and {len(found) - MAX_LISTED_VALUES} more" if len(found) > MAX_LISTED_VALUES else ""
    return (", ".join(found[:MAX_LISTED_VALUES]) or "none") + more
