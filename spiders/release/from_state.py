"""Find a release that a page contains only as JSON state in its scripts.

The release is an object with a title and a body. Its address or title matches the page's, unlike
those of related releases or cookie notices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.models import Media, Published
from spiders.body.main_content import MainContent
from spiders.json_state.rich_text import Writer
from spiders.json_state.scripts import states
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.state_objects import (
    SHORTEST_BODY,
    TAG,
    StateObject,
    author_in,
    body_in,
    date_in,
    image_in,
    state_objects,
    title_in,
)

MIN_UNMATCHED_BODY_LENGTH = 400
"""Minimum length of a body if neither its title nor its address matches the page (letters)."""

SHORTEST_TITLE, SHORTEST_PLACE = 8, 3
"""Minimum lengths of a title and of the last part of an address that identify a release
(letters)."""

ENOUGH, DOUBTFUL, FAR_LONGER = 1_000, 0.6, 2
"""Scripts are skipped if the visible body has at least `ENOUGH` characters and `DOUBTFUL`
confidence. Otherwise a body in scripts must be `FAR_LONGER` times as long as the visible body."""

MAX_RECORDS: Final = 200
"""Maximum number of objects per page whose body is checked, best matches first."""

MAX_PLACE = 2_000
BODY_CONFIDENCES: Final = (0.5, 0.8, 0.9, 0.95)
"""Confidence of a body whose object matches the page by nothing, title, address, or both."""

PLACE: Final = re.compile(
    r"(?:canonical_?|perma_?|web_?|page_?|website_?|full_?)*(?:url|link|href|uri|path|slug|alias|route)s?"
    r"|id|_id|uid|uuid",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StateRelease:
    """A release from the state of its page. ``html`` is its body, not sanitized."""

    title: str
    html: str
    published: Published | None
    image: Media | None
    author: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """The last part of a page's address and the page's titles, used to recognize its release."""

    place: str
    titles: tuple[str, ...]

    def rank(self, record: StateObject) -> int:
        """Return how well a record matches the page.

        An address match counts 2 and a title match 1: the result is 0 to 3.
        """
        by_place = any(self._is_place(part) for part in record.whole[:2])
        key = comparison_key(title_in(record))
        by_title = len(key) >= SHORTEST_TITLE and any(key in title for title in self.titles)
        return 2 * by_place + by_title

    def _is_place(self, value: Mapping[str, Any]) -> bool:
        return bool(self.place) and any(
            last_of(address) == self.place
            for name, part in value.items()
            if PLACE.fullmatch(name)
            for address in (part.values() if isinstance(part, dict) else (part,))
            if isinstance(address, (str, int))
        )


def find_state_release(  # noqa: PLR0917 - needs all identifiers of a page
    root: etree._Element,
    url: str,
    base: str,
    meta: EmbeddedMetadata,
    listed: str,
    reading: DateContext,
) -> StateRelease | None:
    """Return the release in a page's scripts that best matches the page, or None.

    ``listed`` is the page's title in a listing.
    """
    titles = (listed, meta.title, meta.meta("og:title", "twitter:title"), meta.text("headline"))
    named = PageIdentity(last_of(url), tuple(filter(None, map(comparison_key, titles))))
    ranked = [
        (named.rank(record), record) for state in states(root) for record in state_objects(state)
    ]
    writer = Writer()
    best: tuple[int, int] = (0, 0)
    found: StateRelease | None = None
    for rank, record in sorted(ranked, key=lambda pair: -pair[0])[:MAX_RECORDS]:
        if rank < best[0] or not (rank or (record.alone and title_in(record))):
            continue
        html, length = body_in(record.value, writer)
        if (
            length >= (SHORTEST_BODY if rank else MIN_UNMATCHED_BODY_LENGTH)
            and (rank, length) > best
        ):
            best = rank, length
            found = StateRelease(
                title_in(record),
                html,
                date_in(record, reading),
                image_in(record, base),
                author_in(record),
                BODY_CONFIDENCES[rank],
            )
    return found


def release_in_state(
    page: Page, meta: EmbeddedMetadata, body: MainContent | None, listed: str, reading: DateContext
) -> StateRelease | None:
    """Return the release in a page's scripts if the page's elements show a far shorter text.

    Scripts are not searched if the visible body is long and certain. This saves CPU time.
    """
    shown = sum(len(block.text) for block in body.kept) if body else 0
    if body is not None and shown >= ENOUGH and body.confidence >= DOUBTFUL:
        return None
    found = find_state_release(page.tree, page.url, page.base, meta, listed, reading)
    if found is None or len(TAG.sub(" ", found.html)) < shown * FAR_LONGER:
        return None
    return found


def last_of(place: str | int) -> str:
    """Return the letters and digits of an address's last path segment, or "" if it is too short."""
    try:
        parts = urlsplit(str(place)[:MAX_PLACE])
    except ValueError:
        return ""
    segments = [part for part in unquote(parts.path).split("/") if part]
    last = re.sub(r"\.\w{2,5}$", "", segments[-1]) if segments else ""
    key = comparison_key(last)
    return key if len(key) >= SHORTEST_PLACE else ""
