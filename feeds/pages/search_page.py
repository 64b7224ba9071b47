"""Search page: form, results, filters and feeds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, TypeAlias

from markupsafe import Markup, escape

from data.models import Facet, Media, Release
from data.search.expression import Place
from data.search.highlights import highlights
from data.search.passages import FileHit, passage
from data.search.query import MAX_COUNTED, Matches, Query
from data.search.syntax import MAX_QUERY_LENGTH, OPERATORS
from data.text.clean import plain
from feeds.catalog import Catalog
from feeds.entries.entry import entry_of
from feeds.pages.file_rows import name_of
from feeds.pages.renderer import FORMAT_NAMES, ROOT_MARK, PageRenderer
from feeds.pages.search_facets import (
    FilterList,
    active_filters,
    filter_names,
    filters_of_all,
    filters_of_matches,
    link_of,
)
from feeds.pages.search_problems import SearchProblem
from feeds.searches import PAGE_PARAMETERS, SearchParameters, canonical_query
from feeds.translations import Texts
from feeds.urls import FEED_TYPES, FORMATS, SEARCH_FEED, page_file, relative

STATIC_FILE = "search/index.html"
"""File of the page that static hosts show in place of search."""

PLAIN_WORDS: Final = re.compile(r"\w+(?: \w+)*")
"""Pattern that matches a query of words without operators, fields, phrases and prefixes."""

MIN_STEM_LETTERS: Final = 4
"""Minimum number of letters of a suggested prefix."""

Hit: TypeAlias = tuple[Release, tuple[Release, ...]]
"""A matching release, and the other releases of the story that it represents."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of search results. ``query`` is None if there is no search.

    ``hits`` contains each story once. ``files`` are matching pages of attachments by release id.
    ``cursor`` is the position after the hits, or None at the end. ``respelled`` is the query in
    another spelling, to suggest if nothing was found.
    """

    parameters: SearchParameters
    query: Query | None = None
    matches: Matches | None = None
    hits: Sequence[Hit] = ()
    cursor: int | None = None
    files: Mapping[str, FileHit] = field(default_factory=dict)
    problems: Sequence[SearchProblem] = ()
    notes: Sequence[str] = ()
    respelled: str | None = None


def static_page(pages: PageRenderer) -> bytes:
    """Render the search page for static hosts, which explains that search needs a server."""
    title = pages.catalog.texts.gettext("Search")
    return pages.render("search_static.html", STATIC_FILE, title=title)


def search_page(pages: PageRenderer, file: str, found: SearchResults) -> bytes:
    """Render the search page with results. ``file`` is the name of the page."""
    catalog = pages.catalog
    texts = catalog.texts
    parameters = {
        name: value for name, value in found.parameters.items() if name not in PAGE_PARAMETERS
    }
    query = canonical_query(parameters)
    up = "../" * file.count("/")
    best = found.parameters.get("sort") == "best"
    chosen = active_filters(catalog, parameters)
    rank = {"sort": "best"} if best else {}
    after = {**found.parameters, "cursor": str(found.cursor)}
    name = search_name(catalog, parameters)
    title = texts.gettext("Search: %(name)s", name=name) if parameters else texts.gettext("Search")
    nothing = found.matches and not found.matches.total
    return pages.render(
        "search.html",
        file,
        title=title,
        # The template adds the feeds of the search itself.
        alternates=[],
        parameters=parameters,
        longest=MAX_QUERY_LENGTH,
        problems=[(one.message, linked(one.suggestions), one.excerpt) for one in found.problems],
        notes=found.notes,
        chosen=[(key, value, link_of(rest)) for key, value, rest in chosen],
        hidden=[(key, parameters[key]) for key in filter_names(catalog) if key in parameters],
        facets=filters_of(pages, found, parameters),
        matches=found.matches,
        bound=MAX_COUNTED,
        days=[] if best else list(hits_by_day(pages, file, found)),
        rows=Markup("".join(rows(pages, up, found.hits, found, dated=True)))  # noqa: S704 - made by the template of a row
        if best
        else "",
        shown=len(found.hits),
        folded=any(others for _, others in found.hits),
        best=best,
        sorts=[
            (texts.gettext("Newest first"), link_of(parameters), not best),
            (texts.gettext("Best first"), link_of(parameters | {"sort": "best"}), best),
        ],
        first=link_of(parameters | rank) if "cursor" in found.parameters else None,
        older=link_of(after) if found.cursor is not None else None,
        feeds=[
            (FEED_TYPES[kind], FORMAT_NAMES[kind], f"{up}{SEARCH_FEED[1:]}.{kind}?{query}")
            for kind in FORMATS
        ],
        address=f"{catalog.site}{SEARCH_FEED}.atom?{query}",
        opml=f"{up}opml.xml?{query}",
        name=name,
        wider=wider_searches(texts, parameters, found.respelled) if nothing else [],
    )


def filters_of(
    pages: PageRenderer, found: SearchResults, parameters: SearchParameters
) -> list[FilterList]:
    """Return the filters of the matches, or the filters of all releases if there is no search."""
    if found.matches:
        more = found.parameters.get("more", "")
        return filters_of_matches(pages.catalog, found.matches, parameters, more)
    return [] if parameters else filters_of_all(pages.catalog, pages.navigation)


def hits_by_day(
    pages: PageRenderer, file: str, found: SearchResults
) -> Iterator[tuple[str, str, Markup]]:
    """Group hits by day, and yield the day's name, the link to its page, and the rows as HTML."""
    texts = pages.catalog.texts
    up = "../" * file.count("/")
    for day, some in groupby(found.hits, key=lambda one: one[0].day):
        yield (
            texts.format_period(day) if day else texts.gettext("No date"),
            relative(page_file(Facet(period=day)), file) if day else "",
            Markup("".join(rows(pages, up, list(some), found))),  # noqa: S704 - made by the template of a row
        )


