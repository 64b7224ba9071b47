"""A release under its public names, as JSON has it: in `communique export`, `show`, `search`."""

from __future__ import annotations

from typing import Any

from data.models import Content, Published, Release


def release_fields(release: Release) -> dict[str, Any]:
    """A release under its public names, ready for JSON."""
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
        "body_html": content.body_html,
        "body_text": content.body_text,
        "images": content.images,
        "attachments": content.attachments,
        "revision": release.revision,
        "story": release.story,
        "retracted": release.retracted.isoformat() if release.retracted else None,
        "provenance": provenance_fields(content, published),
    }


def provenance_fields(content: Content, published: Published) -> dict[str, Any]:
    """Where the fields of a release came from, ready for JSON."""
    return {
        "published": {"raw": published.raw, "rule": published.rule, "zone": published.zone},
        "title": {"rule": content.title_rule},
        "body": {"rule": content.body_rule},
        "capture": None,
    }
