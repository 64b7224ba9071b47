"""What a handler has at hand, and how releases become a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from data.health.state import Health
from data.interchange.release_fields import release_fields
from data.models import Position, Release
from data.store.protocol import Store
from feeds.server.api import answers
from feeds.server.api.cursors import decode, encode
from feeds.server.api.questions import PageQuestion, belongs_to

LARGEST: Final = 1_000_000
"""Characters of releases' texts after which a page ends, be it shorter than it may be."""

One = TypeVar("One")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: an open store, the address, and the name that its last part is.

    ``health`` gives the health of all sources.
    """

    store: Store
    path: str
    name: str
    health: Callable[[], tuple[Health, ...]]

    def place(self, asked: PageQuestion, kind: type[Place]) -> Place | None:
        """The place from which to go on; None for the beginning. Raises Refused."""
        if not asked.cursor:
            return None
        return decode(asked.cursor, belongs_to(self.path, asked), kind, "cursor")

    def cursor(self, asked: PageQuestion, place: Any) -> str | None:
        """The cursor for a place; None where there is no more."""
        return None if place is None else encode(belongs_to(self.path, asked), place)

    def page(
        self, asked: PageQuestion, items: Iterable[One], key: Callable[[One], str], *, down: bool
    ) -> tuple[list[One], str | None]:
        """A page of few items in the order of their keys, and the cursor of the next page."""
        after = self.place(asked, str)
        left = sorted(items, key=key, reverse=down)
        if after is not None:
            left = [one for one in left if (key(one) < after if down else key(one) > after)]
        some = left[: asked.limit]
        more = len(left) > len(some)
        return some, self.cursor(asked, key(some[-1]) if more else None)


def shown(release: Release) -> answers.Release:
    """A release as it is answered."""
    return msgspec.convert(release_fields(release), answers.Release, from_attributes=True)


def size_of(release: Release) -> int:
    """The characters of a release that make a page large."""
    return len(release.content.body_html) + len(release.content.body_text)


def taken(
    found: Sequence[Position], read: Callable[[str], Release | None]
) -> tuple[list[Release], Position | None]:
    """The releases at some places until they are a full page, and the last place if some are left.

    What was hidden meanwhile is left out.
    """
    releases: list[Release] = []
    size = 0
    for number, place in enumerate(found, 1):
        release = read(place.id)
        if release is None or release.hidden:
            continue
        releases.append(release)
        size += size_of(release)
        if size > LARGEST and number < len(found):
            return releases, place
    return releases, None
