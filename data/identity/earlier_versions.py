"""Decide which captures from web archives show earlier versions of a stored release.

These versions are identified by their time. They have no number, because the numbers of known
versions never change.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from data.models import Capture, Content
from data.revisions.edits import significant_changes


@dataclass(frozen=True, slots=True)
class DatedContent:
    """The content of a release at a certain time.

    ``capture`` is set for content that is not stored yet.
    """

    at: dt.datetime
    content: Content
    capture: Capture | None = None


def earlier_versions(
    known: Sequence[DatedContent], found: Sequence[DatedContent]
) -> list[DatedContent]:
    """Return the items of ``found`` that are distinct versions, oldest first.

    ``known`` are the stored versions. Two versions never have the same time in seconds. Two kinds
    of items are omitted: those that look the same as the version before or the stored version after
    them, and those without a body text if another version has one.
    """
    has_text = any(one.content.body_text for one in (*known, *found))
    times = {_second(one.at) for one in known}
    fresh: dict[dt.datetime, DatedContent] = {}
    for one in found:
        if _second(one.at) not in times and (one.content.body_text or not has_text):
            fresh.setdefault(_second(one.at), one)
    line = sorted((*known, *fresh.values()), key=lambda one: one.at)
    changes: list[DatedContent] = []
    for one in line:
        if one.capture and changes and not significant_changes(changes[-1].content, one.content):
            continue
        changes.append(one)
    after = (*changes[1:], None)
    return [
        one
        for one, following in zip(changes, after, strict=False)
        if one.capture
        and not (
            following
            and following.capture is None
            and not significant_changes(one.content, following.content)
        )
    ]


def _second(at: dt.datetime) -> dt.datetime:
    return at.replace(microsecond=0)
