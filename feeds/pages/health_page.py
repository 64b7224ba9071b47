"""Health pages: one per source, and one of all sources, with sources that need attention first."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.health.latency import latencies, latency_line
from data.health.state import Health
from data.models import Facet, HealthEvent, Recall, ReleaseTimes, Run
from data.text.clean import plain
from feeds.pages.charts import bar_chart
from feeds.pages.renderer import PageRenderer
from feeds.translations import Texts
from feeds.urls import page_file

HEALTH_FILE = "health/index.html"
"""Static page with the last recorded health of all sources. The web server serves a page with their
current health at the same path."""

MAX_SOURCES = 400
"""Maximum number of sources on the page of all sources."""

MAX_RUNS = 30
"""Maximum number of visits in the chart of a source. The table shows the last ten visits."""

MAX_EVENTS = 20
"""Maximum number of health changes on a source's health page."""


@dataclass(frozen=True, slots=True)
class HealthRow:
    """Table row for a source on the page of all sources.

    Unknown values are empty; times are UTC. ``label`` is the ``state`` as readable text. ``page``
    is empty if no release of the source is published. ``details`` is the health page of this
    source, which only the web server generates.
    """

    name: str
    page: str
    state: str
    label: str
    code: str
    reason: str
    since: str
    details: str = ""
    visiting: bool = False
    last: str = ""
    expected: str = ""


def health_page(
    pages: PageRenderer, found: Iterable[Health], last_events: Mapping[str, HealthEvent]
) -> bytes:
    """Render the page of all sources with their current health.

    ``last_events`` maps sources to their last change of health.
    """
    sources = sorted(found, key=lambda one: (one.is_well, name_key(pages, one.source)))
    rows = [health_row(pages, one, last_events.get(one.source)) for one in sources[:MAX_SOURCES]]
    return page_of_rows(
        pages,
        rows,
        [one.source for one in sources if one.last_run is None],
        ill=sum(not one.is_well for one in sources),
        visiting=sum(one.visiting for one in sources),
        total=len(sources),
        is_live=True,
    )


def page_of_rows(
    pages: PageRenderer,
    rows: Sequence[HealthRow],
    unseen: Collection[str],
    *,
    total: int,
    **values: Any,
) -> bytes:
    """Render the page of all sources. ``unseen`` are the sources without a successful visit.

    ``total`` is the number of all sources, including imported ones.
    """
    imported = sum(is_imported(pages, one) for one in unseen)
    return pages.render(
        "health.html",
        HEALTH_FILE,
        title=pages.catalog.texts.gettext("Health of sources"),
        rows=rows,
        unseen=len(unseen) - imported,
        imported=imported,
        total=total - imported,
        **values,
    )


def is_imported(pages: PageRenderer, source: str) -> bool:
    """Whether a source was only imported.

    Such a source has no URL and no source file, so it is not visited.
    """
    return not pages.catalog.source(source).url


def shown_condition(event: HealthEvent | None, *, is_read: bool) -> str:
    """Return the condition of a source after its last recorded change of health.

    Without a change, the source is ``ok`` if a visit has found one of its releases (``is_read``),
    otherwise ``new``.
    """
    if event is None:
        return "ok" if is_read else "new"
    return "ok" if event.well else event.condition


def recorded_health_page(
    pages: PageRenderer, last_events: Mapping[str, HealthEvent], read: Collection[str]
) -> bytes:
    """Render the page of all sources with their last recorded change of health.

    ``read`` contains the ids of sources with a release that a visit has found.
    """
    sources = [one.source or "" for one in pages.navigation.sources]
    shown = {one: last_events.get(one) for one in sources}
    order = sorted(
        shown.items(),
        key=lambda one: (one[1] is None or one[1].well, name_key(pages, one[0])),
    )
    rows = [
        recorded_row(pages, source, event, is_read=source in read)
        for source, event in order[:MAX_SOURCES]
    ]
    return page_of_rows(
        pages,
        rows,
        [one for one, event in shown.items() if event is None and one not in read],
        ill=sum(event is not None and not event.well for event in shown.values()),
        visiting=0,
        total=len(shown),
        is_live=False,
    )


def name_key(pages: PageRenderer, source: str) -> tuple[tuple[str, str], str]:
    """Return the sort key of a source: the displayed name, then the id."""
    return pages.catalog.texts.collation_key(pages.catalog.name(Facet(source=source))), source


def recorded_row(
    pages: PageRenderer, source: str, event: HealthEvent | None, *, is_read: bool
) -> HealthRow:
    """Return the table row for a source, from its last recorded change of health."""
    facet = Facet(source=source)
    condition = shown_condition(event, is_read=is_read)
    return HealthRow(
        pages.catalog.name(facet),
        page_file(facet),
        condition,
        condition_label(pages.catalog.texts, condition),
        (event.code or event.state) if event else condition,
        plain(event.reason) if event else "",
        moment(event.at) if event else "",
    )


