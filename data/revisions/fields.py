"""The fields of a content, for reports about differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from data.models import Content

FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "published": "published",
    "language": "language",
    "section": "section",
    "topics": "topics",
    "publisher": "publisher",
    "author": "author",
    "summary": "summary",
    "body": "body_text",
    "images": "images",
    "attachments": "attachments",
}
"""Reported fields, and their names in a content."""


class Differences(NamedTuple):
    """The fields that a content gained, lost and changed."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


def differences(old: Content, new: Content, kept: Content) -> Differences:
    """Return the fields that were gained, lost (``kept`` has the old value) and changed."""
    gained, lost, changed = [], [], []
    for name, attribute in FIELDS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if name == "published":
            # A known date is kept, whatever the new extraction says.
            dated = old.published is not None and old.published.precision != "none"
            if after and not dated:
                gained.append(name)
        elif before == after:
            continue
        elif not before:
            gained.append(name)
        elif getattr(kept, attribute) == before:
            lost.append(name)
        else:
            changed.append(name)
    return Differences(tuple(gained), tuple(lost), tuple(changed))