def rows(
    pages: PageRenderer,
    up: str,
    hits: Sequence[Hit],
    found: SearchResults,
    *,
    dated: bool = False,
) -> Iterator[str]:
    """Yield the HTML rows of hits with marked matches. ``dated`` adds the day to each row."""
    query = found.query or Query("")
    for release, others in hits:
        entry = entry_of(release, pages.catalog, mixed=True, others=others)
        shown = marked(plain(passage(release.content, query)), query, "body")
        if hit := found.files.get(release.id):
            name = page_name(hit, pages.catalog.texts)
            inside = marked(plain(hit.passage), query, "body")
            shown += Markup("<br><b>{}</b>: {}").format(name, inside)
        if dated and release.day:
            shown = Markup("{} · {}").format(pages.catalog.texts.format_period(release.day), shown)
        row = pages.row(entry, title=marked(entry.title, query, "title"), passage=shown)
        yield row.decode().replace(ROOT_MARK, up)


def page_name(hit: FileHit, texts: Texts) -> str:
    """Return the name of a matching page of an attachment: ``Minutes, page 3``."""
    name = name_of(Media(hit.url, "", title=hit.title))
    if hit.part == "sheet":
        return texts.gettext("%(file)s, sheet %(number)s", file=name, number=hit.page)
    if hit.part == "slide":
        return texts.gettext("%(file)s, slide %(number)s", file=name, number=hit.page)
    return texts.gettext("%(file)s, page %(number)s", file=name, number=hit.page)


def marked(text: str, query: Query, place: Place) -> Markup:
    """Return a title or body as HTML in which the matches of a query are marked."""
    shown, end_before = Markup(), 0
    for start, end in highlights(text, query.wanted_in(place)):
        shown += escape(text[end_before:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        end_before = end
    return shown + escape(text[end_before:])


def search_name(catalog: Catalog, parameters: Mapping[str, str]) -> str:
    """Return a name for a search on one line: its words and filters."""
    parts = (
        plain(parameters.get("q", "")),
        *(value for _, value, _ in active_filters(catalog, parameters)),
    )
    return " · ".join(filter(None, parts)) or catalog.texts.gettext("nothing")


def wider_searches(
    texts: Texts, parameters: SearchParameters, respelled: str | None
) -> list[tuple[str, str]]:
    """Return labels and links of other searches, to offer for a search without results.

    The other searches are for another spelling, for only one of the words, for all words without
    filters, or for the beginning of a word.
    """
    words = parameters.get("q", "").split()
    found: list[tuple[str, SearchParameters]] = []
    if respelled:
        found.append((respelled, {**parameters, "q": respelled}))
    if PLAIN_WORDS.fullmatch(" ".join(words)) and not OPERATORS.intersection(words):
        if len(words) > 1:
            found.append(
                (texts.gettext("any of the words"), {**parameters, "q": " OR ".join(words)})
            )
        elif len(words[0]) > MIN_STEM_LETTERS:
            stem = words[0][: max(MIN_STEM_LETTERS, len(words[0]) - 2)]
            label = texts.gettext("words that begin with %(letters)s", letters=stem)
            found.append((label, {**parameters, "q": f"{stem}*"}))
    if words and parameters.keys() - {"q", "ql"}:
        only = {name: parameters[name] for name in ("q", "ql") if name in parameters}
        found.append((texts.gettext("the same words without filters"), only))
    return linked(found)


def linked(suggestions: Sequence[tuple[str, SearchParameters]]) -> list[tuple[str, str]]:
    """Convert suggestions to pairs of a name and a link."""
    return [(name, link_of(parameters)) for name, parameters in suggestions]
