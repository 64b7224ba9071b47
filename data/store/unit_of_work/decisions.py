"""Decisions that a store sends to its archive (docs/reference/archive-format.md).

A decision contains results, not inputs. So programs that read it later get the same result, even if
the rules have changed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Literal, TypeAlias

import msgspec

from data.identity.decision import DraftDecision
from data.models import (
    Capture,
    Content,
    DayDigest,
    DepositReceipt,
    Facet,
    Handling,
    HandlingKind,
    HealthEvent,
    RecordPlace,
    Release,
    Run,
    Source,
    SourceRhythm,
    Walk,
)
from data.store.unit_of_work.outcome import JoinedStory, RecordOutcome, Sight

RELEASE_FIELDS: Final = tuple(field.name for field in fields(Release))
"""Names of all fields of a `Release`. Journal records contain them, except aliases and unchanged
content."""


class JournalDecision(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb"):
    """Base class of the decisions that the archive's journal records."""


class Snapshot(JournalDecision, frozen=True, tag="snapshot"):
    """A snapshot of the store before the following decisions, as ids of resource records.

    Such a snapshot starts the journal of a store that already has data, from an older version or
    from the time when the archive was disabled.
    """

    records: Sequence[str]
    digest: str


class Registered(JournalDecision, frozen=True, tag="register"):
    """A source was registered under its name."""

    source: Source


class Recorded(JournalDecision, frozen=True, tag="record"):
    """The result of recording a draft: data.store.unit_of_work.outcome.RecordOutcome.

    ``release`` contains the fields of the stored data.models.Release: objects before encoding, JSON
    values after decoding. Missing fields have their defaults; missing content is unchanged.
    ``capture`` is set if it differs from the release's capture. ``read_at`` is set if an archived
    page was extracted again. ``news`` has the same meaning as in RecordOutcome.
    """

    kind: Literal["new", "changed", "unchanged"]
    release: dict[str, Any]
    fingerprint: bytes
    addresses: tuple[str, ...]
    claimed: str = ""
    editions: tuple[str, ...] = ()
    skeleton: bytes = b""
    labels: Mapping[str, str] = {}
    joined: JoinedStory | None = None
    capture: Capture | None = None
    read_at: dt.datetime | None = None
    news: bool = False

    def outcome(self, known: Release | None) -> RecordOutcome:
        """Return the outcome for a store. ``known`` is its current release, or None if it is new.

        Raises msgspec.ValidationError if the decision has no content and the release is new.
        """
        fields = {"aliases": (), **self.release}
        if known and "content" not in fields:
            fields["content"] = msgspec.to_builtins(known.content)
        release = msgspec.convert(fields, Release)
        is_version = known is None or release.revision > known.revision
        return RecordOutcome(
            DraftDecision(self.kind, release),
            known,
            self.fingerprint,
            self.addresses,
            self.claimed,
            self.editions,
            skeleton=self.skeleton,
            labels=self.labels,
            joined=self.joined,
            capture=self.capture or (release.capture if is_version else None),
            read_at=self.read_at,
            news=self.news,
        )


class Seen(JournalDecision, frozen=True, tag="seen"):
    """Releases that were seen unchanged, by id, each with the time and the archive record."""

    releases: Mapping[str, Sight]


class EarlierVersion(JournalDecision, frozen=True, tag="earlier_version"):
    """A version of a release that only a web archive captured was stored."""

    release: str
    content: Content
    capture: Capture


class CameBack(JournalDecision, frozen=True, tag="mark_unchanged"):
    """A retracted release is online again, unchanged."""

    release: str
    at: dt.datetime
    capture: Capture | None = None


class Missed(JournalDecision, frozen=True, tag="mark_gone"):
    """The page of a release is missing."""

    release: str
    at: dt.datetime
    capture: Capture | None = None


class Held(JournalDecision, frozen=True, tag="hold"):
    """The retraction of missing releases was held for review.

    Each release is stored with the time when it was first missing from a listing, if known.
    """

    releases: Mapping[str, dt.datetime | None]


class Retracted(JournalDecision, frozen=True, tag="retract"):
    """A release was retracted."""

    release: str
    at: dt.datetime
    why: str = ""


class Hidden(JournalDecision, frozen=True, tag="hide"):
    """A release was hidden from readers."""

    release: str
    at: dt.datetime
    why: str


class Unhidden(JournalDecision, frozen=True, tag="unhide"):
    """A hidden release was shown again."""

    release: str


class Redacted(JournalDecision, frozen=True, tag="redact"):
    """The text of all versions of a release was redacted, for a reason.

    After a redaction, the journal starts again with a snapshot of the remaining store.
    """

    release: str
    at: dt.datetime
    why: str


class FilesRedacted(JournalDecision, frozen=True, tag="redact_files"):
    """All records of these addresses were redacted.

    Page requisites at these addresses are not requested again. Only ``orders.jsonl`` contains this
    decision, because it does not affect the store.
    """

    urls: Sequence[str]
    at: dt.datetime
    why: str


