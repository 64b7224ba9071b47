"""Between the store's rows and the values that cross room borders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from data.clock import EPOCH, MICROSECOND
from data.models import BACKLOG, Capture, Content, HealthEvent, Release, Revision, Run
from data.models.release import REDACTED
from data.store.recorder.tables import StoredRelease

SHOWN: Final = "shown_releases"
"""The view of what readers see."""


def redacted_row(table: str) -> str:
    """SQL for whether a row of releases was redacted, as ``Content.redacted`` decides.

    Nothing that a page contained has an empty fingerprint.
    """
    return f"({table}.title = '{REDACTED}' AND length({table}.fingerprint) = 0)"


EVERY: Final = 1 << 62
"""A limit that is none."""

CAPTURE_COLUMNS: Final = 'record_id, file, "offset", length, digest, leaf, at'


def version_columns(release: str, revision: str) -> str:
    """SQL for the capture that showed a version first, and how far our reading alone made it.

    ``revision_of`` reads these two columns.
    """
    return (
        "(SELECT CAST(json_array(c.record_id, c.file, c.offset, c.length, c.digest, c.leaf, c.at)"
        f" AS TEXT) FROM captures c WHERE c.release = {release} AND c.shows = 'version'"
        f" AND c.revision = {revision}), (SELECT g.reread FROM readings g"
        f" WHERE g.release = {release} AND g.revision = {revision})"
    )


def revision_columns(release: str, revision: str) -> str:
    """The same, with the stored difference of a version from the one before."""
    return (
        version_columns(release, revision) + ", (SELECT d.steps FROM differences d"
        f" WHERE d.release = {release} AND d.number = {revision})"
    )


RELEASE_COLUMNS: Final = (
    "r.id, r.source, r.url, r.content, r.first_seen, r.last_seen, r.updated, r.sort_at,"
    " (SELECT json_group_array(a.url) FROM aliases a WHERE a.release = r.number"
    " AND a.kind = 'seen'), r.revision, r.story, r.retracted, r.digest, "
    + version_columns("r.number", "r.revision")
    + ", EXISTS (SELECT 1 FROM hidden_releases h WHERE h.release = r.number)"
)
STORED_COLUMNS: Final = RELEASE_COLUMNS + ", r.number, r.gone_since, r.revised, r.fingerprint"

FILED: Final = (
    "coalesce(json_extract(content, '$.topics'), '[]'), day, json_extract(content, '$.section'),"
    " language"
)
"""What says to which facets of its source a release belongs: see publication.keys_of_row."""

INSTANT: Final = f"CASE WHEN sort_at < {BACKLOG} THEN first_seen ELSE sort_at END"
"""data.models.Release.instant in SQL."""

_content = msgspec.json.Decoder(Content)
_urls = msgspec.json.Decoder(list[str])
_run = msgspec.json.Decoder(Run)
_columns = msgspec.json.Decoder(tuple[str, str, int, int, str, int, int])
_encoder = msgspec.json.Encoder()


def instant(seconds: float) -> dt.datetime:
    """Aware UTC from seconds since 1970."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def encode(value: Any) -> str:
    """A value as JSON text, for a column."""
    return _encoder.encode(value).decode()


class Body(msgspec.Struct):
    """Of a content, only what is compared."""

    body_text: str = ""


_body = msgspec.json.Decoder(Body)


def body_of(text: str) -> str:
    """The body of a content, from its column."""
    return _body.decode(text).body_text


def content_of(text: str) -> Content:
    """A content from its column."""
    return _content.decode(text)


def decode_run(text: str) -> Run:
    """The report of a run from its column."""
    return _run.decode(text)


def release_row(release: Release) -> dict[str, Any]:
    """The columns of a release, but for those that the store alone knows."""
    return {
        "id": release.id,
        "source": release.source,
        "url": release.url,
        "title": release.content.title,
        "language": release.content.language or "",
        "day": release.day,
        "sort_at": release.order.timestamp(),
        "first_seen": release.first_seen.timestamp(),
        "last_seen": release.last_seen.timestamp(),
        "updated": release.updated.timestamp(),
        "revision": release.revision,
        "story": release.story,
        "retracted": release.retracted.timestamp() if release.retracted else None,
        "digest": release.digest,
        "content": encode(release.content),
    }


def release_of(row: Sequence[Any]) -> Release:
    """A release from a row of ``RELEASE_COLUMNS``, or of more."""
    content = _content.decode(row[3])
    return Release(
        id=row[0],
        source=row[1],
        url=row[2],
        content=content,
        first_seen=instant(row[4]),
        last_seen=instant(row[5]),
        updated=instant(row[6]),
        order=instant(row[7]),
        aliases=tuple(sorted(_urls.decode(row[8]))),
        revision=row[9],
        story=row[10],
        retracted=None if row[11] is None or content.redacted else instant(row[11]),
        digest=row[12],
        capture=_capture(row[13]),
        reread=row[14] or 0,
        hidden=bool(row[15]),
    )


def stored_of(row: Sequence[Any]) -> StoredRelease:
    """A stored release from a row of ``STORED_COLUMNS``."""
    return StoredRelease(release_of(row), row[16], row[17] is not None, row[18], row[19])


def revision_of(row: Sequence[Any]) -> Revision:
    """A revision from its id, number, time, content, ``version_columns`` and difference."""
    return Revision(
        row[0],
        row[1],
        instant(row[2]),
        _content.decode(row[3]),
        _capture(row[4]),
        "reading" if row[5] else "served",
        row[6] or "",
    )


def capture_of(row: Sequence[Any]) -> Capture:
    """A capture from its ``CAPTURE_COLUMNS``."""
    record_id, file, offset, length, digest, leaf, at = row
    return Capture(record_id, file, offset, length, digest, leaf, EPOCH + at * MICROSECOND)


def _capture(text: str | None) -> Capture | None:
    """A capture from the first of ``version_columns``."""
    return capture_of(_columns.decode(text)) if text else None


def event_of(source: str, well: int, at: float, *why: str) -> HealthEvent:
    """A change in the health of a source from its row; ``why`` are reason, state and code."""
    return HealthEvent(source, bool(well), instant(at), *why)
