"""Extract one page into plain values, with the field names that Communique uses everywhere."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from data.dates.context import DateContext
from data.text.clean import clean_line
from spiders.extract.page_type import kind_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.release.section import SECTION

Wanted = Literal["auto", "listing", "release"]


def extract(
    page_id: str, page: Page, reading: DateContext, kind: Wanted = "auto"
) -> dict[str, Any]:
    """Extract a page into values for JSON; the ``kind`` "auto" is replaced by the detected one."""
    if kind == "listing":
        return listing_values(page_id, read_listing(page, reading))
    release = read_release(page, reading)
    if kind == "release" or release.content.body_rule == SECTION:
        return release_values(page_id, release)
    listing = read_listing(page, reading)
    if kind_of(release, listing) == "listing":
        return listing_values(page_id, listing)
    return release_values(page_id, release)


def release_values(page_id: str, page: ExtractedRelease) -> dict[str, Any]:
    """Return a release page as plain values."""
    content = page.content
    return {
        "id": page_id,
        "kind": "release",
        "url": page.canonical or page.url,
        "title": content.title if page.confidence.get("title") else None,
        "published": content.published.iso if content.published else None,
        "precision": content.published.precision if content.published else None,
        "language": content.language,
        "section": content.section,
        "publisher": content.publisher,
        "author": content.author,
        "summary": content.summary,
        "body_html": content.body_html,
        "body_text": content.body_text,
        "images": msgspec.to_builtins(content.images),
        "attachments": msgspec.to_builtins(content.attachments),
        "links": msgspec.to_builtins(page.links),
        "editions": dict(page.editions),
        "confidence": dict(page.confidence),
        "reasons": list(page.reasons),
    }


def item_values(item: ListingItem) -> dict[str, Any]:
    """Return one item of a listing as plain values."""
    published = item.published.iso if item.published else None
    # Clean the title like those of collected releases, for example from soft hyphens.
    return {"url": item.url, "title": clean_line(item.title), "published": published}


def listing_values(page_id: str, page: Listing) -> dict[str, Any]:
    """Return a listing page as plain values."""
    return {
        "id": page_id,
        "kind": "listing",
        "items": list(map(item_values, page.items)),
        "next": page.next,
        "confidence": page.confidence,
        "rule": page.rule,
        "reasons": list(page.reasons),
    }
