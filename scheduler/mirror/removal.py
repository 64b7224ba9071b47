"""Remove records from the archive of a home directory, and update the store.

URLs in the archive lack the values of secret parameters, but the store has complete addresses. So
several pages of the store can have the same URL in the archive, and ``TextOwners`` finds the
releases and files that a record belongs to.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from data.archive.journal.removal import (
    ANSWERS,
    Stored,
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
from data.text.urls import page_key
from data.wording import OnProgress
from scheduler.home.home import Home
from scheduler.home.home_records import keep_home_files
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
            raise NothingNamed(name, is_one_of_many=home.has_fleet)
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
        urls: list[str] = []
        if source is not None:
            check_known(store, source)
            urls = [store.sources()[source].url, *(one.url for one in store.by_first_seen(source))]
        hosts = frozenset(urlsplit(url).netloc for url in urls)
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


class SharedUrl(CommuniqueError):
    """Raised if several pages have the URL of a record, and it is unknown which one is meant."""

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"several pages have the URL {uri[:200]!r} in the archive, which contains no secret "
            "parameters; give the complete address of one of them"
        )


class Owner(NamedTuple):
    """A release by its id, or a file by its address. The other field is empty."""

    release: str
    file: str


class TextOwners:
    """Finds owners of archive records. ``name`` is the address or record id to be redacted."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = page_key(name)
        self._is_address = "://" in name
        self._files: dict[str, set[str]] = defaultdict(set)
        for url in store.attachments():
            self._files[archived_key(url)].add(url)
        self._known: dict[str, Mapping[str, set[Owner]]] = {}

    def without_other_pages(self, named: Collection[Stored]) -> set[str]:
        """Return the ids of the ``named`` records, except records of other pages with their URL."""
        ids = {one.record_id: one.payload for one in named}
        mine = {
            owner
            for one in named
            for owner in self._pages_at(page_key(one.uri)).get(self._name, ())
        }
        if not mine:
            return {*ids}
        payloads: dict[bool, set[str]] = {True: set(), False: set()}
        for one in self._store.capture_owners(ids):
            is_mine = Owner(one.release, "" if one.release else one.url) in mine
            payloads[is_mine].add(ids[one.record_id])
        others = payloads[False] - payloads[True]
        return {record for record, payload in ids.items() if payload not in others}

    def owners(self, gone: Collection[Stored], named: Collection[str]) -> set[Owner]:
        """Return the releases and files that lose their texts if the records ``gone`` are removed.

        These are all owners of the records whose ids are ``named``. Of other records with the same
        bytes, only owners whose text may come from these bytes are included. Raises SharedUrl.
        """
        own = {
            Owner(one.release, "" if one.release else one.url)
            for one in self._store.capture_owners(one.record_id for one in gone)
            if one.shows != "gone"
        }
        found: set[Owner] = set()
        named_keys = {page_key(one.uri) for one in gone if one.record_id in named}
        for uri in {one.uri for one in gone if one.kind in ANSWERS}:
            pages = self._pages_at(page_key(uri))
            every = {owner for owners in pages.values() for owner in owners}
            mine = pages.get(self._name, set())
            if page_key(uri) not in named_keys:
                found |= every & own
            elif all(owners == every for owners in pages.values()):
                found |= every
            elif some := mine or (not self._is_address and every & own):
                found |= some | (every & own)
            else:
                raise SharedUrl(uri)
        return found

    def _pages_at(self, key: str) -> Mapping[str, set[Owner]]:
        """Return the owners of all pages whose canonical URL in the archive is ``key``."""
        if key not in self._known:
            pages: dict[str, set[Owner]] = defaultdict(set)
            for url, release in self._store.addresses_at_path(key):
                if archived_key(url) == key:
                    pages[page_key(url)].add(Owner(release, ""))
            for url in self._files.get(key, ()):
                pages[page_key(url)].add(Owner("", url))
            self._known[key] = pages
        return self._known[key]


def archived_key(url: str) -> str:
    """Return the canonical URL of a page as in the archive, without values of secret parameters."""
    return page_key(masked(url))
