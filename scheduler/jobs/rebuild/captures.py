"""The captures of a rebuilt store: which saw a release last, and which of them can't be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from data.archive.journal.scan import Scan
from data.archive.log.leaf import decode_leaf
from data.archive.warc.reader import read_record
from data.archive.warc.records import digest_text
from data.models import Capture
from data.store.journal_protocol import JournalStore


class Unreadable(msgspec.Struct, frozen=True):
    """A record that a release or a file points to, and that is damaged or not here.

    ``release`` is the id of the release at ``url``, empty for a file; ``shows`` is what the record
    showed: ``version 1``, ``last seen``, ``gone`` or ``file``. It begins at the byte ``offset`` of
    ``file``, which is empty where only its ``leaf`` is known.
    """

    release: str
    url: str
    shows: str
    leaf: int
    file: str = ""
    offset: int = 0


def restore_sightings(
    store: JournalStore, archive: Path, found: Scan, seen_in: Mapping[str, int]
) -> list[Unreadable]:
    """Keep the captures that saw releases last, known by their leaves; those that can't be read.

    One that was taken out is kept as what its leaf tells of it. Raises ArchiveError.
    """
    known = {one.leaf: one for one in captures_at(archive, found, {*seen_in.values()})}
    store.restore_sightings(
        {release: known[leaf] for release, leaf in seen_in.items() if leaf in known}
    )
    lost = {release: leaf for release, leaf in seen_in.items() if leaf not in known}
    releases = filter(None, map(store.release, lost))
    return [Unreadable(one.id, one.url, "last seen", lost[one.id]) for one in releases]


def captures_at(archive: Path, found: Scan, numbers: Collection[int]) -> Iterator[Capture]:
    """The captures of the leaves with these ``numbers``; without those whose record is lost."""
    for place, leaf in found.answers.items():
        if leaf is not None and leaf in numbers:
            yield read_record(archive, *place).capture(leaf)
    for leaf in found.removed & {*numbers}:
        told = decode_leaf(found.leaves.entry(leaf))
        yield Capture(told.record_id.urn, "", 0, 0, digest_text(told.payload), leaf, told.at)


def unreadable_captures(store: JournalStore, found: Scan) -> list[Unreadable]:
    """The captures of a store whose records are damaged or not here, by what they show."""
    # What was taken out has no file.
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
