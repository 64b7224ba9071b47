"""The health page of a source: its history, recent visits, and the next visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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

MAX_RUNS = 30
"""Maximum number of visits in the chart; the table has the last ten."""

MAX_EVENTS = 20
"""Maximum number of changes of health on the page."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Data about the collection of a source; events and runs are recent ones, newest first.

    ``due`` is the time of the next visit, None if unknown.
    """

    health: Health
    events: Sequence[HealthEvent]
    runs: Sequence[Run]
    times: Sequence[ReleaseTimes]
    recall: Recall
    due: dt.datetime | None


def source_health_file(source: str) -> str:
    """Return the file of the page, which only our server makes."""
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
    """Return the label of a condition (data.health.codes) in the language of the site."""
    return texts.gettext("ok, with a fault") if condition == "degraded" else condition


def recall_line(texts: Texts, recall: Recall) -> str:
    """Return a sentence on how many releases, linked on other pages of the source, were known."""
    if recall.share is None:
        return ""
    return texts.gettext(
        "Of %(named)s releases linked on other pages of this source, %(known)s were known"
        " (%(share)s %%).",
        named=texts.number(recall.named),
        known=texts.number(recall.known),
        share=texts.number(round(recall.share * 100)),
    )


def runs_chart(texts: Texts, runs: Sequence[Run]) -> Any:
    """Draw the number of releases found per visit, oldest first; empty without visits."""
    if not runs:
        return ""
    bars = [(moment(run.started), run.found) for run in reversed(runs)]
    counts = [count for _, count in bars]
    description = texts.gettext(
        "Releases seen by each of the last %(runs)s visits: %(least)s to %(most)s.",
        runs=texts.number(len(bars)),
        least=texts.number(min(counts)),
        most=texts.number(max(counts)),
    )
    return bar_chart(bars, description)


def run_row(run: Run) -> dict[str, Any]:
    """Return the template values of the table row of a visit."""
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
