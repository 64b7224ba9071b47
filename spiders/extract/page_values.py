"""Extract one page as plain values, with the field names that Communique uses everywhere.

`read_page` is for separate processes that extract many pages.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from data.clock import utc_now
from data.dates.context import DateContext
from data.errors import PAGE_BUG
from data.text.clean import clean_line
from data.text.urls import is_web
from spiders.extract.page_type import kind_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import SECTION, read_release

Wanted = Literal["auto", "listing", "release"]

MAX_PAGE_BYTES = 20_000_000
"""Maximum size of a page that is extracted, in bytes."""

GZIP = b"\x1f\x8b"


def extract(
    page_id: str, page: Page, context: DateContext, kind: Wanted = "auto"
) -> dict[str, Any]:
    """Extract a page as values that can be written as JSON.

    If ``kind`` is "auto", the page is first classified as a release or a listing.
    """
    if kind == "listing":
        return listing_values(page_id, read_listing(page, context))
    release = read_release(page, context)
    if kind == "release" or release.content.body_rule == SECTION:
        return release_values(page_id, release)
    listing = read_listing(page, context)
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
    """Return a listing item as plain values."""
    published = item.published.iso if item.published else None
    # Clean the title like the titles of collected releases, for example of soft hyphens.
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


@dataclass(frozen=True, slots=True)
class Task:
    """A page to extract: the path of a saved file, or a fetched page.

    ``problem`` is an error from before the extraction, or None.
    """

    id: str
    place: str
    url: str
    kind: Wanted
    problem: str | None = None
    fetched: Page | None = None


def read_page(task: Task) -> bytes | str:
    """Return the extraction of a page as JSON (bytes), or an error message as a string."""
    if task.problem is not None:
        return task.problem
    try:
        page = task.fetched or saved(task)
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: a path with NUL
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        return f"{task.place} can't be read ({cause})"
    try:
        extracted = extract(task.id, page, DateContext("UTC", now=utc_now()), task.kind)
    except Exception as error:  # noqa: BLE001 - one page must not stop the others
        return f"{task.place}: {PAGE_BUG} ({type(error).__name__}: {error})"
    if task.url and not page.url:
        extracted["reasons"].append(
            f"{task.url!r} is not a web address, so links were not resolved"
        )
    return msgspec.json.encode(extracted)


def saved(task: Task) -> Page:
    """Load a saved page, which may be compressed with gzip and is truncated if it is too large.

    An invalid page URL is ignored.
    """
    path = Path(task.place)
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    with gzip.open(path) if packed else path.open("rb") as opened:
        return Page(task.url if is_web(task.url) else "", opened.read(MAX_PAGE_BYTES))
