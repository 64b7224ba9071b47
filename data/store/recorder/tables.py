"""Protocol of the database for the recorder: small methods over rows, without decisions.

``number`` is the database's number of a release, counted in the order of first sight. ``key`` is
the canonical form of an address (data.text.urls.canonical_url).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from data.identity.matching import Candidate
from data.models import AlertKind, Capture, Draft, Release
from data.text.similarity import Signature


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A stored release with fields that only the store has.

    ``gone`` is whether its address was gone at the last visit. ``revised`` is the time when its
    present version was first seen, in seconds since 1970.
    """

    release: Release
    number: int
    gone: bool
    revised: float
    fingerprint: bytes

    @property
    def candidate(self) -> Candidate:
        """Return the release as a candidate for matching a draft."""
        return Candidate(self.release, self.gone, self.fingerprint)


class AddressOwner(NamedTuple):
    """The release that an address belongs to, and the kind of relation (see table ``aliases``)."""

    kind: Literal["seen", "claimed", "disputed"]
    number: int


@dataclass(frozen=True, slots=True)
class StoryMember:
    """The data of a release that stories need; times are seconds since 1970."""

    number: int
    id: str
    story: str | None
    instant: float
    first_seen: float


@dataclass(frozen=True, slots=True)
class StoredText:
    """The body of a stored release, prepared for comparison."""

    number: int
    source: str
    signature: Signature


class BandRow(NamedTuple):
    """A release in a band of the index of similar texts, with its number of anchors."""

    band: int
    number: int
    anchors: int


class StoredTranslation(NamedTuple):
    """A release with a language, as a candidate for a translation."""

    number: int
    language: str
    url: str
    body: str


