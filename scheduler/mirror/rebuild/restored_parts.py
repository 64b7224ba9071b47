"""Parts of a lost home directory that its archive restores, and the parts that are missing.

``JournalReader`` reads decisions, the snapshot of the store, and removal orders from the journal.
Captures and the texts of attachments are restored from other records. ``Rebuilt`` is the report.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from data.archive.journal.journal import decode_journal_record
from data.archive.journal.orders import OF_RELEASES, Orders, obey
from data.archive.journal.scan import JournalEntry, Scan
from data.archive.log.leaves import decode_leaf
from data.archive.warc.index import Index
from data.archive.warc.reader import Damage, read_record
from data.archive.warc.records import digest_text
from data.errors import ArchiveError
from data.models import Capture, FileText
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.text.masking import masked
from scheduler.home.home import Home
from spiders.attachments.read import read_attachment
from spiders.crawl.drafts.release_files import FileKinds
from spiders.sources.source_file import load_sources
from spiders.stored.stored_pages import PageCaptures


class Unreadable(msgspec.Struct, frozen=True):
    """A damaged or missing record to which a release or file refers.

    ``release`` is the id of the release at ``url``, empty for a file. ``shows`` describes the
    content of the record: ``version 1``, ``last seen``, ``gone`` or ``file``. The record begins at
    the byte ``offset`` of ``file``. If only the ``leaf`` of the record is known, ``file`` is empty.
    """

    release: str
    url: str
    shows: str
    leaf: int
    file: str = ""
    offset: int = 0


class DamagedPlace(msgspec.Struct, frozen=True):
    """An unreadable part of the archive, and the reason."""

    file: str
    offset: int
    cause: str


class Rebuilt(msgspec.Struct, frozen=True):
    """The sources of a rebuilt home directory, and its missing parts.

    ``records`` is the number of records that were read. ``journal`` is the number of these records
    with decisions, and ``aside`` the number of further records with decisions of abandoned
    branches. ``damaged`` lists unreadable parts, ``missing`` the ids of records that the journal
    requires, and ``releases_lost`` the ids of releases that are therefore incomplete. ``refused``
    lists decisions that can't be applied. ``leaves_lost`` is the number of leaves whose records are
    unreadable or missing, and ``unreadable`` describes these records. ``unread`` lists URLs of
    captured pages that are in no release. ``files_lost`` lists missing files of the home directory,
    and ``secrets_cut`` files whose secrets are not in the archive. ``unpublished`` lists errors
    from publishing the site.
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
        """Return whether the rebuild is complete."""
        lacking = (self.damaged, self.missing, self.releases_lost, self.leaves_lost)
        return not any((*lacking, self.unreadable, self.refused, self.files_lost, self.unpublished))


class JournalReader:
    """The journal that a scan found in the folder ``archive``.

    Unreadable records are added to the list ``damaged``.
    """

    def __init__(self, archive: Path, found: Scan, damaged: list[Damage]) -> None:
        self._archive = archive
        self._found = found
        self._damaged = damaged

    def write_snapshot(self, path: Path) -> int:
        """Write the last snapshot of the store to ``path``, and return how many entries it covers.

        If the snapshot or a part of it is missing, return 0 and create no file.
        """
        if self._found.snapshot < 0:
            return 0
        (entry,) = self._found.history.entries[self._found.snapshot : self._found.snapshot + 1]
        for _, made in self.read([entry]):
            for decision in made:
                if isinstance(decision, decisions.Snapshot) and self._assembled(decision, path):
                    return self._found.snapshot
        path.unlink(missing_ok=True)
        return 0

    def read(
        self, entries: Iterable[JournalEntry]
    ) -> Iterator[tuple[JournalEntry, Sequence[decisions.AnyDecision]]]:
        """Yield each entry with its decisions. An unreadable entry has no decisions."""
        for entry in entries:
            block = self.block(entry.file, entry.offset)
            yield entry, decode_journal_record(block).decisions if block else ()

    def file(self, record_id: str) -> bytes | None:
        """Return the file in a resource record, or None if the record is missing or damaged."""
        place = self._found.files.get(record_id)
        return self.block(place.file, place.offset) if place else None

    def block(self, file: str, offset: int) -> bytes | None:
        """Return the block of the record at an offset of a file, or None if it is unreadable."""
        try:
            return read_record(self._archive, file, offset).block
        except ArchiveError as error:
            self._damaged.append(Damage(file, offset, error.cause))
            return None

    def _assembled(self, snapshot: decisions.Snapshot, path: Path) -> bool:
        """Join the parts of a snapshot into a file. Returns whether all parts were found."""
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for record in snapshot.records:
                piece = self.file(record)
                if piece is None:
                    self._damaged.append(Damage(record, 0, "a part of the store is missing"))
                    return False
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest() == snapshot.digest


