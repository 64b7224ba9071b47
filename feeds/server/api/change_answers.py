"""The answer that programs follow: all that happens to releases, once and in one order.

A cursor is the place of the last change that was given. Places are only ever added, at the end, so
a page holds all that came after it, and asked for again it holds the same: whoever keeps the
cursor in one step with what it made of a page has every change exactly once, however often it
dies in between.
"""

from __future__ import annotations

from typing import Final

from data.models import ChangeCursor, LoggedChange
from data.store.protocol import Store
from feeds.server.api import answers
from feeds.server.api.asking import LARGEST, shown, size_of
from feeds.server.api.cursors import decode, encode
from feeds.server.api.problems import Refused
from feeds.server.api.questions import ChangesQuestion

BELONGS: Final = "changes"

AT_ONCE: Final = 20

FIRST: Final[ChangeCursor] = (0, 0)

STALE: Final = (
    "this store does not know the change that the cursor names: it was restored from a copy or "
    "built anew since. Begin again without `since`: the changes from the first on make up all "
    "that there is, and ids of releases are the same as before"
)


def changes(store: Store, asked: ChangesQuestion) -> answers.ChangePage:
    """The changes after a cursor, the oldest first. Raises Refused: 400, 410."""
    place = decode(asked.since, BELONGS, tuple[int, int], "since") if asked.since else FIRST
    found: list[LoggedChange] = []
    size = 0
    while len(found) < asked.limit and size <= LARGEST:
        limit = min(AT_ONCE, asked.limit - len(found))
        some = store.logged_changes(place, limit=limit)
        if some is None:
            raise Refused(410, STALE, parameter="since")
        if not some:
            break
        for one in some:
            found.append(one)
            place = one.cursor
            size += 0 if one.release.hidden else size_of(one.release)
            if size > LARGEST:
                break
    return answers.ChangePage(
        changes=tuple(map(told, found)),
        next=encode(BELONGS, place),
        more=bool(store.logged_changes(place, limit=1)),
    )


def told(change: LoggedChange) -> answers.Change:
    """A change as it is answered; nothing is said of a hidden release but that."""
    release = change.release
    return answers.Change(
        kind=change.kind,
        at=change.at.isoformat(timespec="milliseconds"),
        id=release.id,
        revision=change.revision,
        release=None if release.hidden else shown(release),
    )