def health_row(pages: PageRenderer, one: Health, last: HealthEvent | None) -> HealthRow:
    """Return the table row for a source with its current health.

    The time in the row is the time of the last recorded change to the same health. If no change is
    recorded, it is the time of the last visit for an unhealthy source, and empty for a healthy one.
    """
    source = Facet(source=one.source)
    changed = last.at if last and last.well == one.is_well else None
    since = changed or (None if one.is_well else one.last_run)
    return HealthRow(
        pages.catalog.name(source),
        page_file(source) if source in pages.navigation.counts else "",
        one.condition,
        condition_label(pages.catalog.texts, one.condition),
        one.code,
        plain(one.reason),
        moment(since) if since else "",
        source_health_file(one.source),
        one.visiting,
        (one.last_release or "")[:10],
        one.next_by.isoformat() if one.next_by else "",
    )


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Data for the health page of a source, with its last ``events`` and ``runs``, newest first.

    ``due`` is the time of the next visit, or None if it is unknown.
    """

    health: Health
    events: Sequence[HealthEvent]
    runs: Sequence[Run]
    times: Sequence[ReleaseTimes]
    recall: Recall
    due: dt.datetime | None


def source_health_file(source: str) -> str:
    """Return the file name of a source's health page, which only the web server generates."""
    return page_file(Facet(source=source)).replace("index.html", "health/index.html")


def source_health_page(pages: PageRenderer, facts: SourceFacts) -> bytes:
    """Render the health page of a source."""
    texts = pages.catalog.texts
    facet = Facet(source=facts.health.source)
    name = pages.catalog.name(facet)
    return pages.render(
        "source_health.html",
        source_health_file(facts.health.source),
        facet,
        under="health/index.html",
        title=texts.gettext("Health of %(name)s", name=name),
        name=name,
        source=page_file(facet) if facet in pages.navigation.counts else "",
        state=condition_label(texts, facts.health.condition),
        visiting=facts.health.visiting,
        code=facts.health.code,
        reason=plain(facts.health.reason),
        well=facts.health.is_well,
        blocked=facts.health.state == "blocked",
        expected=facts.health.next_by.isoformat() if facts.health.next_by else "",
        due=moment(facts.due) if facts.due else "",
        latency=latency_line(latencies(facts.times)),
        recall=recall_line(texts, facts.recall),
        chart=runs_chart(texts, facts.runs),
        runs=[run_row(run) for run in facts.runs[:10]],
        events=[
            {
                "at": moment(event.at),
                "well": event.well,
                "state": condition_label(texts, event.condition),
                "code": event.code,
                "reason": plain(event.reason),
            }
            for event in facts.events
        ],
    )


def condition_label(texts: Texts, condition: str) -> str:
    """Return the label of a condition (data.health.codes) in the site's language."""
    return texts.gettext("works but has a fault") if condition == "degraded" else condition


def recall_line(texts: Texts, recall: Recall) -> str:
    """Return a sentence about how many releases on a source's other pages were already known.

    These are releases to which the other pages of the source link.
    """
    if recall.share is None:
        return ""
    return texts.gettext(
        "Of %(named)s releases linked on other pages of this source, %(known)s were already known"
        " (%(share)s%%).",
        named=texts.number(recall.named),
        known=texts.number(recall.known),
        share=texts.number(round(recall.share * 100)),
    )


def runs_chart(texts: Texts, runs: Sequence[Run]) -> Any:
    """Draw the number of releases found per visit, oldest visit first.

    The result is empty if there are no visits.
    """
    if not runs:
        return ""
    bars = [(moment(run.started), run.found) for run in reversed(runs)]
    counts = [count for _, count in bars]
    description = texts.gettext(
        "Releases found in the last %(runs)s visits: %(least)s to %(most)s per visit.",
        runs=texts.number(len(bars)),
        least=texts.number(min(counts)),
        most=texts.number(max(counts)),
    )
    return bar_chart(bars, description)


def run_row(run: Run) -> dict[str, Any]:
    """Return the template values for a visit's table row."""
    first = run.errors[0].message if run.errors else ""
    return {
        "at": moment(run.started),
        "seconds": f"{run.seconds:.1f}",
        "found": run.found,
        "new": run.new,
        "changed": run.changed,
        "retracted": run.retracted,
        "errors": len(run.errors),
        "problem": plain(first),
    }


def moment(at: dt.datetime) -> str:
    """Format an instant in UTC, to the minute."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M}"
