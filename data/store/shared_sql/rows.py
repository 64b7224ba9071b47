"""Convert rows of the store to the values that other packages use, and values to rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import msgspec

from data.clock import EPOCH, MICROSECOND, instant
from data.identity.matching import MatchCandidate
from data.models import BACKLOG, Capture, Content, Release, Revision, Run
from data.models.release import REDACTED
from data.text.similarity import TextSignature

SHOWN_VIEW: Final = "shown_releases"
"""Name of the view of the releases that readers see."""

NO_LIMIT: Final = 1 << 62
"""Value of LIMIT that includes all rows."""

CAPTURE_COLUMNS: Final = 'record_id, file, "offset", length, digest, leaf, at'

SUMMARY: Final = "r.id, r.source, r.version, r.sort_at, r.story"
"""Columns of a ReleaseSummary."""

FILED: Final = (
    "coalesce(json_extract(content, '$.topics'), '[]'), day, json_extract(content, '$.section'),"
    " language"
)
"""Columns that determine the facets of a release (see facets.keys_of_row)."""

INSTANT: Final = f"CASE WHEN sort_at < {BACKLOG} THEN first_seen ELSE sort_at END"
"""SQL expression for data.models.Release.instant."""

content_of: Final = msgspec.json.Decoder(Content).decode
"""Function that returns the content of a release from the value of its content column."""

decode_run: Final = msgspec.json.Decoder(Run).decode
"""Function that returns the report of a visit (run) from the value of its column."""

_urls = msgspec.json.Decoder(list[str])
_columns = msgspec.json.Decoder(tuple[str, str, int, int, str, int, int])
_encode = msgspec.json.Encoder().encode


REDACTED_ROW: Final = f"(r.title = '{REDACTED}' AND length(r.fingerprint) = 0)"
"""SQL condition for redacted rows ``r`` of the releases table, as in ``Content.redacted``. Content
that was extracted from a page never has an empty fingerprint."""


def version_columns(release: str, revision: str) -> str:
    """Return SQL for two columns of a version, which ``revision_of`` reads.

    The columns are its first capture and the number of re-extractions that led to it.
    """
    return (
        "(SELECT CAST(json_array(c.record_id, c.file, c.offset, c.length, c.digest, c.leaf, c.at)"
        f" AS TEXT) FROM captures c WHERE c.release = {release} AND c.shows = 'version'"
        f" AND c.revision = {revision}), (SELECT g.reread FROM readings g"
        f" WHERE g.release = {release} AND g.revision = {revision})"
    )


def revision_columns(release: str, revision: str) -> str:
    """Return the SQL of ``version_columns`` and of the difference from the previous version."""
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


def encode(value: Any) -> str:
    """Return a value as JSON text for a column."""
    return _encode(value).decode()


@dataclass(frozen=True, slots=True)
class StoredRelease(MatchCandidate):
    """A stored release with fields that only the store has.

    ``revised`` is the time when the current version was first seen, in seconds since 1970.
    """

    number: int
    revised: float


class AddressOwner(NamedTuple):
    """The release that owns an address, and the kind of relation (see table ``aliases``)."""

    kind: Literal["seen", "claimed", "disputed"]
    number: int


@dataclass(frozen=True, slots=True)
class StoredMember:
    """The data of a release that is needed for stories. Times are seconds since 1970."""

    number: int
    id: str
    story: str | None
    instant: float
    first_seen: float


@dataclass(frozen=True, slots=True)
class StoredText:
    """The body of a stored release, prepared for comparison with other texts."""

    number: int
    source: str
    signature: TextSignature


class ContentBody(msgspec.Struct):
    """The part of a release's content that is compared with other texts."""

    body_text: str = ""


_body = msgspec.json.Decoder(ContentBody)


def body_of(text: str) -> str:
    """Return the body from the value of a content column."""
    return _body.decode(text).body_text


def release_row(release: Release) -> dict[str, Any]:
    """Return the columns of a release, without the columns that only the store sets."""
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
    """Return a release from a row that begins with ``RELEASE_COLUMNS``."""
    content = content_of(row[3])
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
    """Return a stored release from a row of ``STORED_COLUMNS``."""
    return StoredRelease(release_of(row), row[17] is not None, row[19], row[16], row[18])


def revision_of(row: Sequence[Any]) -> Revision:
    """Return a revision from its id, number, time, content, ``version_columns`` and difference."""
    return Revision(
        row[0],
        row[1],
        instant(row[2]),
        content_of(row[3]),
        _capture(row[4]),
        "reading" if row[5] else "served",
        row[6] or "",
    )


def capture_of(row: Sequence[Any]) -> Capture:
    """Return a capture from its ``CAPTURE_COLUMNS``."""
    record_id, file, offset, length, digest, leaf, at = row
    return Capture(record_id, file, offset, length, digest, leaf, EPOCH + at * MICROSECOND)


def _capture(text: str | None) -> Capture | None:
    """Return a capture from the first of ``version_columns``, or None."""
    return capture_of(_columns.decode(text)) if text else None


REDACTED_ALIASES: Final = (
    # Each redaction has a reason, and the table of reasons is small.
    "retraction_reasons x JOIN releases r ON r.number = x.release"
    f" JOIN aliases a ON a.release = r.number WHERE r.source = ? AND {REDACTED_ROW}"
)
"""SQL for the aliases ``a`` of a source's redacted releases."""
