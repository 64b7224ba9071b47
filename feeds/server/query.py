"""What queries ask for: searches, instants, selections."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping

from data.clock import utc_now
from data.errors import CommuniqueError
from data.models import Facet
from data.search.matches import STATES
from data.search.query import LONGEST, Query
from data.text.language_tags import feed_language
from data.wording import meant
from feeds.formats.opml import DEFAULT_GROUPS, OPML_GROUPS
from feeds.pages.builder_page import SELECTION_PARAMETERS
from feeds.searches import PAGE_PARAMETERS, SEARCH_PARAMETERS
from feeds.urls import FEED_BUILDER, SEARCH, SEARCH_PAGE, WATCH_FEED

ISO_DAY = re.compile(r"\d{4}-?(\d{2}-?\d{2}|W\d{2}-?\d)", re.ASCII)
"""A day without a time (ISO 8601)."""

PAGES = (SEARCH_PAGE, SEARCH_PAGE + "/")


class BadQuery(CommuniqueError):
    """A query that can't be answered."""


def allowed_parameters(path: str) -> tuple[str, ...]:
    """What may be asked for at a path."""
    if path in PAGES:
        return SEARCH_PARAMETERS + PAGE_PARAMETERS
    if path.rpartition(".")[0] == SEARCH:
        return SEARCH_PARAMETERS
    if path == FEED_BUILDER:
        return (*SELECTION_PARAMETERS, "kind", "format")
    if path.startswith(WATCH_FEED):
        return ("token",)
    return (*SEARCH_PARAMETERS, "groups") if path == "/opml.xml" else ("asof",)


def instant_of(asked: str) -> dt.datetime:
    """A past instant (UTC if it has no zone), or the end of a day until today (UTC).

    Raises BadQuery.
    """
    try:
        if ISO_DAY.fullmatch(asked):
            began = dt.datetime.combine(dt.date.fromisoformat(asked), dt.time.min, dt.UTC)
            at = dt.datetime.combine(began, dt.time.max, dt.UTC)
        else:
            # A plus sign that is not encoded comes as a space.
            at = dt.datetime.fromisoformat(re.sub(r"(T\S+) (?=\S+$)", r"\1+", asked))
            began = at = at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(
            f"{asked[:40]} is no day; write asof=2024-03-01, or asof=2024-03-01T12:00:00Z"
        ) from error
    if began > utc_now():
        raise BadQuery(f"asof={asked[:40]} is in the future; write today (UTC) or an earlier day")
    return at


def day_of(name: str, asked: Mapping[str, str]) -> dt.date | None:
    """A day that is asked for by a name, None where it is not. Raises BadQuery."""
    text = asked.get(name)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"{name}={text[:40]} is no day; write {name}=2024-03-01") from error


def query_of(asked: Mapping[str, str]) -> Query:
    """Return the query of a search from its parameters (feeds.searches). Raises BadQuery."""
    text = asked.get("q", "")
    if len(text) > LONGEST:
        raise BadQuery(f"this query has {len(text):,} characters, and {LONGEST:,} are read")
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
    """Raise BadQuery for a source, state, language or day that there is none of.

    A feed of them would stay empty for ever. A topic may get its first release any day.
    """
    query_of(asked)
    for source in asked.get("source", "").split(","):
        if source and source not in sources:
            near = meant(source[:40], sorted(sources)) or "; /sources/ lists them"
            raise BadQuery(f"source={source[:40]} is no source{near}")
    for state in asked.get("state", "").split(","):
        if state and state not in STATES:
            raise BadQuery(f"state={state[:40]} is none; write state={' or state='.join(STATES)}")
    for tag in asked.get("lang", "").split(","):
        if tag and not feed_language(tag):
            raise BadQuery(f"lang={tag[:40]} is no language; write its tag, such as lang=en")


def with_present_sources(asked: Mapping[str, str], moves: Mapping[str, str]) -> Mapping[str, str]:
    """What is asked for, with the present ids of sources; ``moves`` has them by earlier ones."""
    if "source" not in asked:
        return asked
    names = (moves.get(one, one) for one in asked["source"].split(","))
    return {**asked, "source": ",".join(names)}


def groups_of(asked: Mapping[str, str]) -> Collection[str]:
    """The groups of feeds that an OPML file is to contain.

    If the query names none: those of sources, or all groups of a chosen source or topic. Events are
    of the whole site, so a choice never contains them. Raises BadQuery for an unknown group.
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
    """Whether a facet is in a selection by sources and topics, each parted by commas."""
    return all(
        getattr(facet, name) in asked[name].split(",")
        for name in ("source", "topic")
        if name in asked
    )
