"""The page of how a source is: its health until now, its visits, when the next one is due."""

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

RUNS = 30
"""Visits that are drawn; the last of them are told."""

EVENTS = 20
"""Changes of health that are told."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of how a source is collected. Runs and events are the last ones, newest first.

    ``due`` is when it is visited next, None where that is not known here.
    """

    health: Health
    events: Sequence[HealthEvent]
    runs: Sequence[Run]
    times: Sequence[ReleaseTimes]
    recall: Recall
    due: dt.datetime | None


def source_health_file(source: str) -> str:
    """Where the page would lie; our own server makes it anew each time."""
    return page_file(Facet(source=source)).replace("index.html", "health/index.html")


def source_health_page(pages: PageRenderer, facts: SourceFacts) -> bytes:
    """The page of one source."""
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
    """A condition (data.health.codes) as people read it, in the language of the pages."""
    return texts.gettext("ok, with a fault") if condition == "degraded" else condition


def recall_line(texts: Texts, recall: Recall) -> str:
    """How many of the releases that other pages of the source name its listing had shown."""
    if recall.share is None:
        return ""
    return texts.gettext(
        "Of %(named)s releases that its pages name, %(known)s were known (%(share)s %%).",
        named=texts.number(recall.named),
        known=texts.number(recall.known),
        share=texts.number(round(recall.share * 100)),
    )


def runs_chart(texts: Texts, runs: Sequence[Run]) -> Any:
    """How many releases the last visits found, oldest first; empty without any."""
    if not runs:
        return ""
    bars = [(moment(run.started), run.found) for run in reversed(runs)]
    counts = [count for _, count in bars]
    said = texts.gettext(
        "Releases that each of the last %(runs)s visits saw: %(least)s to %(most)s.",
        runs=texts.number(len(bars)),
        least=texts.number(min(counts)),
        most=texts.number(max(counts)),
    )
    return bar_chart(bars, said)


def run_row(run: Run) -> dict[str, Any]:
    """A visit as a line of a table."""
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
    """An instant as it stands in a table, in UTC."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M}"
