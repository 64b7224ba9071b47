"""Golden tests of sources: what a room's pages say, as a person read it, beside those pages."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data.dates.context import DateContext
from spiders.extract.golden import Expected, as_expected, expected_fields, found, wanted
from spiders.items import ExtractedRelease, Listing
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import SourceFile, read_source, shipped_folder

ROOMS = Path(__file__).parent / "sources"
NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
"""When all rooms are read: what "yesterday" counts from, and the latest possible day."""


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
    def context(self) -> DateContext:
        """How a crawl of this source would read its dates at NOW."""
        languages = (self.source.language,) if self.source.language else ()
        captured = self.expected.get("listing", {}).get("captured")
        now = dt.datetime.fromisoformat(captured) if captured else NOW
        return DateContext(self.source.timezone, self.source.date_order, languages, now)

    @cached_property
    def expected(self) -> Expected:
        """What a person wrote down; empty where nobody did."""
        path = self.folder / "expected.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    @cached_property
    def listing(self) -> Listing:
        """What is read off the listing."""
        url = self.expected.get("listing", {}).get("url", self.source.url)
        (path,) = self.folder.glob("listing.*")
        return read_listing(Page(url, path.read_bytes()), self.context, self.source.listing)

    @cached_property
    def release(self) -> ExtractedRelease:
        """What is read off the release, with what the listing says of it, as in a crawl."""
        items = {item.url: item for item in self.listing.items}
        first = next(iter(items), self.source.url)
        url = self.expected.get("release", {}).get("url", first)
        body = (self.folder / "release.html").read_bytes()
        rules = self.source.rules_on(None)
        return read_release(Page(url, body), self.context, rules, items.get(url))

    def found(self, part: str, field: str) -> Any:
        """One field of a page in the form of expected.json."""
        return found(self.listing, self.release, part, field)

    def wanted(self, part: str, field: str) -> Any:
        """One field as the person wrote it."""
        return wanted(self.expected, part, field)

    def fields(self) -> list[tuple[str, str]]:
        """Every field that expected.json states."""
        return expected_fields(self.expected)

    def write(self) -> Path:
        """Write expected.json from what is read, for a person to correct."""
        said = as_expected(self.listing, self.release, {})
        path = self.folder / "expected.json"
        path.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", "utf-8")
        return path


def rooms() -> list[Room]:
    """All the rooms, by the names of their folders."""
    return [Room(folder) for folder in sorted(ROOMS.iterdir()) if folder.is_dir()]
