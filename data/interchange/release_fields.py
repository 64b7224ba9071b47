"""Releases as JSON with public field names, for `communique export`, `show` and `search`."""

from collections.abc import Sequence
from typing import Any

from data.models import NO_EDIT, Capture, DepositReceipt, Release, Revision
from data.revisions.stored_difference import classes_between
from data.text.paragraphing import with_paragraphs

LONG_FIELDS = ("body_html", "body_text", "images", "attachments", "provenance", "aliases")
"""Fields that `short_fields` omits. Clients can get them by the release's id or URL."""


def release_fields(release: Release) -> dict[str, Any]:
    """Return the public fields of a release as JSON values."""
    content, published = release.content, release.published
    return {
        "id": release.id,
        "source": release.source,
        "url": release.url,
        "aliases": release.aliases,
        "title": content.title,
        "published": published.iso or None,
        "precision": published.precision,
        "updated": release.updated.isoformat(),
        "first_seen": release.first_seen.isoformat(),
        "last_seen": release.last_seen.isoformat(),
        "language": content.language,
        "section": content.section,
        "topics": content.topics,
        "publisher": content.publisher,
        "summary": content.summary,
        "body_html": with_paragraphs(content.body_html),
        "body_text": content.body_text,
        "images": content.images,
        "attachments": content.attachments,
        "revision": release.revision,
        "story": release.story,
        "retracted": release.retracted.isoformat() if release.retracted else None,
        "provenance": provenance_fields(release),
    }


def short_fields(release: Release) -> dict[str, Any]:
    """Return the fields for alerts and search results: without texts, files and origins."""
    fields = release_fields(release)
    for name in LONG_FIELDS:
        del fields[name]
    return fields


def provenance_fields(release: Release) -> dict[str, Any]:
    """Return the origins of a release's fields as JSON values."""
    content, published = release.content, release.published
    return {
        "published": {"raw": published.raw, "rule": published.rule, "zone": published.zone},
        "title": {"rule": content.title_rule},
        "body": {"rule": content.body_rule},
        "capture": capture_fields(release.capture),
    }


def capture_fields(capture: Capture | None) -> dict[str, Any] | None:
    """Return the archive record of a capture as JSON values, or None."""
    if capture is None:
        return None
    return {
        "record_id": capture.record_id,
        "file": capture.file,
        "offset": capture.offset,
        "digest": capture.digest,
        "leaf": capture.leaf,
    }


def revision_fields(revision: Revision, before: Revision | None) -> dict[str, Any]:
    """Return the public fields of a version as JSON values.

    The fields include the classes of its edit since the version ``before``.
    """
    edit = classes_between(before, revision) if before else NO_EDIT
    content = revision.content
    return {
        "revision": revision.number,
        "seen": revision.seen.isoformat(),
        "reason": revision.reason,
        "title": content.title,
        "body_html": with_paragraphs(content.body_html),
        "body_text": content.body_text,
        "attachments": content.attachments,
        "classes": edit.classes,
        "weight": edit.weight,
        "announced": edit.announced,
    }


def version_capture_fields(revisions: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return each version and its first archive record as JSON values."""
    return [
        {
            "revision": one.number,
            "seen": one.seen.isoformat(),
            "capture": dated_capture_fields(one.capture),
        }
        for one in revisions
    ]


def dated_capture_fields(capture: Capture | None) -> dict[str, Any] | None:
    """Return an archive record with its time and length as JSON values, or None."""
    fields = capture_fields(capture)
    if fields is None or capture is None:
        return None
    return {**fields, "length": capture.length, "at": capture.at.isoformat()}


def deposit_fields(receipts: Sequence[DepositReceipt]) -> list[dict[str, Any]]:
    """Return the captures that other archives made of a release as JSON values."""
    return [
        {
            "archive": one.archive,
            "revision": one.revision,
            "at": one.at.isoformat(),
            "url": one.url,
        }
        for one in receipts
    ]
