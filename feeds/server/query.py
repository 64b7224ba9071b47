"""Query parameters of feeds and pages generated on request."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping

from data.clock import utc_now
from data.errors import CommuniqueError
from data.languages.tags import feed_language
from data.models import Facet
from data.search.query import MAX_QUERY_LENGTH, Query
from data.search.results import STATES
from data.wording import meant
from feeds.formats.opml import DEFAULT_GROUPS, OPML_GROUPS
from feeds.pages.builder_page import SELECTION_PARAMETERS
from feeds.searches import PAGE_PARAMETERS, SEARCH_PARAMETERS
from feeds.urls import FEED_BUILDER, SEARCH, SEARCH_PAGE, WATCH_FEED

ISO_DAY = re.compile(r"\d{4}-?(\d{2}-?\d{2}|W\d{2}-?\d)", re.ASCII)
"""A date without a time (ISO 8601)."""

SEARCH_PAGES = (SEARCH_PAGE, SEARCH_PAGE + "/")
"""The paths of the search page."""


class BadQuery(CommuniqueError):
    """An invalid query."""


def allowed_parameters(path: str) -> tuple[str, ...]:
    """Return the parameters that a path accepts."""
    if path in SEARCH_PAGES:
        return SEARCH_PARAMETERS + PAGE_PARAMETERS
    if path.rpartition(".")[0] == SEARCH:
        return SEARCH_PARAMETERS
    if path == FEED_BUILDER:
        return (*SELECTION_PARAMETERS, "kind", "format")
    if path.startswith(WATCH_FEED):
        return ("token",)
    return (*SEARCH_PARAMETERS, "groups") if path == "/opml.xml" else ("asof",)


def instant_of(asked: str) -> dt.datetime:
    """Parse a past time (UTC if it has no zone), or the end of a past day (UTC).

    Raises BadQuery.
    """
    try:
        if ISO_DAY.fullmatch(asked):
            began = dt.datetime.combine(dt.date.fromisoformat(asked), dt.time.min, dt.UTC)
            at = dt.datetime.combine(began, dt.time.max, dt.UTC)
        else:
            # An unencoded plus sign arrives as a space.
            at = dt.datetime.fromisoformat(re.sub(r"(T\S+) (?=\S+$)", r"\1+", asked))
            began = at = at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(
            f"{asked[:40]} is not a day; use asof=2024-03-01, or asof=2024-03-01T12:00:00Z"
        ) from error
    if began > utc_now():
        raise BadQuery(f"asof={asked[:40]} is in the future; use today (UTC) or an earlier day")
    return at


def day_of(name: str, asked: Mapping[str, str]) -> dt.date | None:
    """Parse the day in a parameter; None if it is absent. Raises BadQuery."""
    text = asked.get(name)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"{name}={text[:40]} is not a day; use {name}=2024-03-01") from error


def query_of(asked: Mapping[str, str]) -> Query:
    """Return the query of a search from its parameters (feeds.searches). Raises BadQuery."""
    text = asked.get("q", "")
    if len(text) > MAX_QUERY_LENGTH:
        raise BadQuery(f"q has {len(text):,} characters; shorten it to {MAX_QUERY_LENGTH:,}")
    since, until = day_of("since", asked), day_of("until", asked)
    if since and until and since > until:
        raise BadQuery(f"since={since} is after until={until}; swap them")
    return Query(
        text,
        asked.get("source"),
        asked.get("topic"),
        since,
        until,
        asked.get("lang"),
        asked.get("state"),
    )


def refuse_unknown(asked: Mapping[str, str], sources: Collection[str]) -> None:
    """Raise BadQuery for an unknown source, state or language, and for an invalid day.

    A feed of them would stay empty. Unknown topics are allowed: a topic may get its first release
    later.
    """
    query_of(asked)
    for source in asked.get("source", "").split(","):
        if source and source not in sources:
            near = meant(source[:40], sorted(sources)) or "; /sources/ lists them"
            raise BadQuery(f"source={source[:40]} is not a source{near}")
    for state in asked.get("state", "").split(","):
        if state and state not in STATES:
            raise BadQuery(
                f"state={state[:40]} is not a state; use state={' or state='.join(STATES)}"
            )
    for tag in asked.get("lang", "").split(","):
        if tag and not feed_language(tag):
            raise BadQuery(f"lang={tag[:40]} is not a language; use a tag such as lang=en")


def with_present_sources(asked: Mapping[str, str], moves: Mapping[str, str]) -> Mapping[str, str]:
    """Replace previous ids of sources by current ones. ``moves`` maps previous to current ids."""
    if "source" not in asked:
        return asked
    names = (moves.get(one, one) for one in asked["source"].split(","))
    return {**asked, "source": ",".join(names)}


def groups_of(asked: Mapping[str, str]) -> Collection[str]:
    """Return the groups of feeds that an OPML file contains.

    Without a ``groups`` parameter these are the feeds of sources, or all groups of a selected
    source or topic. A selection never contains event feeds, which cover the whole site. Raises
    BadQuery for an unknown group.
    """
    named = asked.get("groups", "").split(",") if "groups" in asked else ()
    for group in named:
        if group not in OPML_GROUPS:
            listed = ", ".join(OPML_GROUPS)
            raise BadQuery(f"groups={group[:40]} is not a group of feeds; the groups are {listed}")
    if {"source", "topic"} & asked.keys():
        return {*(named or OPML_GROUPS)} - {"events"}
    return named or DEFAULT_GROUPS


def is_chosen(facet: Facet, asked: Mapping[str, str]) -> bool:
    """Return whether a facet matches the comma-separated sources and topics of a query."""
    return all(
        getattr(facet, name) in asked[name].split(",")
        for name in ("source", "topic")
        if name in asked
    )
