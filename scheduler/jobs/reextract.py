"""Reads the pages in the archive anew, by the rules of today and without the network."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final, cast

import msgspec

from data.archive.content_coding import Undecodable
from data.archive.served import served
from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import ArchiveError
from data.identity.decision import read_anew
from data.models import Capture, Content, Draft, Release
from data.store.protocol import Store
from data.text.urls import canonical_url
from data.topics.assign import filed
from data.topics.taxonomy import Taxonomy, load_taxonomy
from scheduler.home import Home
from spiders.crawl.page_errors import NotARelease
from spiders.crawl.visit import Visit
from spiders.download.documents import is_pdf, read_document
from spiders.items import Listing, ListingItem
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource

FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "published": "published",
    "language": "language",
    "section": "section",
    "topics": "topics",
    "publisher": "publisher",
    "author": "author",
    "summary": "summary",
    "body": "body_text",
    "images": "images",
    "attachments": "attachments",
}
"""The fields that are told, by what they are called in a content."""


class Reread(msgspec.Struct, frozen=True):
    """A release that is read otherwise than it is stored, or can't be read: ``error`` says why.

    ``gained`` are fields that it had none of, ``lost`` those that the page does not give any more
    (what is stored stays), ``changed`` those that are others. ``revision`` is the one that this
    made, or would make; 0 where readers would not care.
    """

    id: str
    url: str
    title: str
    gained: Sequence[str] = ()
    lost: Sequence[str] = ()
    changed: Sequence[str] = ()
    revision: int = 0
    error: str = ""


class Reextraction(msgspec.Struct, frozen=True):
    """What became of releases that were read anew.

    ``read`` were, ``unarchived`` have no page in the archive, ``without_file`` no source file.
    ``releases`` are those that are read otherwise, or could not be read.
    """

    read: int
    unarchived: int
    without_file: int
    releases: Sequence[Reread]

    @property
    def failed(self) -> int:
        """How many could not be read."""
        return sum(bool(one.error) for one in self.releases)


def reextract(
    home: Home,
    sources: Mapping[str, LoadedSource],
    *,
    source: str | None = None,
    since: dt.date | None = None,
    dry: bool = False,
    told: Callable[[str, int, int], None] | None = None,
) -> Reextraction:
    """Read releases anew, of a source and published since a day, and keep what is read better.

    With ``dry`` nothing is written. ``told`` is called with what is done, how much of it, and how
    much there is. Raises StoreError, HomeInUse where a visit to one of the sources is under way.
    """
    store = home.plain_store() if dry else home.store()
    tell = told or (lambda _what, _done, _of: None)
    found = [*store.by_first_seen(source, since=since)]
    readers: dict[str, ArchivedPages] = {}
    changes: list[Reread] = []
    read = unarchived = without_file = 0
    with ExitStack() as stack:
        stack.callback(store.close)
        index = Index(home.archive)
        stack.callback(index.close)
        taxonomy = load_taxonomy(home.topics)
        for number, release in enumerate(found):
            tell("releases", number, len(found))
            # What was removed by order has no place any more.
            if release.capture is None or not release.capture.file:
                unarchived += 1
                continue
            if release.source not in sources:
                without_file += 1
                continue
            if release.source not in readers:
                if not dry:
                    lock = home.lock(f"source-{release.source}", "reading pages anew")
                    stack.enter_context(lock)
                loaded = sources[release.source]
                readers[release.source] = ArchivedPages(home, store, index, loaded, taxonomy)
            read += 1
            change = _reread(readers[release.source], release, store, dry=dry)
            if change:
                changes.append(change)
        tell("releases", len(found), len(found))
        if not dry:
            store.update_search_index()
    return Reextraction(read, unarchived, without_file, changes)


def _reread(reader: ArchivedPages, release: Release, store: Store, *, dry: bool) -> Reread | None:
    """Read one release anew; None where it reads as it is stored."""
    try:
        draft, labels = reader.draft(release)
    except (ArchiveError, Undecodable, NotARelease) as error:
        return Reread(release.id, release.url, release.content.title, error=str(error))
    decision = read_anew(draft, release)
    gained, lost, changed = differences(release.content, draft.content, decision.release.content)
    if decision.release == release and not lost:
        return None
    if not dry and decision.release != release:
        store.read_anew(release.id, draft, at=utc_now(), labels=labels)
    return Reread(
        release.id,
        release.url,
        decision.release.content.title,
        gained,
        lost,
        changed,
        decision.release.revision if decision.kind == "changed" else 0,
    )


class ArchivedPages:
    """Reads the archived pages of one source as a visit would today."""

    def __init__(
        self, home: Home, store: Store, index: Index, loaded: LoadedSource, taxonomy: Taxonomy
    ) -> None:
        self._home = home
        self._index = index
        self._file = loaded.file
        self._taxonomy = taxonomy
        # What is learned here of layouts is for this run alone.
        memory = cast("Store", Unlearning(store))
        self._visit = Visit(loaded, memory, taxonomy, home.settings.collect)
        self._listed = {canonical_url(item.url): item for item in items(store.listings(loaded.id))}

    def draft(self, release: Release) -> tuple[Draft, Mapping[str, str]]:
        """The draft of a release by today's rules, and the labels of its topics.

        Raises ArchiveError, Undecodable, NotARelease.
        """
        capture = cast("Capture", release.capture)
        page = self._page(release, capture)
        draft = self._visit.draft(
            page, aliases=(), item=self._item(release), validator=None, capture=capture
        )
        return filed(draft, self._file.topics, self._taxonomy)

    def _page(self, release: Release, capture: Capture) -> Page:
        limit = self._home.settings.network.max_bytes
        answer = served(self._home.archive, self._index, capture.file, capture.offset, limit)
        document = asyncio.run(read_document(answer.body)) if is_pdf(answer.body) else None
        return Page(release.url, answer.body, answer.content_type, document)

    def _item(self, release: Release) -> ListingItem | None:
        """What a listing said of a release, as far as that is known; or what is stored of it."""
        known = (self._listed.get(canonical_url(url)) for url in (release.url, *release.aliases))
        return next((item for item in known if item), None) or self._visit.stored.as_listed(
            release.url
        )


class Unlearning:
    """The verbs of a store, without those by which a visit remembers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        """All other verbs are those of the store."""
        return getattr(self._store, name)

    def register(self, source: object) -> None:
        """Keep nothing."""

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep nothing."""

    def forget_template(self, source: str, layout: str) -> None:
        """Keep nothing."""


def items(listings: Iterator[str]) -> Iterator[ListingItem]:
    """What pages that list releases said of each."""
    for text in listings:
        try:
            yield from msgspec.json.decode(text, type=Listing).items
        except msgspec.DecodeError:
            # Another version of ours wrote it.
            continue


def differences(
    old: Content, new: Content, kept: Content
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The fields that a content gained, lost (so ``kept`` has the old), and has otherwise."""
    gained, lost, changed = [], [], []
    for name, attribute in FIELDS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if name == "published":
            # A date that was known stays, whatever is read now.
            dated = old.published is not None and old.published.precision != "none"
            if after and not dated:
                gained.append(name)
        elif before == after:
            continue
        elif not before:
            gained.append(name)
        elif getattr(kept, attribute) == before:
            lost.append(name)
        else:
            changed.append(name)
    return tuple(gained), tuple(lost), tuple(changed)
