"""Handler of the API operation that lists changes of releases.

A cursor is the position of the last event that was sent. Events are only appended, so the page
after a cursor never changes. A client that stores the cursor and its own data in one transaction
processes every change exactly once, even after crashes.
"""

from typing import Final

from data.models import ChangeCursor, ReleaseEvent
from data.store.core.store import Store
from feeds.server.api import schemas
from feeds.server.api.parameters import ChangesParameters
from feeds.server.api.problems import ApiError
from feeds.server.api.release_handlers import (
    MAX_PAGE_CHARACTERS,
    counted_characters,
    release_answer,
)
from feeds.server.api.request_context import decode, encode

CHANGES_CURSOR: Final = "changes"
"""Text in cursors that identifies the list of changes."""

CHANGES_PER_QUERY: Final = 20
"""Number of changes that are read from the store per query."""

FIRST_PLACE: Final[ChangeCursor] = (0, 0)
"""Position before the first change, for requests without a cursor."""

STALE_CURSOR_MESSAGE: Final = (
    "this store has no change at this cursor: it was restored from a backup or rebuilt. Start "
    "again without `since`: the changes from the first one describe all releases, and their ids "
    "are the same as before"
)


def changes(store: Store, site: str, asked: ChangesParameters) -> schemas.ChangePage:
    """Return a page of the changes after a cursor, oldest first. ``site`` is as in `ApiContext`.

    Raises ApiError with status 400 for an invalid cursor, and 410 for a cursor unknown to the
    store.
    """
    place = (
        decode(asked.since, CHANGES_CURSOR, tuple[int, int], "since")
        if asked.since
        else FIRST_PLACE
    )
    found: list[ReleaseEvent] = []
    size = 0
    while len(found) < asked.limit and size <= MAX_PAGE_CHARACTERS:
        limit = min(CHANGES_PER_QUERY, asked.limit - len(found))
        some = store.release_events(place, limit=limit)
        if some is None:
            raise ApiError(410, STALE_CURSOR_MESSAGE, parameter="since")
        if not some:
            break
        for one in some:
            found.append(one)
            place = one.cursor
            size += 0 if one.release.hidden else counted_characters(one.release)
            if size > MAX_PAGE_CHARACTERS:
                break
    return schemas.ChangePage(
        changes=tuple(change_answer(site, one) for one in found),
        next=encode(CHANGES_CURSOR, place),
        more=bool(store.release_events(place, limit=1)),
    )


def change_answer(site: str, change: ReleaseEvent) -> schemas.Change:
    """Convert a logged change to its API response. The response omits a hidden release."""
    release = change.release
    return schemas.Change(
        kind=change.kind,
        at=change.at.isoformat(timespec="milliseconds"),
        id=release.id,
        revision=change.revision,
        release=None if release.hidden else release_answer(site, release),
    )
