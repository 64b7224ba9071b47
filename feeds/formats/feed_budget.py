"""The size limit of feed documents: entries that do not fit keep only a summary and a link.

Feed readers drop documents of many megabytes. Without a limit, one source with very long releases
would break every feed that contains it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from feeds.entries.entry import ReleaseEntry, shortened
from feeds.formats.rendering import RenderedEntry, rendered_entry

MAX_MIXED_TEXT_BYTES: Final = 200_000
"""Maximum size of the text of one entry in a feed that mixes sources, in bytes of UTF-8."""

HEAD_BYTES: Final = 16_384
"""Bytes of the size limit reserved for the head of a document."""

ENTRIES_PER_STEP: Final = 20
"""Number of entries rendered before the limit is checked, which bounds memory."""

T = TypeVar("T")


def fitted(
    wanted: Sequence[T],
    whole: Callable[[Sequence[T]], Sequence[RenderedEntry]],
    short: Callable[[T], RenderedEntry],
    *,
    max_bytes: int,
    mixed: bool,
) -> list[RenderedEntry]:
    """Render the ``wanted`` entries of a feed document within ``max_bytes``, in their order.

    ``whole`` renders entries with their texts, ``short`` renders one with a summary and a link.
    In a feed that mixes sources, every text above MAX_MIXED_TEXT_BYTES is shortened. If the
    document is still too large, the largest entries are shortened first, and of equal ones the
    oldest, until it fits. The same entries always give the same document.
    """
    found: list[RenderedEntry] = []
    # Shortening the largest entry so far gives the same result as sorting all entries first.
    largest: list[tuple[int, int]] = []
    total = HEAD_BYTES
    for start in range(0, len(wanted), ENTRIES_PER_STEP):
        some = wanted[start : start + ENTRIES_PER_STEP]
        for one, rendered in zip(some, whole(some), strict=True):
            is_long = mixed and rendered.text_bytes > MAX_MIXED_TEXT_BYTES
            entry = short(one) if is_long else rendered
            size = entry.document_bytes(mixed=mixed)
            total += size
            if not is_long:
                heapq.heappush(largest, (-size, -len(found)))
            found.append(entry)
        while total > max_bytes and largest:
            size, place = heapq.heappop(largest)
            entry = short(wanted[-place])
            total += size + entry.document_bytes(mixed=mixed)
            found[-place] = entry
    return found


def is_long_text(html: str) -> bool:
    """Whether HTML exceeds MAX_MIXED_TEXT_BYTES, the limit in feeds that mix sources."""
    return len(html.encode("utf-8", "replace")) > MAX_MIXED_TEXT_BYTES


def rendered_document(
    entries: Sequence[ReleaseEntry], *, max_bytes: int, mixed: bool
) -> list[RenderedEntry]:
    """Render the entries of a feed made on demand; see `fitted`."""
    return fitted(
        entries,
        lambda some: [rendered_entry(one, b"") for one in some],
        lambda one: rendered_entry(shortened(one), b""),
        max_bytes=max_bytes,
        mixed=mixed,
    )
