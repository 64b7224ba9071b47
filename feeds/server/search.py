"""Search for feeds and for the search page, and parsing of their query parameters.

Feeds sort results by date. In a feed sorted by relevance, a new release would never appear if a
hundred old releases are more relevant. The search page offers both orders.
"""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice, product

from data.clock import utc_now
from data.errors import CommuniqueError, SlowSearch
from data.languages.tags import feed_language
from data.models import Facet, Release
from data.search.expression import STATES, check_sources
from data.search.passages import file_hits
from data.search.query import Hits, Query
from data.search.spelling import MAX_TITLES, respelled
from data.search.syntax import MAX_QUERY_LENGTH
from data.store.core.store import Store
from data.wording import meant
from feeds.catalog import Catalog
from feeds.entries.entry import folded
from feeds.formats.opml import DEFAULT_GROUPS, OPML_GROUPS
from feeds.pages.builder_page import SELECTION_PARAMETERS, SITE_FEEDS, BuiltFeed, kind_of, state_of
from feeds.pages.search_page import Hit, SearchResults
from feeds.pages.search_problems import SearchProblem, notes_on, problems_of
from feeds.searches import PAGE_PARAMETERS, SEARCH_PARAMETERS, present_text
from feeds.urls import FEED_BUILDER, SEARCH_FEED, SEARCH_PAGE, WATCH_FEED

FACET_PARAMETERS = ("source", "topic")
"""Parameters of searches that need only the facets of releases, not the search index."""

MAX_FACET_PAIRS = 20
"""Maximum number of pairs of a source and a topic in a search without words."""

PREVIEW_RELEASES = 5
"""Number of releases in the feed builder's preview."""

RESULTS_PER_PAGE = 30
"""Number of results per page of the search."""

ISO_DAY = re.compile(r"\d{4}-?(\d{2}-?\d{2}|W\d{2}-?\d)", re.ASCII)
"""Pattern that matches a date without a time (ISO 8601)."""

SEARCH_PAGES = (SEARCH_PAGE, SEARCH_PAGE + "/")
"""Paths of the search page, with and without a final slash."""


def search(
    store: Store, asked: Mapping[str, str], limit: int, saved: Mapping[str, str]
) -> Sequence[Release]:
    """Return the newest releases that match search parameters, at most ``limit``.

    ``asked`` contains the parameters in feeds.searches.SEARCH_PARAMETERS. Without words in ``q``,
    all releases that match the other parameters are returned. Without any parameter, no releases
    are returned. ``saved`` contains the saved searches. Raises BadQuery for an invalid parameter,
    QueryError for an invalid query, and SlowSearch if the search takes too long.
    """
    moves = store.source_moves()
    asked = with_present_sources(asked, moves)
    if asked and asked.keys() <= set(FACET_PARAMETERS):
        return of_facets(store, asked, limit)
    return store.search_newest(query_of(asked, saved, moves), limit=limit).releases


def of_facets(
    store: Store, asked: Mapping[str, str], limit: int, offset: int = 0
) -> Sequence[Release]:
    """Return the newest releases of the requested sources and topics, in feed order."""
    every = product(
        *(asked[name].split(",") if name in asked else [None] for name in FACET_PARAMETERS)
    )
    facets = [Facet(*names) for names in islice(every, MAX_FACET_PAIRS)]
    if len(facets) == 1:
        return tuple(store.releases(facets[0], limit=limit, offset=offset))
    some = (one for facet in facets for one in store.releases(facet, limit=offset + limit))
    found = sorted({one.id: one for one in some}.values(), key=lambda one: one.id)
    found.sort(key=lambda one: one.order, reverse=True)
    return found[offset : offset + limit]


