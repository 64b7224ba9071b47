"""Restoration of the captures in which releases were last seen, and search for lost captures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from data.archive.journal.scan import Scan
from data.archive.log.leaf import decode_leaf
from data.archive.warc.reader import read_record
from data.archive.warc.records import digest_text
from data.models import Capture
from data.store.core.store import Store
from scheduler.mirror.rebuild.report import Unreadable


def restore_sightings(
    store: Store, archive: Path, found: Scan, seen_in: Mapping[str, int]
) -> list[Unreadable]:
    """Store the captures in which releases were last seen, and return the lost captures.

    ``seen_in`` maps releases to the leaves of these captures. For a removed capture, only the data
    in its leaf are stored. Raises ArchiveError.
    """
    known = {one.leaf: one for one in captures_at(archive, found, {*seen_in.values()})}
    store.restore_sightings(
        {release: known[leaf] for release, leaf in seen_in.items() if leaf in known}
    )
    lost = {release: leaf for release, leaf in seen_in.items() if leaf not in known}
    releases = filter(None, map(store.release, lost))
    return [Unreadable(one.id, one.url, "last seen", lost[one.id]) for one in releases]


def captures_at(archive: Path, found: Scan, numbers: Collection[int]) -> Iterator[Capture]:
    """Yield the captures whose leaves have these ``numbers``.

    Captures whose record is lost are omitted.
    """
    for place, leaf in found.answers.items():
        if leaf is not None and leaf in numbers:
            yield read_record(archive, *place).capture(leaf)
    for leaf in found.removed & {*numbers}:
        entry = decode_leaf(found.leaves.entry(leaf))
        yield Capture(entry.record_id.urn, "", 0, 0, digest_text(entry.payload), leaf, entry.at)


def unreadable_captures(store: Store, found: Scan) -> list[Unreadable]:
    """Return the captures in a store whose records are damaged or missing."""
    # Captures of removed records have no file.
    lost = {
        one.record_id: one
        for one in store.captured()
        if one.file and (one.file, one.offset) not in found.answers
    }
    owners = store.capture_owners(lost) if lost else ()
    captures = ((owner, lost[owner.record_id]) for owner in owners)
    return [
        Unreadable(owner.release, owner.url, owner.shows, one.leaf, one.file, one.offset)
        for owner, one in captures
    ]
