"""The context of an API request, its cursors, and the paging of releases.

A cursor contains a position in an order, not a count, so additions and removals do not shift the
next page. Its checksum covers the address and filters that it belongs to, and detects a truncated
or altered cursor. It contains no secret: a forged cursor only leads to another position in public
data.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from data.health.state import Health
from data.interchange.release_fields import release_fields
from data.models import Position, Release
from data.store.core.store import Store
from feeds.server.api import answers
from feeds.server.api.problems import ApiError
from feeds.server.api.questions import PageQuestion, belongs_to

MAX_PAGE_CHARACTERS: Final = 1_000_000
"""Maximum length in characters of release texts per page. A page that exceeds it ends early."""

One = TypeVar("One")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Asking:
    """One API request: an open store, the request's path, and the id in the path.

    ``health`` returns the health of all sources.
    """

    store: Store
    path: str
    name: str
    health: Callable[[], tuple[Health, ...]]

    def place(self, asked: PageQuestion, kind: type[Place]) -> Place | None:
        """Return the decoded position of the request's cursor, or None for the first page.

        Raises ApiError if the cursor is invalid.
        """
        if not asked.cursor:
            return None
        return decode(asked.cursor, belongs_to(self.path, asked), kind, "cursor")

    def cursor(self, asked: PageQuestion, place: Any) -> str | None:
        """Return the cursor for a position. None stays None and means the last page."""
        return None if place is None else encode(belongs_to(self.path, asked), place)

    def page(
        self, asked: PageQuestion, items: Iterable[One], key: Callable[[One], str], *, down: bool
    ) -> tuple[list[One], str | None]:
        """Return one page of ``items`` sorted by ``key``, and the cursor of the next page.

        ``down`` sorts in descending order. Meant for lists that fit in memory.
        """
        after = self.place(asked, str)
        left = sorted(items, key=key, reverse=down)
        if after is not None:
            left = [one for one in left if (key(one) < after if down else key(one) > after)]
        some = left[: asked.limit]
        more = len(left) > len(some)
        return some, self.cursor(asked, key(some[-1]) if more else None)


def release_answer(release: Release) -> answers.Release:
    """Convert a stored release to its API response."""
    return msgspec.convert(release_fields(release), answers.Release, from_attributes=True)


def size_of(release: Release) -> int:
    """Return the number of characters of a release that count towards the page limit."""
    return len(release.content.body_html) + len(release.content.body_text)


def read_releases(
    found: Sequence[Position], read: Callable[[str], Release | None]
) -> tuple[list[Release], Position | None]:
    """Read releases at the found positions until the page is full.

    Also returns the last position read if any are left, or None. Skips releases that are hidden by
    now.
    """
    releases: list[Release] = []
    size = 0
    for number, place in enumerate(found, 1):
        release = read(place.id)
        if release is None or release.hidden:
            continue
        releases.append(release)
        size += size_of(release)
        if size > MAX_PAGE_CHARACTERS and number < len(found):
            return releases, place
    return releases, None


CHECKSUM_BYTES: Final = 8
"""Size of the checksum in bytes."""

BAD_CURSOR: Final = (
    "this cursor does not belong to this address and these filters: use one from a response"
)


def encode(belongs: str, place: Any) -> str:
    """Return the cursor for a position in the list that ``belongs`` names."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(check_of(belongs, packed) + packed).rstrip(b"=").decode()


def decode(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """Return the position in a cursor. Raises ApiError (400) if it is invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if check == check_of(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise ApiError(400, BAD_CURSOR, parameter=parameter)


def check_of(belongs: str, packed: bytes) -> bytes:
    """Return the checksum of a cursor's content, keyed by the list that it ``belongs`` to."""
    return blake2b(
        packed, digest_size=CHECKSUM_BYTES, person=b"cursor", key=key_of(belongs)
    ).digest()


def key_of(belongs: str) -> bytes:
    """Return a hash key of 32 bytes for the list that a cursor belongs to."""
    return blake2b(belongs.encode(), digest_size=32).digest()
