"""Selection of valid journal records: the chain of records that ends with the last record.

A record is invalid if its process was killed before the commit, or if the store was later restored
from an older copy. Each record contains the id of the previous committed record, so the chain skips
invalid records.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal record: its id, its location, and the id of the previous record (``after``).

    ``leaf`` is the number of the record's leaf in the transparency log, or None if it has no leaf.
    """

    record_id: str
    after: str
    at: dt.datetime
    leaf: int | None
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class History:
    """The valid records of a journal, in order.

    ``missing`` contains the ids of records that can't be read although other records refer to them.
    ``aside`` contains the invalid records, in order.
    """

    entries: Sequence[JournalEntry]
    missing: Sequence[str] = ()
    aside: Sequence[JournalEntry] = ()


def history_of(found: Iterable[JournalEntry]) -> History:
    """Select the valid records of a journal. ``found`` contains all its records in any order."""
    entries = {entry.record_id: entry for entry in found}
    # Leaf numbers order the records of all processes. If some are missing, use the dates.
    numbered = all(entry.leaf is not None for entry in entries.values())
    order = {
        record: (entry.leaf or 0 if numbered else 0, entry.at) for record, entry in entries.items()
    }
    named = {entry.after for entry in entries.values()}
    left = sorted(entries, key=lambda record: order[record])
    ends = [record for record in left if record not in named]
    chain: list[JournalEntry] = []
    missing: list[str] = []
    used: set[str] = set()
    here = ends[-1] if ends else ""
    while here:
        entry = entries.get(here)
        if entry and here not in used:
            used.add(here)
            chain.append(entry)
            here = entry.after
            continue
        if entry is None:
            missing.append(here)
        # Continue with the newest record that is older than all records in the chain.
        first = order[chain[-1].record_id] if chain else None
        here = next(
            (
                record
                for record in reversed(left)
                if record not in used and (first is None or order[record] < first)
            ),
            "",
        )
    chain.reverse()
    missing.reverse()
    aside = [entries[record] for record in left if record not in used]
    return History(chain, missing, aside)
