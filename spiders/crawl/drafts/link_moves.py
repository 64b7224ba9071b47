"""Distinguish links that a site's new addresses changed from links that lead to other pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from data.models import Content
from data.revisions.edits import moved_links
from data.text.urls import page_key

MIN_MOVES: Final = 3
"""Minimum number of releases and of linked pages that move in the same way for the moves to come
from new addresses of the linked site."""

PAGE_EXTENSION: Final = re.compile(r"\.(?:x?html?|php|aspx?|jsp|cfm|do)$", re.IGNORECASE)
"""Extensions of web pages, which a site may change without changing the page."""


@dataclass(frozen=True, slots=True)
class Move:
    """The old and new host and extension of a link whose path did not change."""

    old: tuple[str, str]
    new: tuple[str, str]


@dataclass(slots=True)
class Moved:
    """Addresses of the releases with the same move, and paths of the pages that moved."""

    releases: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)


class LinkMoves:
    """Moved links in the changed releases of one visit.

    A new host or extension such as ``.html`` of several linked pages comes from the linked site.
    All other changes of links are edits, because a similar path may be another page, for
    example ``/plan/open/1`` and ``/plan/cancelled/1``.
    """

    def __init__(self) -> None:
        self._moved: defaultdict[Move, Moved] = defaultdict(Moved)

    def note(self, url: str, old: Content, new: Content) -> None:
        """Add the moved links of the release at ``url``, for comparison with other releases."""
        for move, path in _moves(old, new):
            if move:
                moved = self._moved[move]
                # More releases or paths than the minimum would only use memory.
                for known, one in ((moved.releases, url), (moved.paths, path)):
                    if len(known) < MIN_MOVES:
                        known.add(one)

    def are_new_addresses(self, old: Content, new: Content) -> bool:
        """Return whether all moved links of a release still lead to the same pages.

        Several releases must have each move, and the links must lead to different pages. If several
        links now lead to one page, they are edits.
        """
        return all(move and self._is_common(move) for move, _ in _moves(old, new))

    def _is_common(self, move: Move) -> bool:
        moved = self._moved[move]
        return len(moved.releases) >= MIN_MOVES <= len(moved.paths)


def _moves(old: Content, new: Content) -> Iterator[tuple[Move | None, str]]:
    """Yield the moves of a release's links, and the paths of the old addresses.

    The move is None if the path changed, because the link then leads to another page.
    """
    for before, after in moved_links(old, new).values():
        (was, path), (now, new_path) = map(_host_and_path, (before, after))
        yield Move(was, now) if path == new_path != "/" else None, path


def _host_and_path(url: str) -> tuple[tuple[str, str], str]:
    """Return the host and extension of a URL, and the rest after the host."""
    parts = urlsplit(page_key(url))
    path = PAGE_EXTENSION.sub("", parts.path)
    extension = parts.path[len(path) :]
    return (parts.netloc, extension), parts._replace(scheme="", netloc="", path=path).geturl()
