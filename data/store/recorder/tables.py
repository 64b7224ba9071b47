"""What the recorder asks of a database: small verbs over rows, each without a decision.

``number`` is what a database knows a release by, counted in the order of first sight; ``key`` an
address in its canonical form (data.text.urls.canonical_url).
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
    """A stored release with what only the store knows of it.

    ``gone`` is whether its address was last found gone, ``revised`` when its present version was
    first seen, in seconds since 1970.
    """

    release: Release
    number: int
    gone: bool
    revised: float
    fingerprint: bytes

    @property
    def candidate(self) -> Candidate:
        """The release as one that a draft may be."""
        return Candidate(self.release, self.gone, self.fingerprint)


class AddressOwner(NamedTuple):
    """The release that an address belongs to, and how (``aliases`` in the schema)."""

    kind: Literal["seen", "claimed", "disputed"]
    number: int


@dataclass(frozen=True, slots=True)
class StoryMember:
    """A release as far as its story goes; times are seconds since 1970."""

    number: int
    id: str
    story: str | None
    instant: float
    first_seen: float


@dataclass(frozen=True, slots=True)
class StoredText:
    """The body of a stored release as it is compared with others."""

    number: int
    source: str
    signature: Signature


class BandRow(NamedTuple):
    """A release in a band of the index of similar texts, with how many anchors it has."""

    band: int
    number: int
    anchors: int


class StoredTranslation(NamedTuple):
    """A release with a language, as its translations are looked for."""

    number: int
    language: str
    url: str
    body: str


class Tables(Protocol):
    """The verbs of a database that the recorder is written over."""

    def transaction(self) -> AbstractContextManager[object]:
        """All that is asked and written within sees and makes one state, or nothing."""

    @property
    def texts(self) -> MutableMapping[int, StoredText]:
        """Texts at hand, by number, for the recorder alone to fill.

        The database empties it as soon as its own rows may be others: another process wrote, or
        what was written was undone.
        """

    # Which release a draft is.

    def address_owner(self, source: str, key: str) -> AddressOwner | None:
        """The release of a source that an address belongs to."""

    def stored_release(self, number: int) -> StoredRelease:
        """One release."""

    def release_with_id(self, release_id: str) -> StoredRelease | None:
        """The release with an id, or None."""

    def numbers_of(self, ids: Sequence[str]) -> Sequence[int]:
        """The numbers of releases by id, in their order; what is not there is left out."""

    def with_fingerprint(
        self, source: str, fingerprint: bytes, day: str, *, limit: int
    ) -> Sequence[int]:
        """The releases of a source with that fingerprint, those of days near ``day`` first."""

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Those of some releases that are of a source and a day."""

    def newest_bodies(self, source: str, *, without: int, limit: int) -> Iterable[str | None]:
        """The bodies of the newest releases of a source, one release left out."""

    # What is written of it.

    def insert_release(self, release: Release, fingerprint: bytes) -> int:
        """Keep a new release; its number."""

    def update_release(
        self,
        number: int,
        release: Release,
        fingerprint: bytes | None,
        *,
        revised: dt.datetime | None,
        met: bool,
    ) -> None:
        """Keep a known release as it is now, with another fingerprint where one is given.

        ``revised`` is when this version was first seen, None where it is the one of before,
        and ``met`` whether a visit met it: then it is not gone.
        """

    def note_reading(self, number: int, release: Release) -> None:
        """Note that the version of a release was made by our reading alone."""

    def add_revision(self, before: StoredRelease) -> None:
        """Keep the version that a release had until now."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the mark and time of the last response or text that may be truncated.

        ``subject`` is an address or a release id.
        """

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a possibly truncated response or text for a later comparison."""

    def keep_difference(self, number: int, revision: int, steps: str) -> None:
        """Keep how a version differs from the one before; ``steps`` is empty until computed."""

    def mark_checked(self, number: int, seen: dt.datetime) -> None:
        """Note a visit that gave nothing to believe."""

    def keep_version_capture(
        self, number: int, revision: int, capture: Capture | None, *, forget: bool
    ) -> None:
        """Note the capture that showed a version first; ``forget`` what saw the one before."""

    def keep_last_capture(self, number: int, capture: Capture | None) -> None:
        """Note the capture that found a release again."""

    def add_addresses(self, source: str, number: int, urls: Mapping[str, str]) -> bool:
        """Note the addresses, by key, at which a release was seen; a seen one stays where it is.

        Says whether any is noted anew.
        """

    def claim_address(self, source: str, number: int, key: str, url: str) -> bool:
        """Note an address that a page calls its own; one that two releases claim is disputed.

        Says whether anything is noted anew.
        """

    def keep_answer(self, draft: Draft, number: int | None) -> None:
        """Keep what to ask the draft's server with, and what its page is built of."""

    def keep_skeleton(self, number: int, skeleton: bytes) -> None:
        """Keep what the page of a release is built of."""

    def file_under_topics(self, old: Release | None, new: Release) -> None:
        """Enter a release under its topics."""

    def file_under_section(self, old: Release | None, new: Release) -> None:
        """Enter a release under the section of its source, which is called what it was first."""

    def with_section_topic(self, source: str, topic: str, *, limit: int) -> Sequence[int]:
        """The releases of a source that stand in a section and are of the topic called so."""

    def label_topics(self, labels: Mapping[str, str]) -> None:
        """Keep the labels of topics by slug; one that is merely the slug replaces none."""

    def mark_dirty(self, old: Release | None, new: Release) -> None:
        """Count a release in its facets, and mark them to be published."""

    def mark_story_dirty(self, story: str) -> None:
        """Mark the facets of all the releases of a story to be published."""

    def queue_event(
        self, kind: AlertKind, at: dt.datetime, release: int, *, revision: int, backlog: bool
    ) -> None:
        """Have an event of a release held against the watches; see data.models.QueuedEvent."""

    def note_news(self, number: int, release: Release) -> None:
        """Note when a release that is news was published by its page, and seen."""

    def queue_for_search(self, number: int) -> None:
        """Have a release entered into the search index with the next batch."""

    # Who else tells it.

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """The rows (``BandRow``) of some bands."""

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Enter a release in bands."""

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Take a release out of bands."""

    def stored_text(self, number: int) -> tuple[str, str]:
        """The source and the body of a release."""

    def story_members(
        self, numbers: Collection[int], *, without_language: str = ""
    ) -> Sequence[StoryMember]:
        """Some releases as far as their stories go, those of a language left out."""

    def first_of_story(self, story: str) -> int:
        """The first published release of a story."""

    def story_size(self, story: str, source: str) -> tuple[int, int]:
        """The number of releases in a story, and of those that are of one source."""

    def join_stories(self, story: str, merged: Sequence[str], alone: Sequence[int]) -> None:
        """Put all releases of the ``merged`` stories, and those ``alone``, into a story."""

    def add_translation_links(self, source: str, number: int, keys: Sequence[str]) -> bool:
        """Note the addresses at which the page of a release says that its translations are.

        Says whether any is noted anew.
        """

    def translations_of(
        self, source: str, own: Sequence[str], named: Sequence[str]
    ) -> Collection[int]:
        """The releases whose pages name one of the ``own`` addresses, or that a named one is of."""

    def queued_days(self) -> Iterable[tuple[str, str]]:
        """The sources and days of releases to be entered for search that have several languages."""

    def stored_translations(
        self, source: str, day: str | None, *, limit: int
    ) -> Sequence[StoredTranslation]:
        """The releases with a language of a source: of a day, or the newest."""

    def languages_in_story(self, numbers: tuple[int, int]) -> Sequence[tuple[str, str]]:
        """The source and language of each of two releases and of all in a story with either."""
