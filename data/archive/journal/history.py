"""Which records of the journal count, and in which order: those that the last one leads back to.

A process that is killed between writing a record and committing its transaction leaves a record
that tells of nothing; so does a store that was restored from an older copy. Each record names the
one before it that was committed, so the chain of the last one leaves those out, whatever files and
processes they come from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the journal: its id and place, and the id of the record ``after`` which it came.

    ``leaf`` is its number in the log, None where that is lost.
    """

    record_id: str
    after: str
    at: dt.datetime
    leaf: int | None
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class History:
    """The entries that count, in their order.

    ``missing`` are the ids of records that others name and nobody can read, ``aside`` the entries
    that don't count, in their order.
    """

    entries: Sequence[Entry]
    missing: Sequence[str] = ()
    aside: Sequence[Entry] = ()


def history_of(found: Iterable[Entry]) -> History:
    """The history that records of a journal tell, given in any order."""
    entries = {entry.record_id: entry for entry in found}
    # By the log, which is the order of all processes; where some of it is lost, by their dates.
    numbered = all(entry.leaf is not None for entry in entries.values())
    order = {
        record: (entry.leaf or 0 if numbered else 0, entry.at) for record, entry in entries.items()
    }
    named = {entry.after for entry in entries.values()}
    left = sorted(entries, key=lambda record: order[record])
    ends = [record for record in left if record not in named]
    chain: list[Entry] = []
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
        # The record before it is the last of those that came before all that were read so far.
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
