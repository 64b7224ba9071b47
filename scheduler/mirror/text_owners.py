"""Find the releases and files that records of the archive belong to.

URLs in the archive lack the values of secret parameters, but the store has complete addresses. So
several pages of the store can have the same URL in the archive.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from data.archive.journal.removal import ANSWERS, Stored
from data.errors import CommuniqueError
from data.store.core.store import Store
from data.text.masking import masked
from data.text.urls import page_key


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
