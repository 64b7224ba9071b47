"""Between the store's rows and the values that cross room borders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from data.models import Content, Release, Revision, Run

RELEASE_COLUMNS = (
    "r.id, r.source, r.url, r.sort_at, r.content, r.first_seen, r.last_seen, r.updated, r.revision,"
    " r.story, r.retracted, r.digest,"
    " (SELECT json_group_array(a.url) FROM aliases a WHERE a.release = r.id) AS aliases"
)

_content = msgspec.json.Decoder(Content)
_run = msgspec.json.Decoder(Run)
_encoder = msgspec.json.Encoder()


def instant(seconds: float) -> dt.datetime:
    """Aware UTC from seconds since 1970."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def encode(value: Any) -> str:
    """A value as JSON text, for a column."""
    return _encoder.encode(value).decode()


def decode_run(text: str) -> Run:
    """The report of a run from its column."""
    return _run.decode(text)


def release_row(release: Release) -> dict[str, Any]:
    """The columns of a release, but for those that only visits move."""
    return {
        "id": release.id,
        "source": release.source,
        "url": release.url,
        "title": release.content.title,
        "language": release.content.language or "",
        "day": release.published.day.isoformat(),
        "sort_at": release.order.timestamp(),
        "content": encode(release.content),
        "first_seen": release.first_seen.timestamp(),
        "last_seen": release.last_seen.timestamp(),
        "updated": release.updated.timestamp(),
        "revision": release.revision,
        "story": release.story,
        "retracted": release.retracted.timestamp() if release.retracted else None,
        "digest": release.digest,
    }


def release_of(row: Mapping[str, Any]) -> Release:
    """A release from a row of ``RELEASE_COLUMNS``."""
    return Release(
        id=row["id"],
        source=row["source"],
        url=row["url"],
        content=_content.decode(row["content"]),
        first_seen=instant(row["first_seen"]),
        last_seen=instant(row["last_seen"]),
        updated=instant(row["updated"]),
        order=instant(row["sort_at"]),
        aliases=tuple(sorted(msgspec.json.decode(row["aliases"], type=list[str]))),
        revision=row["revision"],
        story=row["story"],
        retracted=None if row["retracted"] is None else instant(row["retracted"]),
        digest=row["digest"],
    )


def revision_of(row: Mapping[str, Any]) -> Revision:
    """A revision from its row."""
    return Revision(
        row["release"], row["number"], instant(row["seen"]), _content.decode(row["content"])
    )