def search_results(
    store: Store, catalog: Catalog, asked: Mapping[str, str], saved: Mapping[str, str]
) -> SearchResults:
    """Return the data for the search page: results, or the problems of the search parameters."""
    moves = store.source_moves()
    asked = with_present_sources(asked, moves)
    problems = problems_of(catalog, asked, Query(present_text(asked), saved=saved, moves=moves))
    if problems or not asked.keys() - set(PAGE_PARAMETERS):
        return SearchResults(asked, problems=problems)
    query = query_of(asked, saved, moves)
    try:
        if asked.keys() & set(PAGE_PARAMETERS):
            matches, hits = store.count_matches(query), hits_of(store, query, asked)
        else:
            matches, hits = store.count_and_search(query, limit=RESULTS_PER_PAGE)
    except SlowSearch:
        message = catalog.texts.gettext(
            "This search took too long and was stopped. Use a rarer word, or fewer sources or days."
        )
        return SearchResults(asked, problems=[SearchProblem(message, [])])
    shown: list[Hit] = [(one, ()) for one in hits.releases]
    if "source" not in asked:
        # One hit per story, each with the other releases of its story.
        ids = {one.id for one in hits.releases}
        shown = list(folded(store, hits.releases, lambda one: one.id in ids, lambda _: True))
    notes = notes_on(catalog.texts, query)
    releases = [release for release, _ in shown]
    files = file_hits(releases, store.texts_of_releases(releases), query)
    titles = [] if matches.total else store.newest_titles(limit=MAX_TITLES)
    return SearchResults(
        asked,
        query,
        matches,
        shown,
        hits.cursor,
        files,
        notes=notes,
        respelled=respelled(asked.get("q", ""), titles),
    )


def built_feed(
    store: Store, catalog: Catalog, asked: Mapping[str, str], saved: Mapping[str, str]
) -> BuiltFeed:
    """Return the data for the feed builder: the chosen feed and a preview.

    Raises BadQuery for an invalid parameter, and SlowSearch if the search takes too long.
    """
    selected = {name: asked[name] for name in SELECTION_PARAMETERS if name in asked}
    moves = store.source_moves()
    selected = dict(with_present_sources(selected, moves))
    problems = problems_of(
        catalog, selected, Query(present_text(selected), saved=saved, moves=moves)
    )
    if problems or not selected or kind_of(asked) in SITE_FEEDS:
        return BuiltFeed(asked, problems)
    query = query_of({**selected, **state_of(asked)}, saved, moves)
    matches, newest = store.count_and_search(query, limit=PREVIEW_RELEASES)
    return BuiltFeed(asked, (), matches, newest.releases)


def hits_of(store: Store, query: Query, asked: Mapping[str, str]) -> Hits:
    """Return one page of hits. For an invalid cursor, return the first page.

    If hits are ordered by relevance, the cursor is an offset, otherwise a position from the store.
    """
    text = asked.get("cursor", "")
    cursor = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - digits of a number of 64 bits
    if "more" in asked:
        return Hits((), None)
    best_first = asked.get("sort") == "best"
    return store.search_page(query, limit=RESULTS_PER_PAGE, cursor=cursor, best_first=best_first)


class BadQuery(CommuniqueError):
    """Raised for invalid parameters of a search. The message explains the fault."""


def allowed_parameters(path: str) -> tuple[str, ...]:
    """Return the names of the query parameters that a path accepts."""
    if path in SEARCH_PAGES:
        return SEARCH_PARAMETERS + PAGE_PARAMETERS
    if path.rpartition(".")[0] == SEARCH_FEED:
        return SEARCH_PARAMETERS
    if path == FEED_BUILDER:
        return (*SELECTION_PARAMETERS, "kind", "format")
    if path.startswith(WATCH_FEED):
        return ("token",)
    return (*SEARCH_PARAMETERS, "groups") if path == "/opml.xml" else ("asof",)


def instant_of(asked: str) -> dt.datetime:
    """Parse a past time (by default in UTC), or a past day, which stands for its end in UTC.

    Raises BadQuery if it is invalid or in the future.
    """
    try:
        if ISO_DAY.fullmatch(asked):
            began = dt.datetime.combine(dt.date.fromisoformat(asked), dt.time.min, dt.UTC)
            at = dt.datetime.combine(began, dt.time.max, dt.UTC)
        else:
            # An unencoded plus sign is decoded as a space.
            at = dt.datetime.fromisoformat(re.sub(r"(T\S+) (?=\S+$)", r"\1+", asked))
            began = at = at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(
            f"asof={asked[:40]} is not a day or time; "
            "write asof=2024-03-01 or asof=2024-03-01T12:00:00Z"
        ) from error
    if began > utc_now():
        raise BadQuery(f"asof={asked[:40]} is in the future; use today (UTC) or an earlier day")
    return at