class SourceRenamed(JournalDecision, frozen=True, tag="rename_source"):
    """A source received a new id."""

    old: str
    new: str


class SourceRemoved(JournalDecision, frozen=True, tag="remove_source"):
    """A source is no longer collected. Its releases are hidden unless they are ``kept``."""

    source: str
    at: dt.datetime
    kept: bool = False


class SourceRestored(JournalDecision, frozen=True, tag="restore_source"):
    """A removed source is collected again, and its releases are shown again."""

    source: str


class FilesNamed(JournalDecision, frozen=True, tag="await_files"):
    """Files of releases were queued for archiving. ``urls`` are the addresses of the files."""

    source: str
    urls: Sequence[str]


class FileCaptured(JournalDecision, frozen=True, tag="file_captured"):
    """A file of a release was archived."""

    source: str
    url: str
    capture: Capture


class Relocated(JournalDecision, frozen=True, tag="relocate"):
    """Archive records (by id) have new locations in the archive."""

    moved: Mapping[str, RecordPlace]


class Joined(JournalDecision, frozen=True, tag="join"):
    """Translations were added to a story although no page links them as translations."""

    story: JoinedStory


class Visited(JournalDecision, frozen=True, tag="run"):
    """The report of a visit."""

    run: Run


class WalkEnded(JournalDecision, frozen=True, tag="walk"):
    """A walk (backfill) ended: a listing was read page by page, to its end."""

    source: str
    walk: Walk


class Paged(JournalDecision, frozen=True, tag="archive_page"):
    """Releases were put on an archive page of a feed."""

    feed: Facet
    page: int
    releases: Sequence[str]


class DayClosed(JournalDecision, frozen=True, tag="day"):
    """The digest of a finished day was published for the first time."""

    digest: DayDigest


class HealthChanged(JournalDecision, frozen=True, tag="health"):
    """The health of a source changed."""

    health: HealthEvent


class Handled(JournalDecision, frozen=True, tag="handle"):
    """An operator decided about the alerts or visits of a source."""

    source: str
    handling: Handling


class HandlingEnded(JournalDecision, frozen=True, tag="end_handling"):
    """An operator's decision about the alerts or visits of a source ended."""

    source: str
    kind: HandlingKind


class RhythmFound(JournalDecision, frozen=True, tag="rhythm"):
    """The rhythm of a source was learned."""

    source: str
    rhythm: SourceRhythm


class Deposited(JournalDecision, frozen=True, tag="deposit"):
    """Another archive made a capture of a release."""

    release: str
    receipt: DepositReceipt


class InFeeds(JournalDecision, frozen=True, tag="in_feeds"):
    """All new releases up to the one with this id have been in feeds since this time."""

    last: str
    at: dt.datetime


class SitePublished(JournalDecision, frozen=True, tag="publish"):
    """The site was updated. With ``everything``, all its files were written.

    Earlier journal records outside of this record's chain were never committed, so the site and its
    journal contain the same releases.
    """

    at: dt.datetime
    everything: bool = False


class FileKept(JournalDecision, frozen=True, tag="file"):
    """A file of the home directory has new content, or was deleted if ``digest`` is empty.

    ``digest`` is the file's SHA-256 and ``record`` the id of its resource record. ``secrets_cut``
    means that the record lacks the secrets in the file's addresses.
    """

    name: str
    digest: str = ""
    record: str = ""
    secrets_cut: bool = False


AnyDecision: TypeAlias = (
    Snapshot
    | Registered
    | Recorded
    | Seen
    | EarlierVersion
    | CameBack
    | Missed
    | Held
    | Retracted
    | Hidden
    | Unhidden
    | Redacted
    | SourceRenamed
    | SourceRemoved
    | SourceRestored
    | FilesNamed
    | FileCaptured
    | Relocated
    | Joined
    | Visited
    | WalkEnded
    | Paged
    | DayClosed
    | HealthChanged
    | Handled
    | HandlingEnded
    | RhythmFound
    | Deposited
    | InFeeds
    | SitePublished
    | FileKept
)


def recorded(outcome: RecordOutcome) -> Recorded:
    """Return the decision for the outcome of recording a draft."""
    release = outcome.decision.release
    # Its addresses are separate, with everything known about them.
    left_out = {"aliases"}
    if outcome.before and outcome.before.content == release.content:
        left_out.add("content")
    values = {name: getattr(release, name) for name in RELEASE_FIELDS if name not in left_out}
    return Recorded(
        kind=outcome.decision.kind,
        release={name: value for name, value in values.items() if value not in (None, "", False)},
        fingerprint=outcome.fingerprint,
        addresses=outcome.addresses,
        claimed=outcome.claimed,
        editions=outcome.editions,
        skeleton=outcome.skeleton,
        labels=outcome.labels,
        joined=outcome.joined,
        capture=outcome.capture if outcome.capture != release.capture else None,
        read_at=outcome.read_at,
        news=outcome.news,
    )
