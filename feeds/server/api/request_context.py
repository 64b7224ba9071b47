"""The context of an API request: its store, path, cursor and page of results.

A cursor contains the position of the last item in sort order, not a count, so additions and
removals do not shift the next page. Its checksum covers the address and filters for which the
cursor is valid, and detects a truncated or altered cursor. A cursor contains no secret: a forged
cursor only leads to another position in public data.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from data.health.state import Health
from data.store.core.store import Store
from feeds.server.api.parameters import PageParameters, belongs_to
from feeds.server.api.problems import ApiError

One = TypeVar("One")
Place = TypeVar("Place")

CHECKSUM_BYTES: Final = 8
"""Size in bytes of a cursor's checksum."""

BAD_CURSOR: Final = (
    "this cursor does not belong to this address and these filters: use one from a response"
)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Context of one API request: an open store, the path of the request, and the id in this path.

    ``health`` returns the health of all sources. ``site`` is the public address of the site without
    a final slash, and ``saved`` contains the saved searches.
    """

    store: Store
    path: str
    name: str
    site: str
    health: Callable[[], tuple[Health, ...]]
    saved: Mapping[str, str]

    def place(self, asked: PageParameters, kind: type[Place]) -> Place | None:
        """Return the position in the request's cursor, or None for the first page.

        Raises ApiError if the cursor is invalid.
        """
        if not asked.cursor:
            return None
        return decode(asked.cursor, belongs_to(self.path, asked), kind, "cursor")

    def cursor(self, asked: PageParameters, place: Any) -> str | None:
        """Return the cursor for a position, or None if ``place`` is None (after the last page)."""
        return None if place is None else encode(belongs_to(self.path, asked), place)

    def page(
        self, asked: PageParameters, items: Iterable[One], key: Callable[[One], str], *, down: bool
    ) -> tuple[list[One], str | None]:
        """Return one page of ``items`` sorted by ``key``, and the cursor of the next page or None.

        ``down`` sorts in descending order. All items are sorted in memory, so the list should be
        short.
        """
        after = self.place(asked, str)
        left = sorted(items, key=key, reverse=down)
        if after is not None:
            left = [one for one in left if (key(one) < after if down else key(one) > after)]
        some = left[: asked.limit]
        more = len(left) > len(some)
        return some, self.cursor(asked, key(some[-1]) if more else None)


def encode(belongs: str, place: Any) -> str:
    """Return the cursor for a position in a list. ``belongs`` identifies the list."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(check_of(belongs, packed) + packed).rstrip(b"=").decode()


def decode(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """Return the position in a cursor. Raises ApiError (400) if the cursor is invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if check == check_of(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise ApiError(400, BAD_CURSOR, parameter=parameter)


def check_of(belongs: str, packed: bytes) -> bytes:
    """Return the checksum of a cursor's content. ``belongs`` identifies the cursor's list."""
    return blake2b(
        packed, digest_size=CHECKSUM_BYTES, person=b"cursor", key=key_of(belongs)
    ).digest()


def key_of(belongs: str) -> bytes:
    """Return the hash key (32 bytes) for the checksums of a list's cursors."""
    return blake2b(belongs.encode(), digest_size=32).digest()
