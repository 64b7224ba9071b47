"""Folding of stories: a list that mixes sources shows each story once.

The release that is shown names the other publishers of its story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from data.models import Release
from data.store.protocols import ReadStore


def stands_for(
    release: str, members: Iterable[Release], belongs: Callable[[Release], bool]
) -> tuple[Release, ...] | None:
    """Return the other members of a story if ``release`` represents it, else None.

    The first published of the ``members`` for which ``belongs`` is true represents the story. It
    keeps its place even if it is retracted. ``members`` are in order of publication. A release
    without a date, already listed at the first visit, represents only itself and hides no other.
    """
    found = tuple(members)
    undated = {one.id for one in found if one.is_backlog}
    first = next((one.id for one in found if one.id not in undated and belongs(one)), release)
    first = release if release in undated else first
    return tuple(one for one in found if one.id != first) if first == release else None


def folded(
    store: ReadStore,
    releases: Iterable[Release],
    belongs: Callable[[Release], bool],
    seen: Callable[[Release], bool],
) -> Iterator[tuple[Release, tuple[Release, ...]]]:
    """Yield the releases that represent their story, each with the other members of the story.

    Members for which ``seen`` is false are ignored. See `stands_for`.
    """
    # Many of these releases may belong to one story, so each story is read once.
    stories: dict[str, tuple[Release, ...]] = {}
    for release in releases:
        members: tuple[Release, ...] = ()
        if release.story:
            if release.story not in stories:
                stories[release.story] = tuple(filter(seen, store.story(release.story)))
            members = stories[release.story]
        others = stands_for(release.id, members, belongs)
        if others is not None:
            yield release, others
