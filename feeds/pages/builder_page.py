"""Feed builder: a page on which readers choose filters and get the URL of the resulting feed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.models import Facet, Release
from data.search.query import Matches
from data.search.syntax import MAX_QUERY_LENGTH
from feeds.entries.entry import title_of
from feeds.pages.renderer import FORMAT_NAMES, PageRenderer
from feeds.pages.search_problems import SearchProblem
from feeds.searches import SearchParameters, canonical_query
from feeds.urls import (
    FEED_BUILDER,
    FEED_TYPES,
    FORMATS,
    SEARCH_FEED,
    SEARCH_PAGE,
    Format,
    feed_facet,
    href,
    release_file,
    stem_of,
)

BUILDER_FILE: Final = FEED_BUILDER.lstrip("/") + "index.html"

SELECTION_PARAMETERS: Final = ("q", "ql", "source", "topic", "lang")
"""Parameters of the feed builder that select releases."""

SITE_FEEDS: Final = {"days": "/feeds/days", "health": "/feeds/health"}
"""URL paths of feeds that always cover the whole site, by kind of feed."""

UNFILTERED_FEEDS: Final = {
    "": "/feeds/all",
    "corrected": "/feeds/changes",
    "retracted": "/feeds/retractions",
}
"""URL paths of feeds without filters, by kind of feed."""

MAX_CHOICES: Final = 1000
"""Maximum number of sources, topics or languages in a list of choices."""


@dataclass(frozen=True, slots=True)
class BuiltFeed:
    """Data of the feed builder: the choices, their problems, the matches and the newest releases.

    ``matches`` is None if the reader chose only a kind of feed.
    """

    parameters: SearchParameters
    problems: Sequence[SearchProblem] = ()
    matches: Matches | None = None
    newest: Sequence[Release] = ()


def kind_of(parameters: SearchParameters) -> str:
    """Return the chosen kind of feed.

    For an unknown kind, return the kind for releases (an empty string).
    """
    kind = parameters.get("kind", "")
    return kind if kind in {*SITE_FEEDS, *UNFILTERED_FEEDS} else ""


def state_of(parameters: SearchParameters) -> SearchParameters:
    """Return the search parameter ``state`` for the chosen kind of feed, or no parameter."""
    kind = kind_of(parameters)
    return {"state": kind} if kind and kind in UNFILTERED_FEEDS else {}


def feed_address(parameters: SearchParameters, counts: Mapping[Facet, int]) -> tuple[str, str]:
    """Return the URL path of the chosen feed, without suffix, and its query string.

    The query string is empty if the feed is a published file: the feed of all releases of one
    source, topic or language.
    """
    kind = kind_of(parameters)
    chosen = {name: parameters[name] for name in SELECTION_PARAMETERS if name in parameters}
    if kind in SITE_FEEDS:
        return SITE_FEEDS[kind], ""
    if not chosen:
        return UNFILTERED_FEEDS.get(kind, UNFILTERED_FEEDS[""]), ""
    if not kind and "q" not in chosen and "," not in "".join(chosen.values()):
        facet = Facet(chosen.get("source"), chosen.get("topic"), language=chosen.get("lang"))
        if facet.language is None or len(chosen) == 1:
            return href(stem_of(feed_facet(facet, counts))), ""
    return SEARCH_FEED, canonical_query({**chosen, **state_of(parameters)})


def builder_page(pages: PageRenderer, built: BuiltFeed | None = None) -> bytes:
    """Render the feed builder, or the notice for static hosts if ``built`` is None.

    Readers can choose the sources, topics and languages that have releases.
    """
    title = pages.catalog.texts.gettext("Build a feed")
    if built is None:
        return pages.render("builder_static.html", BUILDER_FILE, title=title)
    parameters = built.parameters
    address, query = feed_address(parameters, pages.navigation.counts)
    asks = f"?{query}" if query else ""
    kind: Format = next((one for one in FORMATS if one == parameters.get("format")), FORMATS[0])
    up = "../" * BUILDER_FILE.count("/")
    selection = {name: parameters[name] for name in SELECTION_PARAMETERS if name in parameters}
    wanted = {**selection, **state_of(parameters)}
    return pages.render(
        "builder.html",
        BUILDER_FILE,
        title=title,
        alternates=[],
        parameters=parameters,
        longest=MAX_QUERY_LENGTH,
        lists=list(choices_of(pages, parameters)),
        kinds=[(label, value, value == kind_of(parameters)) for label, value in kinds_of(pages)],
        kinds_of_file=[(FORMAT_NAMES[one], one, one == kind) for one in FORMATS],
        problems=built.problems,
        is_of_all=kind_of(parameters) in SITE_FEEDS and bool(selection),
        matches=built.matches,
        newest=[(title_of(one.content), release_file(one.id)) for one in built.newest],
        address=f"{pages.catalog.site}{address}.{kind}{asks}",
        feed=f"{up}{address[1:]}.{kind}{asks}",
        kind=FEED_TYPES[kind],
        search=f"{up}{SEARCH_PAGE[1:]}?{canonical_query(wanted)}" if wanted else "",
    )


def choices_of(
    pages: PageRenderer, parameters: SearchParameters
) -> Iterator[tuple[str, str, list[tuple[str, str, bool]]]]:
    """Yield the select fields of the feed builder: label, parameter and options.

    An option is a name, a value, and whether ``parameters`` contain the value.
    """
    catalog, texts, known = pages.catalog, pages.catalog.texts, pages.navigation
    for label, name, facets in (
        (texts.gettext("Sources"), "source", known.sources),
        (texts.gettext("Topics"), "topic", known.topics),
        (texts.gettext("Languages"), "lang", known.languages),
    ):
        chosen = parameters.get(name, "").split(",")
        values = ((catalog.name(one), one.source or one.topic or one.language) for one in facets)
        options = sorted(values, key=lambda one: texts.collation_key(one[0]))[:MAX_CHOICES]
        yield label, name, [(shown, value or "", value in chosen) for shown, value in options]


def kinds_of(pages: PageRenderer) -> list[tuple[str, str]]:
    """Return the kinds of feed as (label, value) options."""
    texts = pages.catalog.texts
    return [
        (texts.gettext("Releases"), ""),
        (texts.gettext("Releases that were corrected"), "corrected"),
        (texts.gettext("Releases that were retracted"), "retracted"),
        (texts.gettext("Completed days (whole site)"), "days"),
        (texts.gettext("Health of all sources"), "health"),
    ]
