"""Decide when a walk (paging through a listing) ends, and whether it is complete."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from data.models import Walk
from data.wording import counted
from spiders.items import Listing
from spiders.listing.paging.unread import lacks

MAX_IDLE_PAGES: Final = 3
"""Maximum number of consecutive listing pages without new releases before a walk ends."""

MAX_EMPTY_ARCHIVES: Final = 12
"""Maximum number of consecutive empty archives before a walk ends. Twelve monthly archives are one
year."""

MAX_FAILED_VISITS: Final = 10
"""Maximum number of consecutive visits that fail to read a listing's next page before visits stop
trying."""

STATUSES_BEYOND_END: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""Response statuses for a page number beyond the last page. WordPress's API responds with 400."""


def is_outdated(walk: Walk, front: Listing) -> bool:
    """Whether a new walk could find more pages of a listing than the finished walk.

    There are two reasons: an earlier version of Communique did not count listed releases and did
    not know archives, or the first page now links to more pages than before.
    """
    if walk.history == "complete":
        return not walk.listed and bool(front.archives or front.signs)
    leads_on = front.next or front.archives
    return bool(walk.remains and leads_on and walk.position == walk.start)


def finished(walk: Walk, *, keys: frozenset[str], front_keys: frozenset[str]) -> Walk:
    """Return the walk marked as finished.

    Its state is "bounded" if there are signs of more releases, otherwise "complete". ``keys`` and
    ``front_keys`` are the canonical URLs of the releases on its last and its first page.
    """
    reason = walk.forbidden or walk.remains
    is_same = walk.archived >= MAX_IDLE_PAGES - 1 and walk.idle >= MAX_IDLE_PAGES - 1
    if is_same and keys and keys == front_keys:
        reason = "the archives list the same releases as the first page"
    elif walk.archived and walk.archives and not keys:
        left = counted(len(walk.archives), "archive")
        reason = f"{walk.idle} consecutive archives are empty, so {left} were not read"
    elif walk.archived and walk.total and lacks(walk.total, walk.listed, walk.pages):
        reason = f"the listing claims {walk.total} releases, but only {walk.listed} were found"
    return replace(
        walk,
        history="bounded" if reason else "complete",
        bound=f"because {reason}" if reason else "",
        remains=reason,
        archives=(),
    )
