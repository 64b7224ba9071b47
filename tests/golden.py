"""Golden tests of sources: what a room's pages say, as a person read it, beside those pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data.normalize import clean_text
from data.reading import Reading
from spiders.listing_page import read_listing
from spiders.loader import read_source, shipped_folder
from spiders.page import Page
from spiders.pages import ListingPage, ReleasePage
from spiders.release_page import read_release
from spiders.source import SourceFile

ROOMS = Path(__file__).parent / "sources"
NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
"""When all rooms are read: what "yesterday" counts from, and the latest possible day."""

LISTING = ("items", "next")
RELEASE = ("title", "published", "precision", "language", "body_text")
"""What is written for a room without an expected.json; a person may add other fields."""


@dataclass(frozen=True)
class Room:
    """The pages of one source, and what must be read off them."""

    folder: Path

    @cached_property
    def source(self) -> SourceFile:
        """The room's own source.toml, else the shipped source of that name."""
        own = self.folder / "source.toml"
        shipped = shipped_folder() / f"{self.folder.name}.toml"
        return read_source(own if own.exists() else shipped)

    @property
    def reading(self) -> Reading:
        """How a crawl of this source would read its dates at NOW."""
        languages = (self.source.language,) if self.source.language else ()
        captured = self.expected.get("listing", {}).get("captured")
        now = dt.datetime.fromisoformat(captured) if captured else NOW
        return Reading(self.source.timezone, self.source.date_order, languages, now)

    @cached_property
    def expected(self) -> Mapping[str, Mapping[str, Any]]:
        """What a person wrote down; empty where nobody did."""
        path = self.folder / "expected.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    @cached_property
    def listing(self) -> ListingPage:
        """What is read off the listing."""
        url = self.expected.get("listing", {}).get("url", self.source.url)
        (path,) = self.folder.glob("listing.*")
        return read_listing(Page(url, path.read_bytes()), self.reading, self.source.listing)

    @cached_property
    def release(self) -> ReleasePage:
        """What is read off the release, with what the listing says of it, as in a crawl."""
        items = {item.url: item for item in self.listing.items}
        first = next(iter(items), self.source.url)
        url = self.expected.get("release", {}).get("url", first)
        body = (self.folder / "release.html").read_bytes()
        rules = self.source.rules_on(None)
        return read_release(Page(url, body), self.reading, rules, items.get(url))

    def found(self, part: str, field: str) -> Any:
        """One field of a page in the form of expected.json."""
        return listing_field(self.listing, field) if part == "listing" else self.of_release(field)

    def of_release(self, field: str) -> Any:
        """One field of the release: text as a list of paragraphs, files by their addresses."""
        content = self.release.content
        published = content.published
        match field:
            case "published":
                return published.iso if published else None
            case "precision":
                return published.precision if published else None
            case "body_text":
                return content.body_text.split("\n\n")
            case "images" | "attachments":
                return [media.url for media in getattr(content, field)]
            case "editions":
                return dict(self.release.editions)
            case _:
                return getattr(content, field)

    def wanted(self, part: str, field: str) -> Any:
        """One field as the person wrote it, its text in the form that all our text has."""
        value = self.expected[part][field]
        return [clean_text(text) for text in value] if field == "body_text" else value

    def fields(self) -> Iterator[tuple[str, str]]:
        """Every field that expected.json states; the addresses are where the pages were."""
        for part, values in self.expected.items():
            for field in values:
                if field not in {"url", "captured"}:
                    yield part, field

    def write(self) -> Path:
        """Write expected.json from what is read, for a person to correct."""
        found = {
            "listing": {"url": self.listing.url}
            | {field: self.found("listing", field) for field in LISTING},
            "release": {"url": self.release.url}
            | {field: self.found("release", field) for field in RELEASE},
        }
        path = self.folder / "expected.json"
        path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
        return path


def listing_field(listing: ListingPage, field: str) -> Any:
    """The items of a listing, or the address of its next page."""
    if field == "next":
        return listing.next
    return [
        {
            "url": item.url,
            "title": item.title,
            "published": item.published.iso if item.published else None,
        }
        for item in listing.items
    ]


def rooms() -> list[Room]:
    """All the rooms, by the names of their folders."""
    return [Room(folder) for folder in sorted(ROOMS.iterdir()) if folder.is_dir()]
