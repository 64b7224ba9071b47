"""Handlers of API operations: sources, sections, languages, topics, days, health and runs."""

from collections.abc import Mapping

import msgspec

from data.health.overview import health_fields
from data.models import Facet, RemovedSource, Source
from feeds.catalog import REMOVED_SOURCE_TEXT
from feeds.server.api import schemas
from feeds.server.api.parameters import PageParameters, Parameters, RunsParameters
from feeds.server.api.problems import ApiError
from feeds.server.api.release_handlers import current_sources
from feeds.server.api.request_context import ApiContext
from feeds.urls import DAY


class SourceMoved(Exception):
    """Raised if the requested source was renamed. ``name`` is the new id of the source."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


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


def languages(context: ApiContext, asked: PageParameters) -> schemas.LanguagePage:
    """Return a page of the languages in which releases exist."""
    every = [
        schemas.Language(language=facet.language, releases=count)
        for facet, count in context.store.facets().items()
        if facet.language is not None
    ]
    some, after = context.page(asked, every, lambda one: one.language, down=False)
    return schemas.LanguagePage(languages=tuple(some), next=after)


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


def health(context: ApiContext, _: Parameters) -> schemas.HealthReport:
    """Return the health of all sources."""
    found = (msgspec.convert(health_fields(one), schemas.SourceHealth) for one in context.health())
    return schemas.HealthReport(sources=tuple(found))


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
