"""The form in which expected.json says what is read off a listing and a release.

{"listing": {"url", "captured", "items": [{"url", "title", "published"}], "next"}, "release":
{"url", "title", "published", "precision", "language", "body_text", "images", "attachments"}}: text
as a list of paragraphs, files by their addresses. A person may add other fields of a release.
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
"""The fields that are written for a person to correct."""

CIRCUMSTANCES: Final = frozenset(("url", "captured"))
"""Where and when the pages were: what is said of them, not read off them."""


def as_expected(
    listing: Listing, release: ExtractedRelease, circumstances: Mapping[str, Any]
) -> Expected:
    """What is read now, for a person to correct; ``circumstances`` are said of the listing."""
    return {
        "listing": {"url": listing.url, **circumstances}
        | {name: of_listing(listing, name) for name in LISTING},
        "release": {"url": release.url} | {name: of_release(release, name) for name in RELEASE},
    }


def fields_of(expected: Expected) -> list[tuple[str, str]]:
    """The part and the name of every field that is to be read off a page."""
    return [
        (part, name)
        for part, values in expected.items()
        for name in values
        if name not in CIRCUMSTANCES
    ]


def wanted(expected: Expected, part: str, name: str) -> Any:
    """A field as a person wrote it, its text in the form that all our text has."""
    value = expected[part][name]
    return list(map(clean_text, value)) if name == "body_text" else value


def found(listing: Listing, release: ExtractedRelease, part: str, name: str) -> Any:
    """A field as it is read. Raises AttributeError where there is none of that name."""
    return of_listing(listing, name) if part == "listing" else of_release(release, name)


def of_listing(page: Listing, name: str) -> Any:
    """A field of a listing. Raises AttributeError."""
    return list(map(item_values, page.items)) if name == "items" else getattr(page, name)


def of_release(page: ExtractedRelease, name: str) -> Any:
    """A field of a release. Raises AttributeError."""
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
    """What two pages say as a person wrote it; of what nobody wrote, as it is read.

    Raises KeyError, TypeError or ValueError where that is not written as it should be.
    """
    items = tuple(
        ListingItem(item["url"], item["title"], _published(item["published"], zone))
        for item in expected["listing"]["items"]
    )
    said = expected["release"]
    content = replace(
        release.content,
        title=said["title"],
        published=_published(said["published"], zone),
        body_text="\n\n".join(map(clean_text, said["body_text"])),
    )
    return replace(listing, items=items), content


def _published(iso: str | None, zone: str) -> Published | None:
    """A date as it is written, of a day or of an instant with its offset."""
    if iso is None:
        return None
    at = dt.datetime.fromisoformat(iso)
    if at.tzinfo is None:
        return on_day(at.date(), zone, iso, "expected")
    return Published(at.astimezone(dt.UTC), "second", zone, iso, "expected")
