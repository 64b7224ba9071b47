"""Where sources mix, a story is shown once, and names its other publishers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from data.models import Release
from data.store.protocol import ReadStore


def folded(
    store: ReadStore,
    releases: Iterable[Release],
    belongs: Callable[[Release], bool],
    seen: Callable[[Release], bool],
) -> Iterator[tuple[Release, tuple[Release, ...]]]:
    """These releases, each with those that it stands for; without those that another stands for.

    Of a story the member is shown that was published first of those that ``belongs`` holds for.
    Only members that are ``seen`` are told of.
    """
    for release in releases:
        story = store.story(release.story) if release.story else ()
        members = [one for one in story if seen(one)]
        first = next((one.id for one in members if belongs(one)), release.id)
        if first == release.id:
            yield release, tuple(one for one in members if one.id != first)