def day_of(name: str, asked: Mapping[str, str]) -> dt.date | None:
    """Return the day in a parameter, or None if the parameter is missing.

    Raises BadQuery if it is not a day.
    """
    text = asked.get(name)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        why = f"{name}={text[:40]} is not a valid day; write it like {name}=2024-03-01"
        raise BadQuery(why) from error


def query_of(asked: Mapping[str, str], saved: Mapping[str, str], moves: Mapping[str, str]) -> Query:
    """Convert search parameters to a query of the store.

    ``saved`` contains the saved searches, and ``moves`` maps previous ids of sources to current
    ids. Raises BadQuery for an invalid parameter.
    """
    text = asked.get("q", "")
    if len(text) > MAX_QUERY_LENGTH:
        raise BadQuery(f"q has {len(text):,} characters; shorten it to {MAX_QUERY_LENGTH:,}")
    since, until = day_of("since", asked), day_of("until", asked)
    if since and until and since > until:
        raise BadQuery(f"since={since} is after until={until}; swap them")
    return Query(
        present_text(asked),
        asked.get("source"),
        asked.get("topic"),
        since,
        until,
        asked.get("lang"),
        asked.get("state"),
        saved=saved,
        moves=moves,
    )


def refuse_unknown(
    asked: Mapping[str, str],
    sources: Collection[str],
    saved: Mapping[str, str],
    moves: Mapping[str, str],
) -> None:
    """Raise BadQuery for an unknown source, state or language, and for an invalid day.

    A feed with such a filter would always be empty. Unknown topics are allowed, because a topic may
    get its first release later. Raises QueryError for an invalid query.
    """
    query = query_of(asked, saved, moves)
    check_sources(query.expression, query.text, sources)
    for source in asked.get("source", "").split(","):
        if source and source not in sources:
            near = meant(source[:40], sorted(sources)) or "; /sources/ lists all sources"
            raise BadQuery(f"no source named {source[:40]}{near}")
    for state in asked.get("state", "").split(","):
        if state and state not in STATES:
            raise BadQuery(
                f"state={state[:40]} is not a release state; use state={' or state='.join(STATES)}"
            )
    for tag in asked.get("lang", "").split(","):
        if tag and not feed_language(tag):
            raise BadQuery(
                f"lang={tag[:40]} is not a known language tag; write, for example, lang=en"
            )


def with_present_sources(asked: Mapping[str, str], moves: Mapping[str, str]) -> Mapping[str, str]:
    """Replace previous ids of sources in search parameters with their current ids.

    ``moves`` maps previous ids to current ids.
    """
    if "source" not in asked:
        return asked
    names = (moves.get(one, one) for one in asked["source"].split(","))
    return {**asked, "source": ",".join(names)}


def groups_of(asked: Mapping[str, str]) -> Collection[str]:
    """Return the groups of feeds to include in an OPML file.

    Without a ``groups`` parameter, the file contains the feeds of sources, or all groups of a
    selected source or topic. A selection never contains event feeds, which cover the whole site.
    Raises BadQuery for an unknown group.
    """
    named = asked.get("groups", "").split(",") if "groups" in asked else ()
    for group in named:
        if group not in OPML_GROUPS:
            listed = ", ".join(OPML_GROUPS)
            raise BadQuery(f"groups={group[:40]} is not a group of feeds; use one of {listed}")
    if {"source", "topic"} & asked.keys():
        return {*(named or OPML_GROUPS)} - {"events"}
    return named or DEFAULT_GROUPS


def is_chosen(facet: Facet, asked: Mapping[str, str]) -> bool:
    """Return whether a facet matches the requested sources and topics."""
    return all(
        getattr(facet, name) in asked[name].split(",")
        for name in ("source", "topic")
        if name in asked
    )
