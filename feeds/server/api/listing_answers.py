"""Answers about what releases are filed under, and about visits: sources, topics, days, runs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from data.health.overview import health_fields
from data.models import Facet, RemovedSource, Source
from feeds.catalog import REMOVED
from feeds.server.api import answers
from feeds.server.api.asking import Asking
from feeds.server.api.problems import Refused
from feeds.server.api.questions import PageQuestion, Question, RunsQuestion
from feeds.server.api.release_answers import present
from feeds.urls import DAY


class Moved(Exception):
    """What is asked for has another ``name`` now."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def sources(asking: Asking, asked: PageQuestion) -> answers.SourcePage:
    """The sources whose releases are shown, by id."""
    removed = asking.store.removed_sources()
    every = [
        one
        for one in asking.store.sources().values()
        if one.id not in removed or removed[one.id].kept
    ]
    some, after = asking.page(asked, every, lambda one: one.id, down=False)
    counts = asking.store.facets() if some else {}
    shown = tuple(source_answer(one, counts, removed.get(one.id)) for one in some)
    return answers.SourcePage(sources=shown, next=after)


def source(asking: Asking, _: Question) -> answers.Source:
    """One source. Raises Refused, and Moved where it was renamed."""
    found = known(asking)
    removed = asking.store.removed_sources().get(found.id)
    return source_answer(found, asking.store.facets(), removed)


def known(asking: Asking) -> Source:
    """The source that an address names. Raises Refused, and Moved where it was renamed."""
    now = asking.store.source_moves().get(asking.name, asking.name)
    found = asking.store.sources().get(now)
    if found is None:
        raise Refused(404, "there is no source with this id; /api/sources lists them")
    removed = asking.store.removed_sources().get(now)
    if removed and not removed.kept:
        raise Refused(410, REMOVED)
    if now != asking.name:
        raise Moved(now)
    return found


def source_answer(
    one: Source, counts: Mapping[Facet, int], removed: RemovedSource | None
) -> answers.Source:
    """A source as it is answered."""
    return answers.Source(
        id=one.id,
        name=one.name,
        url=one.url,
        timezone=one.timezone,
        releases=counts.get(Facet(source=one.id), 0),
        removed=removed.at.isoformat() if removed else None,
    )


def sections(asking: Asking, asked: PageQuestion) -> answers.SectionPage:
    """The sections of a source, by slug. Raises Refused, and Moved where it was renamed."""
    found = known(asking)
    labels = asking.store.section_labels()
    every = [
        answers.Section(
            slug=facet.section,
            label=labels.get((found.id, facet.section), facet.section),
            releases=count,
        )
        for facet, count in asking.store.facets().items()
        if facet.section is not None and facet.source == found.id
    ]
    some, after = asking.page(asked, every, lambda one: one.slug, down=False)
    return answers.SectionPage(sections=tuple(some), next=after)


def languages(asking: Asking, asked: PageQuestion) -> answers.LanguagePage:
    """The languages of releases, by tag."""
    every = [
        answers.Language(language=facet.language, releases=count)
        for facet, count in asking.store.facets().items()
        if facet.language is not None
    ]
    some, after = asking.page(asked, every, lambda one: one.language, down=False)
    return answers.LanguagePage(languages=tuple(some), next=after)


def topics(asking: Asking, asked: PageQuestion) -> answers.TopicPage:
    """The topics that releases have, by slug."""
    labels, parents = asking.store.topics(), asking.store.topic_parents()
    every = [
        answers.Topic(
            slug=facet.topic,
            label=labels.get(facet.topic, facet.topic),
            parent=parents.get(facet.topic),
            releases=count,
        )
        for facet, count in asking.store.facets().items()
        if facet.topic is not None and facet == Facet(topic=facet.topic)
    ]
    some, after = asking.page(asked, every, lambda one: one.slug, down=False)
    return answers.TopicPage(topics=tuple(some), next=after)


def days(asking: Asking, asked: PageQuestion) -> answers.DayPage:
    """The days on which something was published, the last one first."""
    every = [
        answers.Day(day=facet.period, releases=count)
        for facet, count in asking.store.facets().items()
        if facet.period is not None
        and len(facet.period) == DAY
        and facet == Facet(period=facet.period)
    ]
    some, after = asking.page(asked, every, lambda one: one.day, down=True)
    return answers.DayPage(days=tuple(some), next=after)


def health(asking: Asking, _: Question) -> answers.HealthReport:
    """How all sources are."""
    found = (msgspec.convert(health_fields(one), answers.SourceHealth) for one in asking.health())
    return answers.HealthReport(sources=tuple(found))


def runs(asking: Asking, asked: RunsQuestion) -> answers.RunPage:
    """Visits to sources, the last one first. Raises Refused."""
    source_id = next(iter(present(asking, asked.source)), None)
    before = asking.place(asked, int)
    found = asking.store.run_page(source_id, before, limit=asked.limit + 1)
    some = found[: asked.limit]
    after = asking.cursor(asked, some[-1][0] if len(found) > len(some) else None)
    return answers.RunPage(runs=tuple(run for _, run in some), next=after)
