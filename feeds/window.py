"""What a feed shows, and when its oldest entries move to an archive page (RFC 5005, section 4).

A feed's document holds all that is on none of its archive pages: at least the newest entries that
the settings ask for, and up to half as many more. When there are more, the oldest half go to a new
page at once, which is full from its first day and never gains or loses a release. What is found
late, however old, enters by the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from data.outline import Outline


class Window(msgspec.Struct, frozen=True):
    """The state of a feed: ``open`` are the releases on no page, by id.

    ``pages`` counts the pages; ``total`` is how many releases the facet had when all this was
    compared with the store.
    """

    open: tuple[str, ...] = ()
    pages: int = 0
    total: int = 0


def page_size(entries: int) -> int:
    """How many releases an archive page holds, where a document holds ``entries`` at least."""
    return max(entries // 2, 1)


def filled(
    window: Window, present: Iterable[Outline], total: int, entries: int
) -> tuple[Window, list[Outline], list[list[str]]]:
    """Take in the releases on no page: the next state, the document, and the pages that fill up.

    ``present`` are the releases of the facet that are on none of its pages, in any order, and
    ``total`` is how many it holds in all. The document is newest first; the pages, oldest first,
    hold ids.
    """
    order = sorted(present, key=lambda outline: (-outline.order, outline.id))
    size = page_size(entries)
    full: list[list[str]] = []
    while len(order) >= entries + size:
        full.append([outline.id for outline in order[-size:]])
        del order[-size:]
    ids = tuple(outline.id for outline in order)
    return Window(ids, window.pages + len(full), total), order, full


def is_settled(window: Window, newest: Sequence[Outline], rest: Sequence[Outline]) -> bool:
    """Whether all that a window holds besides the ``newest`` of its facet is surely in it yet.

    ``rest`` are the others that it holds. A release that an edit moved to another topic would be
    missing among the newest, though it is newer than the last of them.
    """
    known = {outline.id for outline in (*newest, *rest)}
    last = newest[-1] if newest else None
    return all(one in known for one in window.open) and not (
        last and any((-one.order, one.id) < (-last.order, last.id) for one in rest)
    )
