"""Which captures are not shown, since they show what was taken out of the site.

That is a release that is hidden or redacted, a file of it, its text on another page, and all pages
of a source that was removed with its releases.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlsplit

from data.archive.warc.records import NO_BYTES, digest_text
from data.models import Release, Revision, Sightings
from data.store.protocol import Store
from data.text.redaction import redacted
from data.text.sites import site_of
from data.text.urls import canonical_url

MIN_PASSAGE_LENGTH: Final = 40
"""Characters of a paragraph from which on it is taken for the text of one release."""

MAX_PASSAGES: Final = 3
"""Paragraphs of each version by which its text is known on other pages."""

MAX_RELEASES: Final = 100
"""Releases at one address that are checked."""

NO_PAYLOAD: Final = digest_text(NO_BYTES)

TAG: Final = re.compile(r"<[^<>]*>")
ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|[nrt])")
"""A character, or white space, as JSON and JavaScript escape it."""


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What the releases that are hidden one by one are known by: on their sites, or anywhere."""

    addresses: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    passages: dict[str, set[str]] = field(default_factory=dict)


class Withheld:
    """Decides what is not shown, by a store; what it last read of that store is kept.

    Any thread may ask. All verbs raise StoreError.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, _Hidden] = (None, _Hidden())

    def address(self, store: Store, url: str) -> bool:
        """Whether captures of an address (as records hold it) are not shown."""
        at_address = store.find_releases(url, limit=MAX_RELEASES)
        if at_address:
            return not any(map(is_shown, at_address))
        return key_of(url) in self._hidden(store).addresses or is_of_removed(store, url)

    def capture(self, store: Store, digest: str, url: str, body: bytes) -> bool:
        """Whether a capture of another address shows what is hidden: its bytes, or its text."""
        hidden = self._hidden(store)
        if digest in hidden.digests:
            return True
        passages = hidden.passages.get(site_of(url))
        if not passages:
            return False
        text = plain(body.decode("utf-8", "replace"))
        return any(one in text for one in passages)

    def _hidden(self, store: Store) -> _Hidden:
        with self._lock:
            tag = store.last_logged_change()
            if self._known[0] != tag:
                self._known = tag, known_by(store)
            return self._known[1]


def known_by(store: Store) -> _Hidden:
    """What the releases of a store are known by that are hidden one by one."""
    addresses: set[str] = set()
    digests: set[str] = set()
    passages: dict[str, set[str]] = {}
    for release in store.hidden_alone():
        addresses.update(map(key_of, (release.url, *release.aliases)))
        digests.update(digests_of(store.sightings(release.id)))
        for version in store.revisions(release.id):
            addresses.update(map(key_of, files_of(version)))
            found = passages.setdefault(site_of(release.url), set())
            found.update(passages_of(version))
    return _Hidden(frozenset(addresses), frozenset(digests - {"", NO_PAYLOAD}), passages)


def key_of(url: str) -> str:
    """An address to compare by, as records hold it: without secrets."""
    return canonical_url(redacted(url))


def digests_of(sightings: Sightings) -> Iterator[str]:
    """The digests of the pages that show a release; the page that shows its end is not its own."""
    for one in (*sightings.versions.values(), sightings.seen):
        if one:
            yield one.digest


def files_of(version: Revision) -> Iterable[str]:
    """The addresses of the files of a version."""
    return (one.url for one in (*version.content.attachments, *version.content.images))


def passages_of(version: Revision) -> list[str]:
    """The first long paragraphs of a version, as ``plain`` gives them."""
    paragraphs = version.content.body_text.split("\n\n")
    long = (one for one in paragraphs if len(one) >= MIN_PASSAGE_LENGTH)
    return [plain(one) for one, _ in zip(long, range(MAX_PASSAGES), strict=False)]


def plain(text: str) -> str:
    """A text without tags and white space, whether it is HTML, or HTML within XML or JSON."""
    text = ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
    return "".join(TAG.sub("", unescape(unescape(text))).split())


def is_of_removed(store: Store, url: str) -> bool:
    """Whether an address is of the host of a removed source, and of no other source's."""
    removed = {one for one, told in store.removed_sources().items() if not told.kept}
    if not removed:
        return False
    host = urlsplit(url).netloc.lower()
    hosts = {source.id: urlsplit(source.url).netloc.lower() for source in store.sources().values()}
    ours = {one for one, place in hosts.items() if place == host}
    return bool(ours) and ours <= removed


def is_shown(release: Release) -> bool:
    """Whether readers see a release and its text."""
    return not release.hidden and not release.content.redacted
