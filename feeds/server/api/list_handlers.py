"""Handlers of API operations: sources, sections, languages, topics, days, health, runs, changes.

The cursor of changes is the position of the last event that was sent. Events are only appended, so
the page after a cursor never changes. A client that stores the cursor and its own data in one
transaction processes every change exactly once, even after crashes.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from data.health.state import health_fields
from data.models import ChangeCursor, Facet, ReleaseEvent, RemovedSource, Source
from data.store.core.store import Store
from feeds.catalog import REMOVED_SOURCE_TEXT
from feeds.server.api import schemas
from feeds.server.api.operations import (
    UNKNOWN_ID,
    ApiContext,
    decode_cursor,
    encode_cursor,
    reading,
)
from feeds.server.api.parameters import (
    ChangesParameters,
    PageParameters,
    Parameters,
    RunsParameters,
)
from feeds.server.api.problems import ApiError
from feeds.server.api.release_handlers import (
    MAX_PAGE_CHARACTERS,
    counted_characters,
    current_sources,
)
from feeds.server.api.representations import release_answer
from feeds.urls import DAY

of_source = partial(
    reading,
    id_description="The id of a source. A previous id redirects to the current one (308).",
    redirects=True,
    refused=UNKNOWN_ID,
)
"""Decorator of handlers of one source."""

CHANGES_CURSOR: Final = "changes"
"""Text in cursors that identifies the list of changes."""

CHANGES_PER_QUERY: Final = 20
"""Number of changes that are read from the store per query."""

FIRST_PLACE: Final[ChangeCursor] = (0, 0)
"""Position before the first change, for requests without a cursor."""

STALE_CURSOR_MESSAGE: Final = (
    "this store has no change at this cursor: it was restored from a backup or rebuilt. Start "
    "again without `since`: the changes from the first one describe all releases, and their ids "
    "are the same as before"
)


class SourceMoved(Exception):
    """Raised if the requested source was renamed. ``name`` is the new id of the source."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@reading("/api/sources", "Sources, by id")
def sources(context: ApiContext, asked: PageParameters) -> schemas.SourcePage:
    """Return a page of the sources that have releases on this site."""
    removed = context.store.removed_sources()
    every = [
        one
        for one in context.store.sources().values()
        if one.id not in removed or removed[one.id].kept
    ]
    some, after = context.page(asked, every, lambda one: one.id, down=False)
    counts = context.store.facets() if some else {}
    shown = tuple(source_answer(one, counts, removed.get(one.id)) for one in some)
    return schemas.SourcePage(sources=shown, next=after)


@of_source("/api/sources/{id}", "One source")
def source(context: ApiContext, _: Parameters) -> schemas.Source:
    """Return the source whose id is in the request's path.

    Raises ApiError if the source is unknown, and SourceMoved if it was renamed.
    """
    found = known_source(context)
    removed = context.store.removed_sources().get(found.id)
    return source_answer(found, context.store.facets(), removed)


def known_source(context: ApiContext) -> Source:
    """Return the source whose id is in the request's path.

    Raises ApiError if the source is unknown, and SourceMoved if it was renamed.
    """
    now = context.store.source_moves().get(context.name, context.name)
    found = context.store.sources().get(now)
    if found is None:
        raise ApiError(404, "no source has this id; /api/sources lists all sources")
    removed = context.store.removed_sources().get(now)
    if removed and not removed.kept:
        raise ApiError(410, REMOVED_SOURCE_TEXT)
    if now != context.name:
        raise SourceMoved(now)
    return found


def source_answer(
    one: Source, counts: Mapping[Facet, int], removed: RemovedSource | None
) -> schemas.Source:
    """Return the API response for a source."""
    return schemas.Source(
        id=one.id,
        name=one.name,
        url=one.url,
        timezone=one.timezone,
        releases=counts.get(Facet(source=one.id), 0),
        removed=removed.at.isoformat() if removed else None,
    )


@of_source("/api/sources/{id}/sections", "Sections of a source, by slug")
def sections(context: ApiContext, asked: PageParameters) -> schemas.SectionPage:
    """Return a page of a source's sections.

    Raises ApiError if the source is unknown, and SourceMoved if it was renamed.
    """
    found = known_source(context)
    labels = context.store.section_labels()
    every = [
        schemas.Section(
            slug=facet.section,
            label=labels.get((found.id, facet.section), facet.section),
            releases=count,
        )
        for facet, count in context.store.facets().items()
        if facet.section is not None and facet.source == found.id
    ]
    some, after = context.page(asked, every, lambda one: one.slug, down=False)
    return schemas.SectionPage(sections=tuple(some), next=after)


