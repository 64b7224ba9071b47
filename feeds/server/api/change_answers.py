"""The list of changes: every event of every release, once and in one order.

A cursor is the position of the last event sent. Events are only appended, so the page after a
cursor never changes. A client that saves the cursor in one transaction with its own data processes
every change exactly once, even after crashes.
"""

from __future__ import annotations

from typing import Final

from data.models import ChangeCursor, ReleaseEvent
from data.store.core.store import Store
from feeds.server.api import answers
from feeds.server.api.asking import MAX_PAGE_CHARACTERS, decode, encode, release_answer, size_of
from feeds.server.api.problems import ApiError
from feeds.server.api.questions import ChangesQuestion

BELONGS: Final = "changes"
"""The name of this list in its cursors."""

CHANGES_PER_QUERY: Final = 20
"""Changes read from the store per query."""

FIRST: Final[ChangeCursor] = (0, 0)
"""The position before the first change."""

STALE: Final = (
    "this store has no change at this cursor: it was restored from a backup or rebuilt. Start "
    "again without `since`: the changes from the first one describe all releases, and their ids "
    "are the same as before"
)


def changes(store: Store, asked: ChangesQuestion) -> answers.ChangePage:
    """Return the changes after a cursor, oldest first.

    Raises ApiError with 400 for an invalid cursor, and with 410 for a cursor unknown to the store.
    """
    place = decode(asked.since, BELONGS, tuple[int, int], "since") if asked.since else FIRST
    found: list[ReleaseEvent] = []
    size = 0
    while len(found) < asked.limit and size <= MAX_PAGE_CHARACTERS:
        limit = min(CHANGES_PER_QUERY, asked.limit - len(found))
        some = store.release_events(place, limit=limit)
        if some is None:
            raise ApiError(410, STALE, parameter="since")
        if not some:
            break
        for one in some:
            found.append(one)
            place = one.cursor
            size += 0 if one.release.hidden else size_of(one.release)
            if size > MAX_PAGE_CHARACTERS:
                break
    return answers.ChangePage(
        changes=tuple(map(change_answer, found)),
        next=encode(BELONGS, place),
        more=bool(store.release_events(place, limit=1)),
    )


def change_answer(change: ReleaseEvent) -> answers.Change:
    """Convert a logged change to its API response. A hidden release is left out."""
    release = change.release
    return answers.Change(
        kind=change.kind,
        at=change.at.isoformat(timespec="milliseconds"),
        id=release.id,
        revision=change.revision,
        release=None if release.hidden else release_answer(release),
    )
