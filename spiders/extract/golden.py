"""Golden tests of a source: saved pages with their expected extraction.

The folder of a test contains listing.html, release.html and expected.json:

{"listing": {"url", "captured", "items": [{"url", "title", "published"}], "next"},
 "release": {"url", "title", "published", "precision", "language", "body_text", "images",
             "attachments"}}

``captured`` is the current time for words such as "yesterday". ``body_text`` is a list of
paragraphs. Images and attachments are lists of URLs. A person may add other fields of a release.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from data.dates.parse import on_day
from data.errors import CommuniqueError
from data.files import write_new
from data.models import Content, Published
from data.text.clean import clean_text
from spiders.extract.page_values import item_values
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules, SourceFile
from spiders.sources.unmatched_selectors import (
    Unmatched,
    listing_matches,
    message_about,
    release_matches,
)

Expected = Mapping[str, Mapping[str, Any]]

LISTING_FIELDS: Final = ("items", "next")
"""Fields of a listing that expected.json contains by default."""

RELEASE_FIELDS: Final = (
    "title", "published", "precision", "language", "body_text", "images", "attachments",
)  # fmt: skip
"""Fields of a release that expected.json contains by default."""

CIRCUMSTANCES: Final = frozenset(("url", "captured"))
"""Fields about the capture of the pages. They are not extracted."""

LISTING, RELEASE, EXPECTED = "listing.html", "release.html", "expected.json"

MAX_SHOWN_LENGTH = 60
"""Maximum length of a value in a message about a difference, in characters."""


def as_expected(
    listing: Listing, release: ExtractedRelease, circumstances: Mapping[str, Any]
) -> Expected:
    """Return the current extraction in the format of expected.json, for a person to correct.

    ``circumstances`` (the fields about the capture) are added to the listing.
    """
    return {
        "listing": {"url": listing.url, **circumstances}
        | {name: of_listing(listing, name) for name in LISTING_FIELDS},
        "release": {"url": release.url}
        | {name: of_release(release, name) for name in RELEASE_FIELDS},
    }


def expected_fields(expected: Expected) -> list[tuple[str, str]]:
    """Return each expected field as a pair of part ("listing" or "release") and field name."""
    return [
        (part, name)
        for part, values in expected.items()
        for name in values
        if name not in CIRCUMSTANCES
    ]


def wanted(expected: Expected, part: str, name: str) -> Any:
    """Return the expected value of a field, normalized like extracted text."""
    value = expected[part][name]
    return list(map(clean_text, value)) if name == "body_text" else value


def found(listing: Listing, release: ExtractedRelease, part: str, name: str) -> Any:
    """Return the extracted value of a field. Raises AttributeError if no field has this name."""
    return of_listing(listing, name) if part == "listing" else of_release(release, name)


def of_listing(page: Listing, name: str) -> Any:
    """Return a field of a listing. Raises AttributeError if no field has this name."""
    return list(map(item_values, page.items)) if name == "items" else getattr(page, name)


def of_release(page: ExtractedRelease, name: str) -> Any:
    """Return a field of a release. Raises AttributeError if no field has this name."""
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
    """Return the listing and the release's content with the expected values inserted.

    Fields without an expected value keep the extracted one. Raises KeyError, TypeError or
    ValueError if the expected values have a wrong format.
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
    """Parse a date from expected.json: a day, or a time with a UTC offset.

    A day is a local day in the time zone ``zone``.
    """
    if iso is None:
        return None
    at = dt.datetime.fromisoformat(iso)
    if at.tzinfo is None:
        return on_day(at.date(), zone, iso, "expected")
    return Published(at.astimezone(dt.UTC), "second", zone, iso, "expected")


class BadGolden(CommuniqueError):
    """Raised if a golden test can't be read or written."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


def write_golden(
    folder: Path, file: SourceFile, listing: Page, release: Page, now: dt.datetime
) -> None:
    """Save a listing page and a release page with their extraction, for a person to correct.

    Raises BadGolden if the golden test already exists or can't be written.
    """
    if (folder / EXPECTED).exists():
        raise BadGolden(folder / EXPECTED, "the file exists already; remove it to sample again")
    # Pages that can be decoded only with the response's Content-Type are stored in UTF-8.
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
        # Written last and atomically: a folder without this file is not a test.
        write_new(folder / EXPECTED, f"{text}\n")
    except OSError as error:
        raise BadGolden(folder, f"the folder can't be written ({error})") from error


def differences(folder: Path, file: SourceFile) -> Iterator[str]:
    """Yield sentences about differences from expected.json, and about selectors without a match.

    Raises BadGolden if the golden test can't be read.
    """
    golden = read_golden(folder)
    expected, read = golden.expected, golden.read_by(file)
    yield from (message_about(*one) for one in golden.unmatched(file).without())
    try:
        for part, name in expected_fields(expected):
            want, got = wanted(expected, part, name), found(*read, part, name)
            if got != want:
                yield f"{part}.{name}: {_difference(want, got)}"
    except (AttributeError, TypeError) as error:
        raise BadGolden(folder, f"expected.json contains an unknown field ({error})") from error


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden test: two saved pages, their expected extraction, and the time of their capture."""

    expected: Expected
    now: dt.datetime
    listing: tuple[str, bytes]
    release: tuple[str, bytes]

    def read_by(self, file: SourceFile) -> tuple[Listing, ExtractedRelease]:
        """Extract the saved pages with the rules of a source file."""
        return _read(file, Page(*self.listing), Page(*self.release), self.now)

    def unmatched(self, file: SourceFile) -> Unmatched:
        """Return the selectors of a source file that match nothing on the saved pages."""
        found, listing = Unmatched(), Page(*self.listing)
        if not file.feed:
            found.note(listing_matches(listing, file.listing))
        release = Page(*self.release)
        listed = read_listing(listing, file.date_context(self.now), file.listing)
        found.note(release_matches(release, _rules(file, _item(listed, release))))
        return found


def read_golden(folder: Path) -> Golden:
    """Load the golden test in a folder. Raises BadGolden if it can't be read."""
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
    """Return a page's bytes in a form that can be decoded without the Content-Type header."""
    return page.body if Page(page.url, page.body).markup == page.markup else page.markup


def _read(
    file: SourceFile, listing: Page, release: Page, now: dt.datetime
) -> tuple[Listing, ExtractedRelease]:
    context = file.date_context(now)
    listed = read_listing(listing, context, file.listing)
    item = _item(listed, release)
    return listed, read_release(release, context, _rules(file, item), item)


def _item(listed: Listing, release: Page) -> ListingItem | None:
    """Return the listing item of a release page, or None."""
    return next((item for item in listed.items if item.url == release.url), None)


def _rules(file: SourceFile, item: ListingItem | None) -> ReleaseRules:
    """Return the release rules for the publication day in a listing item."""
    return file.rules_on(item.published.day if item and item.published else None)


def _difference(wanted: Any, got: Any) -> str:
    if isinstance(wanted, list) and isinstance(got, list):
        missing = [one for one in wanted if one not in got]
        added = [one for one in got if one not in wanted]
        parts = [f"{len(missing)} missing, {len(added)} added"]
        parts += [f"first missing {_short(missing[0])}"] if missing else []
        parts += [f"first additional {_short(added[0])}"] if added else []
        return ", ".join(parts) if missing or added else "the same in another order"
    return f"expected {_short(wanted)}, found {_short(got)}"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        value = " ".join(str(part) for part in value.values() if part)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[:MAX_SHOWN_LENGTH]}…"