class Tables(Protocol):
    """The database methods that the recorder needs."""

    def transaction(self) -> AbstractContextManager[object]:
        """Run the reads and writes within the block in one transaction, or undo all of them."""

    @property
    def texts(self) -> MutableMapping[int, StoredText]:
        """Return the cache of texts by release number; only the recorder fills it.

        The database empties the cache when its rows may have changed: another process wrote, or
        writes were undone.
        """

    # Match.

    def address_owner(self, source: str, key: str) -> AddressOwner | None:
        """Return the release of a source that an address belongs to, or None."""

    def stored_release(self, number: int) -> StoredRelease:
        """Return a stored release by its number."""

    def release_with_id(self, release_id: str) -> StoredRelease | None:
        """Return the stored release with an id, or None."""

    def numbers_of(self, ids: Sequence[str]) -> Sequence[int]:
        """Return the numbers of releases by id, in the order given; unknown ids are left out."""

    def with_fingerprint(
        self, source: str, fingerprint: bytes, day: str, *, limit: int
    ) -> Sequence[int]:
        """Return the numbers of a source's releases with this fingerprint.

        Releases of days near ``day`` come first.
        """

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Return those release numbers that belong to a source and day."""

    def newest_bodies(self, source: str, *, without: int, limit: int) -> Iterable[str | None]:
        """Return the bodies of a source's newest releases.

        The release ``without`` is left out.
        """

    # Write.

    def insert_release(self, release: Release, fingerprint: bytes) -> int:
        """Store a new release and return its number."""

    def update_release(
        self,
        number: int,
        release: Release,
        fingerprint: bytes | None,
        *,
        revised: dt.datetime | None,
        met: bool,
    ) -> None:
        """Update a stored release; a fingerprint of None keeps the earlier one.

        ``revised`` is the time when this version was first seen, or None if the version is not new.
        If a visit ``met`` the release, it is no longer marked as gone.
        """

    def note_reading(self, number: int, release: Release) -> None:
        """Record that a version was created only by re-extraction, not by its publisher."""

    def add_revision(self, before: StoredRelease) -> None:
        """Store the earlier version of a release as a revision."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the mark and time of the last response or text that may be truncated.

        ``subject`` is an address or a release id.
        """

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a possibly truncated response or text for a later comparison."""

    def keep_difference(self, number: int, revision: int, steps: str) -> None:
        """Store the difference of a version from the one before.

        If ``steps`` is empty, the difference is computed later.
        """

    def mark_checked(self, number: int, seen: dt.datetime) -> None:
        """Record a visit whose result was rejected."""

    def keep_version_capture(
        self, number: int, revision: int, capture: Capture | None, *, forget: bool
    ) -> None:
        """Store the first capture of a version.

        ``forget`` deletes the last capture of the version before.
        """

    def keep_last_capture(self, number: int, capture: Capture | None) -> None:
        """Store the capture that last showed a release."""

    def add_addresses(self, source: str, number: int, urls: Mapping[str, str]) -> bool:
        """Store the addresses, by key, at which a release was seen.

        Return whether any is new. An address that belongs to another release is not moved.
        """

    def claim_address(self, source: str, number: int, key: str, url: str) -> bool:
        """Store the canonical address that a page declares and return whether anything is new.

        An address that two releases declare becomes disputed.
        """

    def keep_answer(self, draft: Draft, number: int | None) -> None:
        """Store the cache validators of a draft's response and the sketch of its page."""

    def keep_skeleton(self, number: int, skeleton: bytes) -> None:
        """Store the sketch of a release page's structure."""

    def file_under_topics(self, old: Release | None, new: Release) -> None:
        """Add a release to its topics."""

    def file_under_section(self, old: Release | None, new: Release) -> None:
        """Add a release to its source's section; the section keeps its first label."""

    def with_section_topic(self, source: str, topic: str, *, limit: int) -> Sequence[int]:
        """Return the numbers of a source's releases whose section and topic both have this slug."""

    def label_topics(self, labels: Mapping[str, str]) -> None:
        """Store labels of topics by slug; a label that equals its slug doesn't replace another."""

    def mark_dirty(self, old: Release | None, new: Release) -> None:
        """Count a release in its facets and mark these for publishing."""

    def mark_story_dirty(self, story: str) -> None:
        """Mark the facets of all releases of a story for publishing."""

    def queue_event(
        self, kind: AlertKind, at: dt.datetime, release: int, *, revision: int, backlog: bool
    ) -> None:
        """Queue an event of a release for matching with watches (see data.models.QueuedEvent)."""

    def note_news(self, number: int, release: Release) -> None:
        """Store when a news release was published, according to its page, and when it was seen."""

    def queue_for_search(self, number: int) -> None:
        """Queue a release for the next batch of the search index."""

    # Join stories.

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the rows of these bands; each row contains the fields of a ``BandRow``."""

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release to bands of the index of similar texts."""

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""

    def stored_text(self, number: int) -> tuple[str, str]:
        """Return the source and body of a release."""

    def story_members(
        self, numbers: Collection[int], *, without_language: str = ""
    ) -> Sequence[StoryMember]:
        """Return the story data of these releases, except those in ``without_language``."""

    def first_of_story(self, story: str) -> int:
        """Return the number of the first published release in a story."""

    def story_size(self, story: str, source: str) -> tuple[int, int]:
        """Return the number of releases in a story, in total and of one source."""

    def join_stories(self, story: str, merged: Sequence[str], alone: Sequence[int]) -> None:
        """Move all releases of the ``merged`` stories and the releases ``alone`` into a story."""

    def add_translation_links(self, source: str, number: int, keys: Sequence[str]) -> bool:
        """Store the addresses that a release's page links as its translations.

        Return whether any is new.
        """

    def translations_of(
        self, source: str, own: Sequence[str], named: Sequence[str]
    ) -> Collection[int]:
        """Return the numbers of releases that are translations according to their pages.

        Their pages link one of the ``own`` addresses, or a ``named`` address belongs to them.
        """

    def queued_days(self) -> Iterable[tuple[str, str]]:
        """Yield sources and days with releases in several languages that are queued for search."""

    def stored_translations(
        self, source: str, day: str | None, *, limit: int
    ) -> Sequence[StoredTranslation]:
        """Return releases of a source that have a language: those of a day, or the newest."""

    def languages_in_story(self, numbers: tuple[int, int]) -> Sequence[tuple[str, str]]:
        """Return source and language of two releases and of all in a story with either of them."""
