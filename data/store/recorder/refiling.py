"""Removes releases from topics that were assigned by mistake; not an edit, and without alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from data.store.shared_sql.tables import Tables

BATCH: Final = 500
"""Maximum number of releases per transaction."""


def drop_section_topic(tables: Tables, source: str, topic: str) -> int:
    """Remove a topic from a source's releases in the section of that name; return their number."""
    dropped = 0
    while True:
        with tables.transaction():
            numbers = tables.with_section_topic(source, topic, limit=BATCH)
            for number in numbers:
                old = tables.stored_release(number).release
                topics = tuple(one for one in old.content.topics if one != topic)
                new = replace(old, content=replace(old.content, topics=topics))
                tables.update_release(number, new, None, revised=None, met=False)
                tables.file_under_topics(old, new)
                tables.mark_dirty(old, new)
                tables.queue_for_search(number)
        dropped += len(numbers)
        if len(numbers) < BATCH:
            return dropped
