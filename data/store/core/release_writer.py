"""Write a recorded release and all rows that depend on it."""

import datetime as dt
from typing import Final

import msgspec

from data.models import Release
from data.revisions.stored_difference import encode_difference
from data.store.shared_sql.recording import Tables
from data.store.shared_sql.rows import StoredRelease
from data.store.unit_of_work.outcome import RecordOutcome
from data.text.urls import canonical_url

MAX_COMPARED_CHARACTERS: Final = 100_000
"""Maximum total length in characters of two versions that are compared while a release is recorded.
"""

_encode = msgspec.json.Encoder().encode


class ReleaseWriter:
    """Writes releases with their archive records and addresses, within one transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def write(
        self,
        outcome: RecordOutcome,
        known: StoredRelease | None,
        *,
        seen: dt.datetime | None = None,
        backlog: bool = False,
    ) -> tuple[int, bool]:
        """Write a release and all data that depends on it.

        Returns the number of the release, and whether its readers see a change. ``seen`` is the
        time for alerts, or None if no alert is sent.
        """
        release, tables = outcome.decision.release, self._tables
        old = known.release if known else None
        shown = old is None or _shown(release) != _shown(old)
        if known is None or old is None:
            number = tables.insert_release(release, outcome.fingerprint)
        else:
            number = known.number
            revised = release.revision > old.revision
            if revised:
                tables.add_revision(known)
            is_same = (release.content, release.digest) == (old.content, old.digest)
            fingerprint = None if is_same else outcome.fingerprint
            at = (outcome.read_at or release.updated) if revised else None
            met = outcome.read_at is None
            tables.update_release(number, release, fingerprint, revised=at, met=met, shown=shown)
            if revised and release.reread:
                tables.note_reading(number, release)
            if release.revision > 1 and release.content != old.content:
                contents = (old.content, release.content)
                length = sum(len(one.title) + len(one.body_text) for one in contents)
                # Differences between long texts are computed later, because other writers wait.
                is_short = revised and length <= MAX_COMPARED_CHARACTERS
                steps = encode_difference(*contents) if is_short else ""
                tables.keep_difference(number, release.revision, steps)
        files = release.content.attachments
        if files != (old.content.attachments if old else ()):
            tables.link_files(number, (one.url for one in files), is_new=old is None)
        if old is None or _filed(release) != _filed(old):
            tables.file_under_topics(old, release)
            tables.file_under_section(old, release)
            tables.label_topics(outcome.labels)
        if shown:
            tables.mark_dirty(number, old, release, seen=seen, backlog=backlog)
        if outcome.news:
            tables.note_news(number, release)
        return number, shown

    def note_capture(
        self, number: int, outcome: RecordOutcome, known: StoredRelease | None
    ) -> None:
        """Store the archive record of a release, for a new version or as the last sighting."""
        revision, capture = outcome.decision.release.revision, outcome.capture
        is_version = known is None or revision > known.release.revision
        if is_version and revision > 1 and outcome.read_at is None:
            self._tables.forget_last_capture(number)
        if capture and is_version:
            self._tables.keep_capture(number, "version", revision, capture)
        elif capture and outcome.read_at is None:
            self._tables.keep_capture(number, "seen", 0, capture)

    def note_addresses(self, number: int, outcome: RecordOutcome, *, is_published: bool) -> bool:
        """Store the addresses of a release and return whether any of them is new.

        New addresses are visible to readers, so an event is recorded, unless another event of the
        release was already recorded (``is_published``).
        """
        release, tables = outcome.decision.release, self._tables
        source = release.source
        urls = {canonical_url(url): url for url in outcome.addresses}
        noted = tables.add_addresses(source, number, urls)
        if noted and not is_published:
            tables.mark_updated(number)
        if outcome.claimed and (key := canonical_url(outcome.claimed)) not in urls:
            noted |= tables.claim_address(source, number, key, outcome.claimed)
        if outcome.editions:
            noted |= tables.add_translation_links(source, number, outcome.editions)
        if noted and not is_published:
            tables.forget(number, release.source, release.day)
        return noted


def _shown(release: Release) -> bytes:
    """Encode all properties of a release that readers see.

    A change of other properties does not publish the release again.
    """
    return _encode(
        (
            *(release.url, release.content, release.updated, release.retracted),
            *(release.story, release.order),
        )
    )


def _filed(release: Release) -> tuple[tuple[str, ...], str | None, dt.datetime]:
    """Return the topics, section and order of a release, which determine its position in feeds."""
    return release.content.topics, release.content.section, release.order
