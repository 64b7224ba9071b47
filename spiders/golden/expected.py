"""Format of expected.json: the expected extraction of a listing and a release.

{"listing": {"url", "captured", "items": [{"url", "title", "published"}], "next"}, "release":
{"url", "title", "published", "precision", "language", "body_text", "images", "attachments"}}: text
is a list of paragraphs, files are their addresses. A person may add other fields of a release.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from data.dates.parse import on_day
from data.models import Content, Published
from data.text.clean import clean_text
from spiders.extract.page_values import item_values
from spiders.items import ExtractedRelease, Listing, ListingItem

Expected = Mapping[str, Mapping[str, Any]]

LISTING: Final = ("items", "next")
RELEASE: Final = (
    "title", "published", "precision", "language", "body_text", "images", "attachments",
)  # fmt: skip
"""Fields of a listing and of a release that are written for a person to correct."""

CIRCUMSTANCES: Final = frozenset(("url", "captured"))
"""Fields about the capture of the pages, which are not extracted."""


def as_expected(
    listing: Listing, release: ExtractedRelease, circumstances: Mapping[str, Any]
) -> Expected:
    """Return the current extraction for a person to correct.

    ``circumstances`` are added to the listing.
    """
    return {
        "listing": {"url": listing.url, **circumstances}
        | {name: of_listing(listing, name) for name in LISTING},
        "release": {"url": release.url} | {name: of_release(release, name) for name in RELEASE},
    }


def fields_of(expected: Expected) -> list[tuple[str, str]]:
    """Return the part and the name of every field to extract."""
    return [
        (part, name)
        for part, values in expected.items()
        for name in values
        if name not in CIRCUMSTANCES
    ]


def wanted(expected: Expected, part: str, name: str) -> Any:
    """Return an expected field; its text is normalized like all extracted text."""
    value = expected[part][name]
    return list(map(clean_text, value)) if name == "body_text" else value


def found(listing: Listing, release: ExtractedRelease, part: str, name: str) -> Any:
    """Return an extracted field. Raises AttributeError if there is no field of that name."""
    return of_listing(listing, name) if part == "listing" else of_release(release, name)


def of_listing(page: Listing, name: str) -> Any:
    """Return a field of a listing. Raises AttributeError."""
    return list(map(item_values, page.items)) if name == "items" else getattr(page, name)


def of_release(page: ExtractedRelease, name: str) -> Any:
    """Return a field of a release. Raises AttributeError."""
    content = page.content
    match name:
        case "published":
            return content.published.iso if content.published else None
        case "precision":
            return content.published.precision if content.published else None
        case "body_text":
            return content.body_text.split("\n\n")
        case "images" | "attachments":
            return [media.url for media in getattr(content, name)]
        case "editions":
            return dict(page.editions)
        case _:
            return getattr(content, name)


def as_read(
    expected: Expected, listing: Listing, release: ExtractedRelease, zone: str
) -> tuple[Listing, Content]:
    """Return a listing and content with the expected values, and otherwise the extracted ones.

    Raises KeyError, TypeError or ValueError if the expected values have a wrong format.
    """
    items = tuple(
        ListingItem(item["url"], item["title"], _published(item["published"], zone))
        for item in expected["listing"]["items"]
    )
    fields = expected["release"]
    content = replace(
        release.content,
        title=fields["title"],
        published=_published(fields["published"], zone),
        body_text="\n\n".join(map(clean_text, fields["body_text"])),
    )
    return replace(listing, items=items), content


def _published(iso: str | None, zone: str) -> Published | None:
    """Parse a date: either a day, or a time with a UTC offset."""
    if iso is None:
        return None
    at = dt.datetime.fromisoformat(iso)
    if at.tzinfo is None:
        return on_day(at.date(), zone, iso, "expected")
    return Published(at.astimezone(dt.UTC), "second", zone, iso, "expected")
