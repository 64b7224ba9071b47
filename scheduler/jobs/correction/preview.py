"""What a source file reads with a selector and without it, on the pages that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import unified_diff
from itertools import islice

import msgspec

from data.clock import utc_now
from data.errors import SourceError
from data.text.clean import clean_line
from data.text.redaction import redacted_toml
from data.toml_files import read_text
from data.wording import counted
from scheduler.jobs.correction.fields import Field
from scheduler.jobs.correction.source_text import digest_of, with_selector
from scheduler.jobs.drift import DriftGuard, why_held
from spiders.archived.drift import Drift, harms_of
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.loader import LoadedSource, parse_source
from spiders.sources.source_file import SourceFile

SHOWN = 300
"""Characters of a value that are shown."""


class BeforeAfter(msgspec.Struct, frozen=True):
    """What a page gives for a field, without a selector and with it."""

    url: str
    before: str
    after: str


class Preview(msgspec.Struct, frozen=True):
    """What comes of a selector: on which pages what, and which lines of the file change.

    ``digest`` is that of the file as it is. ``drift`` tells what of the stored pages is read
    otherwise, and ``held`` why visits would go on as before, or is empty.
    """

    digest: str
    changed: Sequence[str]
    pages: Sequence[BeforeAfter]
    drift: Sequence[Drift]
    held: str = ""


def preview(
    guard: DriftGuard, loaded: LoadedSource, pages: Sequence[Page], field: Field, selector: str
) -> Preview:
    """What comes of a selector for a field. Raises SourceError for one that can't be used."""
    text = read_text(loaded.path, SourceError)
    changed = with_selector(text, str(loaded.path), field, selector)
    file = parse_source(changed, str(loaded.path))
    drifts = guard.drifts(replace(loaded, file=file))
    worse = next((one for one in drifts if one.is_mass_change), None)
    return Preview(
        digest_of(text),
        [*changed_lines(text, changed)],
        [
            BeforeAfter(page.url, value(page, loaded.file, field), value(page, file, field))
            for page in pages
        ],
        drifts,
        why_held(loaded.id, worse.cause, harms_of(worse)) if worse else "",
    )


def changed_lines(before: str, after: str) -> Iterator[str]:
    """The lines that change, with two around them, and no secrets."""
    old, new = (redacted_toml(text).splitlines() for text in (before, after))
    # The first two name the files.
    yield from islice(unified_diff(old, new, n=2, lineterm=""), 2, None)


def value(page: Page, file: SourceFile, field: Field) -> str:
    """What a page gives for a field by a source file, as people read it."""
    # Reading leaves marks on a tree: each has one of its own.
    fresh = Page(page.url, page.body, page.content_type)
    reading = file.date_context(utc_now())
    if field.table == "listing":
        listing = read_listing(fresh, reading, file.listing)
        if field.key == "next":
            return listing.next or "nothing"
        dated = sum(item.published is not None for item in listing.items)
        titles = " · ".join(clean_line(item.title) for item in listing.items[:3])
        return f"{counted(len(listing.items), 'release')}, {dated} with a date: {titles}"[:SHOWN]
    content = read_release(fresh, reading, file.rules_on(None)).content
    match field.key:
        case "title":
            return content.title[:SHOWN]
        case "published":
            return (
                (content.published.iso or str(content.published.day))
                if content.published
                else "nothing"
            )
        case "body" | "drop":
            text = clean_line(content.body_text)
            return f"{counted(len(content.body_text), 'character')}: {text[:SHOWN]}"
        case _:
            return (getattr(content, field.key) or "nothing")[:SHOWN]
