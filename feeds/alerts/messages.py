"""What an event says to those who wait for it, and the key by which it is known again."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from data.interchange.release_fields import release_fields
from data.models import QueuedEvent, Release
from data.search.query import Query, passage
from data.text.redaction import redacted
from data.watches.watch import Watch

LEFT_OUT = ("body_html", "body_text", "images", "attachments", "provenance", "aliases")
"""What is not told of a release: its id and its address lead to it."""


def idempotency_key(watch_id: str, event: QueuedEvent) -> str:
    """The key of an event for a watch: the same whenever and however often it is told.

    Of two edits, or two retractions, of one release the keys differ.
    """
    source = event.health.source if event.health else ""
    parts = [watch_id, event.kind, event.release, source, event.revision, event.at.timestamp()]
    return f"msg_{hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]}"


def message(watch_id: str, watch: Watch, event: QueuedEvent, release: Release | None) -> bytes:
    """The body of a message: ``type``, ``timestamp`` and ``data``, as Standard Webhooks has it."""
    data: dict[str, Any] = {"watch": {"id": watch_id, "name": watch.name}}
    if release:
        fields = release_fields(release)
        for name in LEFT_OUT:
            del fields[name]
        fields["url"] = redacted(release.url)
        data["release"] = fields
        data["passage"] = passage(release.content, Query(watch.query))
    if event.health:
        data["health"] = event.health
    return msgspec.json.encode({"type": event.kind, "timestamp": event.at, "data": data})