@reading("/api/languages", "Languages of releases, by tag")
def languages(context: ApiContext, asked: PageParameters) -> schemas.LanguagePage:
    """Return a page of the languages in which releases exist."""
    every = [
        schemas.Language(language=facet.language, releases=count)
        for facet, count in context.store.facets().items()
        if facet.language is not None
    ]
    some, after = context.page(asked, every, lambda one: one.language, down=False)
    return schemas.LanguagePage(languages=tuple(some), next=after)


@reading("/api/topics", "Topics with releases, by slug")
def topics(context: ApiContext, asked: PageParameters) -> schemas.TopicPage:
    """Return a page of the topics that have releases."""
    labels, parents = context.store.topics(), context.store.topic_parents()
    every = [
        schemas.Topic(
            slug=facet.topic,
            label=labels.get(facet.topic, facet.topic),
            parent=parents.get(facet.topic),
            releases=count,
        )
        for facet, count in context.store.facets().items()
        if facet.topic is not None and facet == Facet(topic=facet.topic)
    ]
    some, after = context.page(asked, every, lambda one: one.slug, down=False)
    return schemas.TopicPage(topics=tuple(some), next=after)


@reading("/api/days", "Days with releases, newest first")
def days(context: ApiContext, asked: PageParameters) -> schemas.DayPage:
    """Return a page of the days with releases, newest first."""
    every = [
        schemas.Day(day=facet.period, releases=count)
        for facet, count in context.store.facets().items()
        if facet.period is not None
        and len(facet.period) == DAY
        and facet == Facet(period=facet.period)
    ]
    some, after = context.page(asked, every, lambda one: one.day, down=True)
    return schemas.DayPage(days=tuple(some), next=after)


@reading("/api/health", "Health of all sources")
def health(context: ApiContext, _: Parameters) -> schemas.HealthReport:
    """Return the health of all sources."""
    found = (msgspec.convert(health_fields(one), schemas.SourceHealth) for one in context.health())
    return schemas.HealthReport(sources=tuple(found))


@reading("/api/runs", "Visits to sources, newest first")
def runs(context: ApiContext, asked: RunsParameters) -> schemas.RunPage:
    """Return a page of visits to sources, newest first.

    Raises ApiError for an invalid parameter.
    """
    source_id = next(iter(current_sources(context, asked.source)), None)
    before = context.place(asked, int)
    found = context.store.run_page(source_id, before, limit=asked.limit + 1)
    some = found[: asked.limit]
    after = context.cursor(asked, some[-1][0] if len(found) > len(some) else None)
    return schemas.RunPage(runs=tuple(run for _, run in some), next=after)


@reading(
    "/api/changes",
    "All changes of releases, exactly once and in order",
    by_changes=True,
    refused={
        400: "The cursor does not belong to this address.",
        410: "This store does not know the cursor: start again without it.",
    },
)
def changes(context: ApiContext, asked: ChangesParameters) -> schemas.ChangePage:
    """Return a page of the changes after a cursor, oldest first.

    Raises ApiError for an invalid cursor, or for a cursor unknown to the store.
    """
    return changes_after(context.store, context.site, asked)


def changes_after(store: Store, site: str, asked: ChangesParameters) -> schemas.ChangePage:
    """Return a page of the changes after a cursor, oldest first. ``site`` is as in `ApiContext`.

    Raises ApiError with status 400 for an invalid cursor, and 410 for a cursor unknown to the
    store.
    """
    place = (
        decode_cursor(asked.since, CHANGES_CURSOR, tuple[int, int], "since")
        if asked.since
        else FIRST_PLACE
    )
    found: list[ReleaseEvent] = []
    size = 0
    while len(found) < asked.limit and size <= MAX_PAGE_CHARACTERS:
        limit = min(CHANGES_PER_QUERY, asked.limit - len(found))
        some = store.release_events(place, limit=limit)
        if some is None:
            raise ApiError(410, STALE_CURSOR_MESSAGE, parameter="since")
        if not some:
            break
        for one in some:
            found.append(one)
            place = one.cursor
            size += 0 if one.release.hidden else counted_characters(one.release)
            if size > MAX_PAGE_CHARACTERS:
                break
    return schemas.ChangePage(
        changes=tuple(
            schemas.Change(
                kind=one.kind,
                at=one.at.isoformat(timespec="milliseconds"),
                id=one.release.id,
                revision=one.revision,
                release=None if one.release.hidden else release_answer(site, one.release),
            )
            for one in found
        ),
        next=encode_cursor(CHANGES_CURSOR, place),
        more=bool(store.release_events(place, limit=1)),
    )
