"""Golden tests of a source: its pages as served, and their expected extraction.

A folder contains listing.html, release.html and expected.json (see spiders.golden.expected). Its
``captured`` field is the time that "yesterday" refers to.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import CommuniqueError
from spiders.golden.expected import Expected, as_expected, fields_of, found, wanted
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules, SourceFile
from spiders.sources.unmatched import Unmatched, listing_matches, message_about, release_matches

LISTING, RELEASE, EXPECTED = "listing.html", "release.html", "expected.json"

MAX_SHOWN_LENGTH = 60
"""Maximum characters of a value in a difference."""


class BadGolden(CommuniqueError):
    """A golden test can't be read or written."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


def write_golden(
    folder: Path, file: SourceFile, listing: Page, release: Page, now: dt.datetime
) -> None:
    """Save two pages of a source and their current extraction for a person to correct.

    Raises BadGolden if a golden test already exists, or if it can't be written.
    """
    if (folder / EXPECTED).exists():
        raise BadGolden(folder / EXPECTED, "it exists already; remove it to sample again")
    # Pages that are only readable with the response's Content-Type are stored in UTF-8.
    kept = {LISTING: lasting(listing), RELEASE: lasting(release)}
    listed, read = _read(
        file, Page(listing.url, kept[LISTING]), Page(release.url, kept[RELEASE]), now
    )
    expected = as_expected(listed, read, {"captured": now.isoformat(timespec="seconds")})
    text = json.dumps(expected, ensure_ascii=False, indent=2)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in kept.items():
            (folder / name).write_bytes(body)
        (folder / EXPECTED).write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise BadGolden(folder, f"it can't be written ({error})") from error


def differences(folder: Path, file: SourceFile) -> Iterator[str]:
    """Yield differences from expected.json, and selectors that match nothing, as sentences.

    Raises BadGolden.
    """
    golden = read_golden(folder)
    expected, read = golden.expected, golden.read_by(file)
    yield from (message_about(*one) for one in golden.unmatched(file).without())
    try:
        for part, name in fields_of(expected):
            want, got = wanted(expected, part, name), found(*read, part, name)
            if got != want:
                yield f"{part}.{name}: {_difference(want, got)}"
    except (AttributeError, TypeError) as error:
        raise BadGolden(folder, f"expected.json contains an unknown field ({error})") from error


@dataclass(frozen=True, slots=True)
class Golden:
    """The two pages of a golden test, their expected extraction, and the time of their capture."""

    expected: Expected
    now: dt.datetime
    listing: tuple[str, bytes]
    release: tuple[str, bytes]

    def read_by(self, file: SourceFile) -> tuple[Listing, ExtractedRelease]:
        """Extract the pages by a source file."""
        return _read(file, Page(*self.listing), Page(*self.release), self.now)

    def unmatched(self, file: SourceFile) -> Unmatched:
        """Return the selectors of a source file that match nothing on the pages."""
        found, listing = Unmatched(), Page(*self.listing)
        if not file.feed:
            found.note(listing_matches(listing, file.listing))
        release = Page(*self.release)
        listed = read_listing(listing, file.date_context(self.now), file.listing)
        found.note(release_matches(release, _rules(file, _item(listed, release))))
        return found


def read_golden(folder: Path) -> Golden:
    """Read the golden test in a folder. Raises BadGolden."""
    try:
        expected = json.loads((folder / EXPECTED).read_text("utf-8"))
        return Golden(
            expected,
            dt.datetime.fromisoformat(expected["listing"]["captured"]),
            (expected["listing"]["url"], (folder / LISTING).read_bytes()),
            (expected["release"]["url"], (folder / RELEASE).read_bytes()),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        cause = f"the golden test can't be read ({type(error).__name__}: {error})"
        raise BadGolden(folder, cause) from error


def lasting(page: Page) -> bytes:
    """Return a page's bytes in a form that does not depend on the server's Content-Type."""
    return page.body if Page(page.url, page.body).markup == page.markup else page.markup


def _read(
    file: SourceFile, listing: Page, release: Page, now: dt.datetime
) -> tuple[Listing, ExtractedRelease]:
    reading = file.date_context(now)
    listed = read_listing(listing, reading, file.listing)
    item = _item(listed, release)
    return listed, read_release(release, reading, _rules(file, item), item)


def _item(listed: Listing, release: Page) -> ListingItem | None:
    """Return the item of a listing for a release page, or None."""
    return next((item for item in listed.items if item.url == release.url), None)


def _rules(file: SourceFile, item: ListingItem | None) -> ReleaseRules:
    """Return the rules for a release, by the day that its listing states."""
    return file.rules_on(item.published.day if item and item.published else None)


def _difference(wanted: Any, got: Any) -> str:
    if isinstance(wanted, list) and isinstance(got, list):
        missing = [one for one in wanted if one not in got]
        added = [one for one in got if one not in wanted]
        parts = [f"{len(missing)} missing, {len(added)} added"]
        parts += [f"first missing {_short(missing[0])}"] if missing else []
        parts += [f"first more {_short(added[0])}"] if added else []
        return ", ".join(parts) if missing or added else "the same in another order"
    return f"expected {_short(wanted)}, found {_short(got)}"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        value = " ".join(str(part) for part in value.values() if part)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[:MAX_SHOWN_LENGTH]}…"
