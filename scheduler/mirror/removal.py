"""Remove records from the archive of a home directory, and update the store."""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

import msgspec

from data.archive.journal.removal import (
    ANSWERS,
    named,
    of_renditions,
    of_texts,
    older,
    stored_records,
    take_out,
    with_same_bytes,
)
from data.archive.warc.reader import Damage
from data.clock import utc_now
from data.errors import CommuniqueError
from data.sqlite_file import delete_file
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.text.masking import masked
from data.wording import OnProgress
from scheduler.home.archived_files import keep_home_files
from scheduler.home.home import Home
from scheduler.mirror.text_owners import TextOwners
from scheduler.sources.known_names import check_known


class NothingNamed(CommuniqueError):
    """Raised if the archive has no record with the given id or URL.

    If ``is_one_of_many`` is true, another machine may have the record.
    """

    def __init__(self, name: str, *, is_one_of_many: bool) -> None:
        elsewhere = (
            "; each machine has its own archive, so run this command on all workers"
            if is_one_of_many
            else ""
        )
        super().__init__(
            f"no record in the archive has the id or URL {masked(name)[:200]!r}; "
            f"`communique show RELEASE --provenance` shows ids of records{elsewhere}"
        )
        self.name = name


class RemovedRecords(msgspec.Struct, frozen=True):
    """Numbers of removed records and bytes, and the ids of redacted ``releases``.

    ``damaged`` lists unreadable parts of the archive, with reasons. They are not removed, and may
    contain data that should be removed.
    """

    records: int
    bytes: int
    releases: Sequence[str] = ()
    damaged: Sequence[str] = ()


def redact(
    home: Home, name: str, why: str, *, dry_run: bool, on_progress: OnProgress
) -> RemovedRecords:
    """Remove a record by its id or URL, all records with the same bytes, and their texts.

    Raises NothingNamed if there is no such record, SharedUrl if it may belong to several pages, and
    StoreError if the store fails. Raises ArchiveError if another process writes to the archive, or
    if the key of the log is missing.
    """
    damages: list[Damage] = []
    with closing(home.open_archive()) as archive, closing(home.plain_store()) as store:
        if not dry_run:
            archive.finish()
        records = stored_records(home.archive, on_progress, damages.append)
        damaged = [f"{one.file}: byte {one.offset}: {one.cause}" for one in damages]
        ids = named(records, name)
        texts = TextOwners(store, name)
        ids = texts.without_other_pages([one for one in records if one.record_id in ids])
        gone = with_same_bytes(records, ids)
        gone += of_renditions(records, gone)
        if not gone:
            raise NothingNamed(name, is_one_of_many=not home.has_all_records)
        owners = texts.owners(gone, ids)
        releases = sorted({one.release for one in owners} - {""})
        if dry_run:
            gone += of_texts(home.archive, records, releases) if releases else []
            return RemovedRecords(len(gone), sum(one.length for one in gone), releases, damaged)
        # Without the key, the log could not record the removal before it happens.
        archive.log.key()
        now = utc_now()
        with store.transaction():
            given = [decisions.Redacted(release, now, why) for release in releases]
            forgotten = store.forget_texts_of_files(sorted({one.file for one in owners} - {""}))
            restarts = bool(releases or forgotten)
            for release in releases:
                store.redact(release, at=now, why=why)
            if restarts:
                # The journal also contains the texts. It is restarted with a snapshot of the store.
                store.forget_journal()
            addresses = sorted({one.uri for one in gone if one.kind in ANSWERS})
            home.orders.keep(store, [*given, decisions.FilesRedacted(addresses, now, why)])
        if restarts:
            store.overwrite_free_space()
            gone = [*gone, *of_texts(home.archive, records, releases)]
        # A journal that continues needs the new locations. A snapshot contains them.
        with closing(home.plain_store() if restarts else home.store(archive=archive)) as moving:
            captures = [*moving.captured()]
            done = take_out(archive, ("redact", why), gone, captures, moving.relocate_captures)
    if restarts:
        # The cache contains rendered texts.
        delete_file(home.path / "rendered.db")
        begin_journal(home, given)
        with closing(home.store()) as store:
            store.update_search_index()
    return RemovedRecords(done.records, done.bytes, releases, damaged)


def prune(
    home: Home, days: int, source: str | None, *, dry_run: bool, on_progress: OnProgress
) -> RemovedRecords:
    """Remove responses that are older than ``days``, from one source or from all sources.

    Raises UnknownSource, StoreError, and ArchiveError if another process writes to the archive.
    """
    before = utc_now() - dt.timedelta(days=days)
    damages: list[Damage] = []
    with closing(home.open_archive()) as archive, closing(home.store(archive=archive)) as store:
        hosts = frozenset() if source is None else hosts_of(store, source)
        if not dry_run:
            archive.finish()
        records = stored_records(home.archive, on_progress, damages.append)
        damaged = [f"{one.file}: byte {one.offset}: {one.cause}" for one in damages]
        gone = older(records, before, hosts)
        if dry_run:
            return RemovedRecords(len(gone), sum(one.length for one in gone), damaged=damaged)
        # Without the key, the log could not record the removal before it happens.
        archive.log.key()
        why = f"older than {days} days"
        captures = [*store.captured()]
        done = take_out(archive, ("prune", why), gone, captures, store.relocate_captures)
    return RemovedRecords(done.records, done.bytes, damaged=damaged)


def hosts_of(store: Store, source: str) -> frozenset[str]:
    """Return the hosts of a source and of its releases. Raises UnknownSource."""
    check_known(store, source)
    urls = [store.sources()[source].url, *(one.url for one in store.by_first_seen(source))]
    return frozenset(urlsplit(url).netloc for url in urls)


def begin_journal(home: Home, given: Sequence[decisions.Redacted] = ()) -> None:
    """Restart the journal of a store with a snapshot of the store and the given redactions."""
    with closing(home.store()) as store, closing(home.plain_store()) as plain:
        if plain.journal_end() or not home.settings.archive.enabled:
            return
        # Before any event, a snapshot of the store is archived.
        keep_home_files(home, store)
        if given:
            store.note_redactions(given)
        if not plain.journal_end():
            store.hold({})
