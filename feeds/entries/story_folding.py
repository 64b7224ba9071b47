"""Where sources mix, a story is shown once, and names its other publishers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from data.models import Release
from data.store.read_protocol import ReadStore


def stands_for(
    release: str, members: Iterable[Release], belongs: Callable[[Release], bool]
) -> tuple[Release, ...] | None:
    """The other ``members`` of its story that a release stands for; None where another does.

    Of those that ``belongs`` holds for, the one that was published first is shown, even if it was
    retracted since: an entry never gives its place to another. ``members`` come in that order.
    What has no date since the first visit is nobody's news: it stands for itself, and hides no
    release that is.
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
    """These releases, each with those that it stands for; without those that another stands for.

    Only members that are ``seen`` are told of. Each story is read from the store once.
    """
    # Many of these releases may be of one story.
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
