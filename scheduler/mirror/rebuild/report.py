"""Result of a rebuild: contents, missing parts, and reasons for failure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from data.archive.journal.scan import Scan
from data.archive.log.leaf import decode_leaf
from data.archive.warc.reader import read_record
from data.archive.warc.records import digest_text
from data.errors import CommuniqueError
from data.models import Capture
from data.store.core.store import Store


class NotEmpty(CommuniqueError):
    """The target folder of a rebuild is not empty."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not empty; name a new folder with --to")
        self.path = path


class NotRebuilt(CommuniqueError):
    """A rebuild failed, and left nothing behind."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path} could not be rebuilt ({cause}); no partial files were left")
        self.path = path
        self.cause = cause


class DamagedPlace(msgspec.Struct, frozen=True):
    """A place in the archive that can't be read, and the reason."""

    file: str
    offset: int
    cause: str


class Unreadable(msgspec.Struct, frozen=True):
    """A record that a release or file refers to, but that is damaged or missing.

    ``release`` is the id of the release at ``url``, empty for a file. ``shows`` is the content of
    the record: ``version 1``, ``last seen``, ``gone`` or ``file``. The record begins at the byte
    ``offset`` of ``file``, which is empty if only the ``leaf`` of the record is known.
    """

    release: str
    url: str
    shows: str
    leaf: int
    file: str = ""
    offset: int = 0


class Rebuilt(msgspec.Struct, frozen=True):
    """The sources of a rebuilt home directory, and its missing parts.

    ``records`` of the archive were read; ``journal`` of them hold decisions, and ``aside`` more
    hold decisions of abandoned branches. ``damaged`` are unreadable places, ``missing`` the ids of
    records that the journal needs, and ``releases_lost`` the ids of releases that are incomplete
    because of that. ``refused`` are events that can't be applied. ``leaves_lost`` counts leaves
    whose records are unreadable or missing, and ``unreadable`` lists their contents. ``unread`` are
    URLs of captured pages that are in no release. ``files_lost`` are missing files of the home
    directory, and ``secrets_cut`` files whose secrets are not in the archive. ``unpublished`` are
    errors of publishing the site.
    """

    home: str
    records: int
    journal: int
    aside: int
    sources: int
    releases: int
    feeds: int
    damaged: Sequence[DamagedPlace] = ()
    missing: Sequence[str] = ()
    releases_lost: Sequence[str] = ()
    leaves_lost: int = 0
    unreadable: Sequence[Unreadable] = ()
    unread: Sequence[str] = ()
    refused: Sequence[str] = ()
    files_lost: Sequence[str] = ()
    secrets_cut: Sequence[str] = ()
    unpublished: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        """Whether the rebuild is complete."""
        lacking = (self.damaged, self.missing, self.releases_lost, self.leaves_lost)
        return not any((*lacking, self.unreadable, self.refused, self.files_lost, self.unpublished))


def restore_sightings(
    store: Store, archive: Path, found: Scan, seen_in: Mapping[str, int]
) -> list[Unreadable]:
    """Store which captures saw releases last; return the captures that are lost.

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
    """Yield the captures of the leaves with these ``numbers``.

    Captures whose record is lost are omitted.
    """
    for place, leaf in found.answers.items():
        if leaf is not None and leaf in numbers:
            yield read_record(archive, *place).capture(leaf)
    for leaf in found.removed & {*numbers}:
        entry = decode_leaf(found.leaves.entry(leaf))
        yield Capture(entry.record_id.urn, "", 0, 0, digest_text(entry.payload), leaf, entry.at)


def unreadable_captures(store: Store, found: Scan) -> list[Unreadable]:
    """Return the captures of a store whose records are damaged or missing, with their contents."""
    # Removed records have no file.
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
