"""Compare the extraction of a source's stored pages before and after a change.

The change is a changed source file or a new version of Communique.
"""

from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from data.models import Published
from data.revisions.extraction_drift import (
    MAX_EXAMPLES,
    MAX_VALUE_LENGTH,
    Example,
    PagesDrift,
    is_many,
    same_time,
)
from data.text.urls import canonical_url
from data.wording import counted
from spiders.items import Listing, ListingItem
from spiders.page.page import Page

Cause: TypeAlias = Literal["file", "program"]
"""The change that may affect extraction: "file" for the source file, "program" for Communique."""

MIN_DATED_SHARE: Final = 0.8
"""Minimum share of a listing's items that must have dates for new undated items to be suspicious.
"""


class ListingDrift(msgspec.Struct, frozen=True):
    """Changes in the items extracted from one listing page.

    - ``before``, ``after``: number of items before and after the change
    - ``lost``, ``gained``: number of items that are missing, and that are new
    - ``undated``: number of new items without a date, in a listing with dates
    - ``redated``: number of items that lost their date or have a different day
    """

    url: str
    before: int
    after: int
    lost: int = 0
    gained: int = 0
    undated: int = 0
    redated: int = 0
    examples: Sequence[Example] = ()

    @property
    def is_mass_change(self) -> bool:
        """Whether a person must review the change, because it affects too many items.

        Items count if they are lost, redated or undated.
        """
        harmed = (self.lost, self.undated, self.redated)
        return any(is_many(count, self.before) for count in harmed)

    @property
    def differs(self) -> bool:
        """Whether any item of the listing changed."""
        return any((self.lost, self.gained, self.redated))


class Drift(msgspec.Struct, frozen=True):
    """Changes in the extraction of a source after a change of its file or of Communique.

    ``pages_of`` describes the compared pages: the newest pages in the archive, or the source's
    sample pages. It is empty if no pages are stored.
    """

    cause: Cause
    pages_of: Literal["archive", "samples", "nothing"]
    releases: PagesDrift
    listing: ListingDrift | None = None

    @property
    def is_mass_change(self) -> bool:
        """Whether the change affects so much that a person must accept it first."""
        return self.releases.is_mass_change or bool(self.listing and self.listing.is_mass_change)

    @property
    def differs(self) -> bool:
        """Whether the extraction of any release or listing changed."""
        return bool(self.releases.fields) or bool(self.listing and self.listing.differs)


def compare_listings(before: Listing, after: Listing) -> ListingDrift:
    """Compare two extractions of the same listing page."""
    old, new = (_by_address(listing) for listing in (before, after))
    lost = [item for key, item in old.items() if key not in new]
    gained = [item for key, item in new.items() if key not in old]
    pairs = [(old[key], new[key]) for key in old.keys() & new.keys()]
    redated = [(one, two) for one, two in pairs if _is_redated(one.published, two.published)]
    dated = sum(item.published is not None for item in old.values())
    strange = (
        [one for one in gained if not one.published] if dated >= MIN_DATED_SHARE * len(old) else []
    )
    examples = [Example(one.url, _shown(one), "") for one in lost[:MAX_EXAMPLES]]
    examples += [Example(one.url, "", _shown(one)) for one in (strange or gained)[:MAX_EXAMPLES]]
    examples += [Example(one.url, _shown(one), _shown(two)) for one, two in redated[:MAX_EXAMPLES]]
    counts = len(old), len(new), len(lost), len(gained), len(strange), len(redated)
    return ListingDrift(after.url, *counts, examples)


def names_all(page: Page, listing: Listing) -> bool:
    """Whether a page contains the URLs of all items in a listing.

    If not, the listing was extracted from another version of the page. Only the last segment of
    each URL and its query values are searched for, so the result does not depend on extraction.
    """
    text = unquote(unescape(page.text))
    return all(part in text for item in listing.items for part in _parts(item.url))


def _parts(url: str) -> Iterator[str]:
    address = urlsplit(url)
    yield unquote(address.path.rstrip("/").rpartition("/")[2])
    for _, value in parse_qsl(address.query):
        yield value


def harms_of(drift: Drift) -> str:
    """Describe a mass change, for example ``of 20 stored pages, title changed on 20``."""
    return "; ".join(_harms(drift))


def _harms(drift: Drift) -> Iterator[str]:
    pages = drift.releases
    if pages.is_mass_change:
        worst = [one for one in pages.fields if one.harmed]
        how = {(True, True): "lost or changed", (True, False): "lost"}
        parts = [
            f"{one.field} {how.get((bool(one.lost), bool(one.changed)), 'changed')} on {one.harmed}"
            for one in worst
        ]
        which = "sample" if drift.pages_of == "samples" else "stored"
        yield f"of {counted(pages.pages, f'{which} page')}, {', '.join(parts)}"
    listing = drift.listing
    if listing and listing.is_mass_change:
        parts = [
            f"{count} {what}"
            for count, what in (
                (listing.lost, "missing"),
                (listing.redated, "with a lost or changed date"),
                (listing.undated, "new and undated"),
            )
            if is_many(count, listing.before)
        ]
        yield f"of {counted(listing.before, 'release')} on its listing, {', '.join(parts)}"


def _by_address(listing: Listing) -> dict[str, ListingItem]:
    return {canonical_url(item.url): item for item in listing.items}


def _is_redated(before: Published | None, after: Published | None) -> bool:
    if before is None or after is None:
        return before is not None
    return not same_time(before, after) and before.day != after.day


def _shown(item: ListingItem) -> str:
    day = f"{item.published.day} " if item.published else ""
    return f"{day}{item.title or item.url}"[:MAX_VALUE_LENGTH]
