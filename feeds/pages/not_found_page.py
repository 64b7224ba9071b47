"""The 404 page, with suggestions of similar addresses."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from data.models import Facet
from feeds.catalog import Catalog
from feeds.pages.renderer import PageRenderer
from feeds.urls import FEED_SUFFIXES, href, name_of, page_file

NOT_FOUND_FILE: Final = "404.html"
"""File of the 404 page that static hosts serve."""

MAX_SUGGESTIONS: Final = 5
"""Maximum number of suggested sources, topics or languages."""

MAX_PATH_CHARACTERS: Final = 100
"""Maximum number of characters of a requested path that are compared with known addresses."""

MIN_SIMILARITY: Final = 0.6
"""Minimum similarity of a suggested name (difflib ratio, 0 to 1)."""

Suggestion: TypeAlias = tuple[str, str]
"""A suggested name and the file of its page."""


def not_found_page(pages: PageRenderer, root: str, near: Iterable[Suggestion] = ()) -> bytes:
    """Render the 404 page with suggestions (``near``).

    Links start with ``root``, because the page is served for addresses in any folder.
    """
    return pages.render(
        "not_found.html",
        NOT_FOUND_FILE,
        title=pages.catalog.texts.gettext("Nothing is published at this address"),
        link=lambda file: root + href(file),
        near=list(near),
    )


def static_not_found_page(pages: PageRenderer) -> bytes:
    """Render the 404 page for static hosts. Its links start with the path of the site's URL."""
    return not_found_page(pages, urlsplit(pages.catalog.site).path)


def near_misses(path: str, pages: PageRenderer) -> Iterator[Suggestion]:
    """Yield suggestions for an unknown path.

    They are sources, topics or languages with similar names. For a path with a date, the suggestion
    is a period that contains the date.
    """
    known = pages.navigation
    match unquote(path[:MAX_PATH_CHARACTERS]).removesuffix("/").split("/")[1:]:
        case ["days", *parts] | ["feeds", "date", *parts]:
            yield from periods(parts, pages)
        case ["sources", name, *_] | ["feeds", "source", name, *_]:
            yield from similar(name, pages.catalog, known.sources)
        case ["topics", name, *_] | ["feeds", "topic", name, *_]:
            yield from similar(name, pages.catalog, known.topics)
        case ["languages", name, *_] | ["feeds", "language", name, *_]:
            yield from similar(name, pages.catalog, known.languages)
        case [*_, name] if name:
            yield from similar(name, pages.catalog, known.sources)
            yield from similar(name, pages.catalog, known.topics)


def periods(parts: list[str], pages: PageRenderer) -> Iterator[Suggestion]:
    """Yield the shortest period that has releases and contains the requested period."""
    digits = [without_suffix(part).zfill(2) for part in parts[:3]]
    for count in range(len(digits), 0, -1):
        facet = Facet(period="-".join(digits[:count]))
        if facet in pages.navigation.counts:
            yield pages.catalog.name(facet), page_file(facet)
            return


def similar(name: str, catalog: Catalog, among: Iterable[Facet]) -> Iterator[Suggestion]:
    """Yield the sources, topics or languages in ``among`` with an id or name like ``name``."""
    wanted = without_suffix(name)
    wanted = (name_of(wanted) or wanted).casefold()
    known: dict[str, list[Facet]] = {}
    for facet in among:
        part = facet.source or facet.topic or facet.language or ""
        name = catalog.name(facet).casefold()
        for one in {part.casefold(), name, *name.split()}:
            known.setdefault(one, []).append(facet)
    found = get_close_matches(wanted, known, n=2 * MAX_SUGGESTIONS, cutoff=MIN_SIMILARITY)
    found += [one for one in known if len(wanted) > 2 and wanted in one]  # noqa: PLR2004 - a word
    facets = dict.fromkeys(facet for one in found for facet in known[one])
    for facet in [*facets][:MAX_SUGGESTIONS]:
        yield catalog.name(facet), page_file(facet)


def without_suffix(name: str) -> str:
    """Return a name without the suffix of a feed."""
    return next((name[: -len(one)] for one in FEED_SUFFIXES if name.endswith(one)), name)
