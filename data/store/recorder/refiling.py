"""Takes off releases what they are filed under by mistake: no edit, and nobody's news."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from data.store.recorder.tables import Tables

BATCH: Final = 500
"""Releases of one transaction."""


def drop_section_topic(tables: Tables, source: str, topic: str) -> int:
    """Take a topic off the releases that stand in the section called so; how many there were."""
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