def apply_orders(store: Store, found: Scan, reader: JournalReader, archive: Path) -> None:
    """Apply the removal orders in an archive to a rebuilt store, except orders that were undone.

    Removal orders are in their own file and in every branch of the journal. A branch begins when a
    store that is older than its archive is used again. Raises ArchiveError or StoreError if the
    archive or the store fails.
    """
    kept = Orders(archive).read()
    orders = sorted([*found.orders, *kept], key=lambda order: order.at)
    named = {one.decision.release for one in orders if isinstance(one.decision, OF_RELEASES)}
    lacking = {release for release in named if store.release(release) is None}
    recorded = {}
    if lacking:
        for _, made in reader.read(found.history.aside):
            for decision in made:
                if isinstance(decision, decisions.Recorded) and "content" in decision.release:
                    recorded[str(decision.release["id"])] = decision
    with store.transaction():
        obey(store, orders, {name: recorded[name] for name in lacking & recorded.keys()})
        for order in kept:
            store.keep_order(order.id)


def restore_sightings(
    store: Store, archive: Path, found: Scan, seen_in: Mapping[str, int]
) -> list[Unreadable]:
    """Store the captures in which releases were last seen, and return the lost captures.

    ``seen_in`` maps releases to the leaves of these captures. For a removed capture, only the data
    in its leaf are stored. Raises ArchiveError if the log can't be read.
    """
    leaves = {*seen_in.values()}
    known = {
        leaf: read_record(archive, *place).capture(leaf)
        for place, leaf in found.answers.items()
        if leaf in leaves and leaf is not None
    }
    for leaf in found.removed & leaves:
        entry = decode_leaf(found.leaves.entry(leaf))
        digest = digest_text(entry.payload)
        known[leaf] = Capture(entry.record_id.urn, "", 0, 0, digest, leaf, entry.at)
    store.restore_sightings(
        {release: known[leaf] for release, leaf in seen_in.items() if leaf in known}
    )
    lost = {release: leaf for release, leaf in seen_in.items() if leaf not in known}
    releases = filter(None, map(store.release, lost))
    return [Unreadable(one.id, one.url, "last seen", lost[one.id]) for one in releases]


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


def restore_attachment_texts(home: Home, store: Store) -> None:
    """Restore the texts of attachments that the lost store had, by extracting them again.

    Scans are recognized if the settings or the source file select this, with the programs of this
    machine. Removed and damaged records are omitted.
    """
    sources, _ = load_sources(home.sources)
    settings = home.settings
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, settings.network.max_bytes)
        for (source, url), digests in store.missing_file_texts().items():
            kind = settings.archive.attachment_text
            if loaded := sources.get(source):
                kind = FileKinds.wanted(loaded.file, settings.archive).text
            languages = (*store.languages_of_file(url),) or ("en",) if kind == "scans" else ()
            texts: dict[str, FileText] = {}
            for answer in reversed([*captures.answers(masked(url))]):
                digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
                if digest in digests:
                    texts[digest] = read_attachment(answer.body, languages)
            store.restore_file_texts(url, texts)
