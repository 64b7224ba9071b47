"""The fields of a content, as people are told which of them differ."""

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
"""The fields that are told, by what they are called in a content."""


class Differences(NamedTuple):
    """The fields that a content gained, lost, and has otherwise."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


def differences(old: Content, new: Content, kept: Content) -> Differences:
    """What a content gained, lost (so ``kept`` has the old), and has otherwise."""
    gained, lost, changed = [], [], []
    for name, attribute in FIELDS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if name == "published":
            # A date that was known stays, whatever is read now.
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
