"""The page that says that nothing is at an address, with what is there instead, or near it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from data.models import Facet
from feeds.catalog import Catalog
from feeds.pages.renderer import PageRenderer
from feeds.urls import FEED_SUFFIXES, href, name_of, page_file

FILE: Final = "404.html"
"""The page that static hosts show for what they do not have, at whatever depth."""

MOST: Final = 5
"""Things of one kind that are offered."""

LONGEST: Final = 100
"""Characters of an address that are looked at."""

ALIKE: Final = 0.6
"""How much two names have in common, of 1, to be taken for one."""

Near: TypeAlias = tuple[str, str]
"""What something is called, and the file of its page."""


def not_found_page(pages: PageRenderer, root: str, near: Iterable[Near] = ()) -> bytes:
    """The page, whose links begin with ``root``: it is shown at addresses of any depth."""
    return pages.render(
        "not_found.html",
        FILE,
        Facet(),
        title=pages.catalog.texts.gettext("Nothing is published at this address"),
        link=lambda file: root + href(file),
        near=list(near),
    )


def static_not_found_page(pages: PageRenderer) -> bytes:
    """The page among the files of a site: it leads to where the settings say that the site lies."""
    return not_found_page(pages, urlsplit(pages.catalog.site).path)


def near_misses(path: str, catalog: Catalog, counts: Mapping[Facet, int]) -> Iterator[Near]:
    """What is near a path at which nothing is: a source or topic of a like name, the month."""
    match unquote(path[:LONGEST]).removesuffix("/").split("/")[1:]:
        case ["days", *parts] | ["feeds", "date", *parts]:
            yield from periods(parts, catalog, counts)
        case ["sources", name, *_] | ["feeds", "source", name, *_]:
            yield from alike(name, catalog, counts, lambda facet: facet.source)
        case ["topics", name, *_] | ["feeds", "topic", name, *_]:
            yield from alike(name, catalog, counts, lambda facet: facet.topic)
        case ["languages", name, *_] | ["feeds", "language", name, *_]:
            yield from alike(name, catalog, counts, lambda facet: facet.language)
        case [*_, name] if name:
            yield from alike(name, catalog, counts, lambda facet: facet.source)
            yield from alike(name, catalog, counts, lambda facet: facet.topic)


def periods(parts: list[str], catalog: Catalog, counts: Mapping[Facet, int]) -> Iterator[Near]:
    """The smallest period that holds a day, and has releases."""
    digits = [without_suffix(part).zfill(2) for part in parts[:3]]
    for count in range(len(digits), 0, -1):
        facet = Facet(period="-".join(digits[:count]))
        if facet in counts:
            yield catalog.name(facet), page_file(facet)
            return


def alike(
    name: str,
    catalog: Catalog,
    counts: Mapping[Facet, int],
    part_of: Callable[[Facet], str | None],
) -> Iterator[Near]:
    """The sources, topics or languages whose ids or names are like a name."""
    wanted = without_suffix(name)
    wanted = (name_of(wanted) or wanted).casefold()
    known: dict[str, list[Facet]] = {}
    for facet in counts:
        part = part_of(facet)
        # A facet of this part alone.
        if part is not None and [*filter(None, facet_parts(facet))] == [part]:
            name = catalog.name(facet).casefold()
            for one in {part.casefold(), name, *name.split()}:
                known.setdefault(one, []).append(facet)
    found = get_close_matches(wanted, known, n=2 * MOST, cutoff=ALIKE)
    found += [one for one in known if len(wanted) > 2 and wanted in one]  # noqa: PLR2004 - a word
    facets = dict.fromkeys(facet for one in found for facet in known[one])
    for facet in [*facets][:MOST]:
        yield catalog.name(facet), page_file(facet)


def facet_parts(facet: Facet) -> tuple[str | None, ...]:
    """The parts of a facet."""
    return facet.source, facet.topic, facet.period, facet.section, facet.language


def without_suffix(name: str) -> str:
    """A name without the ending of a feed."""
    return next((name[: -len(one)] for one in FEED_SUFFIXES if name.endswith(one)), name)
