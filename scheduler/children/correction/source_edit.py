"""Edit a selector in a source file: preview the extracted values on stored pages, and save it.

The rest of the file is not changed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from data.archive.warc.index import Index
from data.clock import utc_now
from data.errors import CommuniqueError, SourceError
from data.files import rewrite
from data.store.core.store import Store
from data.text.clean import clean_line
from data.text.masking import masked_toml
from data.toml_files import read_text
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.home.home import Home
from scheduler.sources.drift_guard import DriftGuard, why_held
from spiders.extract.golden import BadGolden, read_golden
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import LoadedSource, SourceFile, load_source, parse_source
from spiders.stored.drift import Drift, harms_of
from spiders.stored.stored_pages import PageCaptures, page_of

PageKind: TypeAlias = Literal["release", "listing"]


class Field(NamedTuple):
    """A key of a source file that contains a selector: its table, its name, and its label."""

    table: PageKind
    key: str
    label: str


FIELD_BY_KEY: Final = {
    f"{field.table}.{field.key}": field
    for field in (
        Field("release", "title", "Title of a release"),
        Field("release", "published", "Date of a release"),
        Field("release", "body", "Text of a release"),
        Field("release", "section", "Section of a release"),
        Field("release", "publisher", "Publisher of a release"),
        Field("release", "drop", "Parts that are cut out of the text"),
        Field("listing", "link", "Links of the listing to releases"),
        Field("listing", "item", "Each row of the listing"),
        Field("listing", "title", "Title of a row"),
        Field("listing", "published", "Date of a row"),
        Field("listing", "next", "Link to the next page"),
    )
}
"""Fields by ``table.key``, in the order in which the menu lists them."""


class SourceFileChanged(CommuniqueError):
    """Raised if the source file was changed while a person prepared the correction."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was changed by someone else, so it was not overwritten: reload the page"
        )
        self.path = path


def source_digest(text: str) -> str:
    """Return the digest of a source file's text, by which a change is detected."""
    return hashlib.sha256(text.encode()).hexdigest()


def with_selector(text: str, path: str, field: Field, selector: str) -> str:
    """Return the text of a source file with a selector for a field.

    An empty selector removes the current selector. If the file has several ``[[release]]`` tables,
    the table for the newest releases is changed. A selector for ``drop`` is added to the list.
    Raises SourceError if the result is invalid.
    """
    try:
        document = tomlkit.parse(text)
        if not selector and field.table not in document:
            return text
        table = _table(document, field.table)
        if field.key == "drop":
            known = [str(one) for one in table.get("drop", ())]
            dropped = [*known, selector] if selector and selector not in known else known
            value: object = dropped if selector else []
        else:
            value = selector
        if value:
            table[field.key] = value
        else:
            table.pop(field.key, None)
        changed = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, KeyError) as error:
        raise SourceError(
            path,
            field.table,
            f"this table can't be edited here: edit the source file instead ({error})",
        ) from error
    parse_source(changed, path)
    return changed


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    """Return a table of a TOML document, and create it if it is missing."""
    found = document.get(name)
    if isinstance(found, AoT):
        newest = next((one for one in found if "until" not in one), None)
        if newest is None:
            newest = tomlkit.table()
            found.append(newest)
        return newest
    if found is None:
        found = tomlkit.table()
        if document.body and not document.as_string().endswith("\n\n"):
            document.add(tomlkit.nl())
        document.add(name, found)
    return found


def save_selector(home: Home, source: str, field: Field, selector: str, digest: str) -> Path:
    """Write a selector into a source file of the home directory, atomically.

    ``digest`` is the digest of the text that the person saw. A bundled source is first copied into
    the home directory, whose files take precedence. Raises SourceFileChanged, SourceError,
    UnknownSource, HomeInUse and OSError.
    """
    with home.files_lock():
        loaded = load_source(home.sources, source)
        text = read_text(loaded.path, SourceError)
        if source_digest(text) != digest:
            raise SourceFileChanged(loaded.path)
        path = home.sources / f"{source}.toml"
        changed = with_selector(text, str(path), field, selector)
        path.parent.mkdir(exist_ok=True)
        rewrite(path, changed)
        return path


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
    old, new = (masked_toml(one).splitlines() for one in (text, changed))
    worse = next((one for one in drifts if one.is_mass_change), None)
    return Preview(
        source_digest(text),
        # The first two lines of a diff contain file names.
        [*unified_diff(old, new, n=2, lineterm="")][2:],
        [
            BeforeAfter(page.url, value(page, loaded.file, field), value(page, file, field))
            for page in pages
        ],
        drifts,
        why_held(loaded.id, worse.cause, harms_of(worse)) if worse else "",
    )


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
    try:
        golden = None if pages else read_golden(home.samples / loaded.id)
    except BadGolden:
        return []
    return [Page(*(golden.release if kind == "release" else golden.listing))] if golden else pages


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
