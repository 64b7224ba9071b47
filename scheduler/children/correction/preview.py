"""Compare the values that a source file extracts from stored pages with and without a selector."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from difflib import unified_diff
from itertools import islice
from typing import Final

import msgspec

from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import SourceError
from data.store.core.store import Store
from data.text.clean import clean_line
from data.text.masking import masked_toml
from data.toml_files import read_text
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.children.correction.source_text import Field, PageKind, source_digest, with_selector
from scheduler.home.home import Home
from scheduler.sources.drift_guard import DriftGuard, why_held
from spiders.extract.golden import BadGolden, read_golden
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import LoadedSource, SourceFile, parse_source
from spiders.stored.drift import Drift, harms_of
from spiders.stored.stored_pages import PageCaptures, page_of

MAX_VALUE_CHARS = 300
"""Maximum number of characters of a displayed value."""


MAX_PAGES: Final = 3
"""Maximum number of stored pages on which a selector is tried."""


class BeforeAfter(msgspec.Struct, frozen=True):
    """The value of a field on a page, without a selector and with it."""

    url: str
    before: str
    after: str


class Preview(msgspec.Struct, frozen=True):
    """Effect of a selector: the values on each page, and the changed lines of the source file.

    ``digest`` is the digest of the current source file. ``drift`` lists the changes on stored
    pages. ``held`` is the reason why the change would be held for review, or an empty string.
    """

    digest: str
    changed: Sequence[str]
    pages: Sequence[BeforeAfter]
    drift: Sequence[Drift]
    held: str = ""


def preview(
    guard: DriftGuard, loaded: LoadedSource, pages: Sequence[Page], field: Field, selector: str
) -> Preview:
    """Try a selector for a field and return its effect.

    Raises SourceError if the selector can't be used.
    """
    text = read_text(loaded.path, SourceError)
    changed = with_selector(text, str(loaded.path), field, selector)
    file = parse_source(changed, str(loaded.path))
    drifts = guard.drifts(replace(loaded, file=file))
    worse = next((one for one in drifts if one.is_mass_change), None)
    return Preview(
        source_digest(text),
        [*changed_lines(text, changed)],
        [
            BeforeAfter(page.url, value(page, loaded.file, field), value(page, file, field))
            for page in pages
        ],
        drifts,
        why_held(loaded.id, worse.cause, harms_of(worse)) if worse else "",
    )


def changed_lines(before: str, after: str) -> Iterator[str]:
    """Yield the changed lines of a text, each with two lines of context. Secrets are masked."""
    old, new = (masked_toml(text).splitlines() for text in (before, after))
    # The first two lines of a diff contain file names.
    yield from islice(unified_diff(old, new, n=2, lineterm=""), 2, None)


def value(page: Page, file: SourceFile, field: Field) -> str:
    """Return the value that a source file extracts for a field of a page, as displayed."""
    # Extraction modifies the tree, so each one gets a new Page.
    fresh = Page(page.url, page.body, page.content_type)
    context = file.date_context(utc_now())
    if field.table == "listing":
        listing = read_listing(fresh, context, file.listing)
        if field.key == "next":
            return listing.next or "nothing"
        dated = sum(item.published is not None for item in listing.items)
        titles = " · ".join(clean_line(item.title) for item in listing.items[:3])
        return f"{counted(len(listing.items), 'release')}, {dated} with a date: {titles}"[
            :MAX_VALUE_CHARS
        ]
    content = read_release(fresh, context, file.rules_on(None)).content
    match field.key:
        case "title":
            return content.title[:MAX_VALUE_CHARS]
        case "published":
            return (
                (content.published.iso or str(content.published.day))
                if content.published
                else "nothing"
            )
        case "body" | "drop":
            text = clean_line(content.body_text)
            return f"{counted(len(content.body_text), 'character')}: {text[:MAX_VALUE_CHARS]}"
        case _:
            return (getattr(content, field.key) or "nothing")[:MAX_VALUE_CHARS]


def saved_pages(home: Home, store: Store, loaded: LoadedSource, kind: PageKind) -> list[Page]:
    """Return the newest stored pages of a kind, at most MAX_PAGES.

    The pages come from the archive. If the archive has none, they come from the samples.
    """
    found = _releases(home, store, loaded) if kind == "release" else _listings(home, loaded)
    pages = [one for one in islice(found, MAX_PAGES) if not one.is_binary]
    return pages or [*_sample(home, loaded, kind)]


def _releases(home: Home, store: Store, loaded: LoadedSource) -> Iterator[Page]:
    guard = DriftGuard(home, store, load_taxonomy(home.topics))
    for page, _ in guard.newest_pages(loaded):
        if page.document is None:
            yield page


def _listings(home: Home, loaded: LoadedSource) -> Iterator[Page]:
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        for answer in captures.answers(loaded.file.url):
            yield page_of(answer)


def _sample(home: Home, loaded: LoadedSource, kind: PageKind) -> Iterator[Page]:
    try:
        golden = read_golden(home.samples / loaded.id)
    except BadGolden:
        return
    yield Page(*(golden.release if kind == "release" else golden.listing))
