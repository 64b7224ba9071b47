"""The events of the journal, one per decision (docs/reference/archive-format.md).

An event holds what came of a decision, not what it was made from: whoever reads it decides nothing
anew, whatever the rules of that later day are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Literal, TypeAlias

import msgspec

from data.identity.decision import Decision
from data.models import (
    Capture,
    DayDigest,
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
from data.store.recorder.outcome import JoinedStory, Outcome, Sight

FORMAT: Final = 1
"""Counts up when a reader of before would understand a record of the journal wrongly."""

JOURNAL: Final = "urn:communique:journal"
"""The WARC-Target-URI of the records of the journal."""

STORE: Final = "urn:communique:store"
"""That of the pieces of a snapshot of the store."""

FILES: Final = "urn:communique:file:"
"""How that of a file begins; its name in HOME follows."""

JSON: Final = "application/json"
TOML: Final = "application/toml"
SQLITE: Final = "application/vnd.sqlite3"


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb"):
    """One thing that was decided."""


class Snapshot(Event, frozen=True, tag="snapshot"):
    """The store as it was before the events that follow: the resource records that hold it.

    It begins the journal of a store that was there before: of an older version, or of a time in
    which the archive was off.
    """

    records: Sequence[str]
    digest: str


class Registered(Event, frozen=True, tag="register"):
    """What an institution is called."""

    source: Source


class Recorded(Event, frozen=True, tag="record"):
    """What came of a draft: data.store.recorder.outcome.Outcome.

    ``release`` is data.models.Release as it is kept, by its fields, as they are before they are
    encoded and as JSON has them after; of what it lacks, the default holds, and its
    content is that of before where it has none. ``capture`` is given where it is another than that
    of the release, and ``read_at`` where a page that was served before was read anew. ``news`` is
    that of the outcome.
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

    def outcome(self, known: Release | None) -> Outcome:
        """The outcome, for a store that holds ``known`` of the release, or nothing.

        Raises msgspec.ValidationError where the content is not known.
        """
        fields = {"aliases": (), **self.release}
        if known and "content" not in fields:
            fields["content"] = msgspec.to_builtins(known.content)
        release = msgspec.convert(fields, Release)
        is_version = known is None or release.revision > known.revision
        return Outcome(
            Decision(self.kind, release),
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


class Seen(Event, frozen=True, tag="seen"):
    """When releases were last seen as they are, by id; and in which record."""

    releases: Mapping[str, Sight]


class CameBack(Event, frozen=True, tag="mark_unchanged"):
    """A release that had been retracted is there as it was."""

    release: str
    at: dt.datetime
    capture: Capture | None = None


class Missed(Event, frozen=True, tag="mark_gone"):
    """The page of a release is gone."""

    release: str
    at: dt.datetime
    capture: Capture | None = None


class Held(Event, frozen=True, tag="hold"):
    """Releases that are gone and not retracted yet, each since when a listing lacks it."""

    releases: Mapping[str, dt.datetime | None]


class Retracted(Event, frozen=True, tag="retract"):
    """A release is retracted."""

    release: str
    at: dt.datetime
    why: str = ""


class Hidden(Event, frozen=True, tag="hide"):
    """A release is hidden from readers."""

    release: str
    at: dt.datetime
    why: str


class Unhidden(Event, frozen=True, tag="unhide"):
    """A release is shown again."""

    release: str


class Redacted(Event, frozen=True, tag="redact"):
    """The texts of a release were taken out, in all versions, for a reason.

    The journal begins again after a redaction: its snapshot of the store holds the rest.
    """

    release: str
    at: dt.datetime
    why: str


class SourceRenamed(Event, frozen=True, tag="rename_source"):
    """A source has another id."""

    old: str
    new: str


class SourceRemoved(Event, frozen=True, tag="remove_source"):
    """A source is collected no more; its releases are hidden unless they are ``kept``."""

    source: str
    at: dt.datetime
    kept: bool = False


class SourceRestored(Event, frozen=True, tag="restore_source"):
    """A source that was removed is collected again, and its releases are shown."""

    source: str


class FilesNamed(Event, frozen=True, tag="await_files"):
    """Files of releases, by address, that are to be archived."""

    source: str
    urls: Sequence[str]


class FileCaptured(Event, frozen=True, tag="file_captured"):
    """A file of a release is archived."""

    source: str
    url: str
    capture: Capture


class Relocated(Event, frozen=True, tag="relocate"):
    """Records, by id, stand at other places of the archive."""

    moved: Mapping[str, RecordPlace]


class Joined(Event, frozen=True, tag="join"):
    """A story grew by translations that no page names."""

    story: JoinedStory


class Visited(Event, frozen=True, tag="run"):
    """The report of a visit."""

    run: Run


class WalkEnded(Event, frozen=True, tag="walk"):
    """A walk along a listing came to its end."""

    source: str
    walk: Walk


class Paged(Event, frozen=True, tag="archive_page"):
    """Releases were put on an archive page of a feed."""

    feed: Facet
    page: int
    releases: Sequence[str]


class DayClosed(Event, frozen=True, tag="day"):
    """A day that is over was published."""

    digest: DayDigest


class HealthChanged(Event, frozen=True, tag="health"):
    """The health of a source changed."""

    health: HealthEvent


class Handled(Event, frozen=True, tag="handle"):
    """A person decided something of the alerts of a source, or of its visits."""

    source: str
    handling: Handling


class HandlingEnded(Event, frozen=True, tag="end_handling"):
    """That is over."""

    source: str
    kind: HandlingKind


class RhythmFound(Event, frozen=True, tag="rhythm"):
    """When a source is expected to be heard of."""

    source: str
    rhythm: SourceRhythm


class InFeeds(Event, frozen=True, tag="in_feeds"):
    """The releases that were news, up to one by id, are in the feeds since then."""

    last: str
    at: dt.datetime


class Published(Event, frozen=True, tag="publish"):
    """The site was brought up to date, or all of its files were written anew (``everything``).

    It also shows that what a record before it tells, which it does not lead back to, never came to
    be: so no site holds less or more than its journal.
    """

    at: dt.datetime
    everything: bool = False


class FileKept(Event, frozen=True, tag="file"):
    """A file of HOME has another content, or is gone where ``digest`` is empty.

    ``digest`` is the SHA-256 of the file, ``record`` the id of the resource record that holds it;
    ``secrets_cut`` says that the record lacks the secrets of its addresses.
    """

    name: str
    digest: str = ""
    record: str = ""
    secrets_cut: bool = False


AnyEvent: TypeAlias = (
    Snapshot
    | Registered
    | Recorded
    | Seen
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
    | InFeeds
    | Published
    | FileKept
)


class JournalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The block of one record: the events of one transaction, in their order.

    ``after`` is the id of the record before it that was committed, empty for the first. A record
    that the last one does not lead back to was written, but its transaction never ended.
    """

    events: Sequence[AnyEvent]
    after: str = ""
    format: int = FORMAT


RELEASE: Final = tuple(field.name for field in fields(Release))
"""What a release is told by."""

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(JournalRecord)
_events = msgspec.json.Decoder(list[AnyEvent])


def encode(record: JournalRecord) -> bytes:
    """The block of a record: JSON in UTF-8."""
    return _encode(record)


def encode_events(told: Sequence[AnyEvent]) -> bytes:
    """Events alone, for where no record of them can be written yet."""
    return _encode(told)


def decode_events(block: bytes) -> list[AnyEvent]:
    """What `encode_events` made."""
    return _events.decode(block)


def decode(block: bytes) -> JournalRecord:
    """What a block holds.

    Raises msgspec.DecodeError (and its ValidationError) where it is none, or of a later format.
    """
    record = _decoder.decode(block)
    if record.format != FORMAT:
        raise msgspec.ValidationError(
            f"it is of format {record.format}, which a newer version of Communique reads"
        )
    return record


def recorded(outcome: Outcome) -> Recorded:
    """The event of what came of a draft."""
    release = outcome.decision.release
    # Its addresses stand beside it, with all that they are known for.
    left_out = {"aliases"}
    if outcome.before and outcome.before.content == release.content:
        left_out.add("content")
    told = {name: getattr(release, name) for name in RELEASE if name not in left_out}
    return Recorded(
        kind=outcome.decision.kind,
        release={name: value for name, value in told.items() if value not in (None, "", False)},
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
