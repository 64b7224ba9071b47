"""What monitoring systems ask: metrics, whether this server can answer, badges of sources.

Metrics are those of https://prometheus.io/docs/instrumenting/exposition_formats/, made when they
are asked for from what the store knows; they are made once for all who ask within a few seconds.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from html import escape
from itertools import accumulate
from typing import Final, get_args

import msgspec
from prometheus_client.core import (
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import StoreError
from data.health.codes import Condition, State
from data.health.latency import LAST
from data.health.overview import health_fields, overview
from data.health.state import Health
from data.models import STAGES, AlertState, Facet
from data.settings import Site
from data.store import open_existing
from data.store.protocol import Store
from feeds.catalog import catalog_of
from feeds.pages.health_page import health_page
from feeds.pages.renderer import SERVED_POLICY, PageRenderer
from feeds.pages.source_health_page import MAX_EVENTS, MAX_RUNS, SourceFacts, source_health_page
from feeds.server.requests.access import Access
from feeds.server.requests.peer_process import OwnClients
from feeds.server.requests.work_queue import WorkQueue
from feeds.server.token_gate import refusal
from feeds.urls import name_of

INSTALLATION_METRICS: Final[Mapping[str, str]] = {
    "communique_disk_bytes": "Size of the disk of HOME.",
    "communique_disk_free_bytes": "Bytes of the disk of HOME that can be written.",
    "communique_archive_leaves": "Leaves in the log of the archive.",
    "communique_archive_unsigned_leaves": "Leaves of the log that no checkpoint covers yet.",
    "communique_archive_waiting_transactions": "Journal records that wait for the archive.",
    "communique_archive_lag_seconds": "Age of the oldest file that is not in archive.target yet.",
    "communique_backup_timestamp_seconds": "When the last complete backup ended.",
    "communique_verification_timestamp_seconds": "When the archive was last verified.",
    "communique_verification_problems": "Problems that the last verification found.",
    "communique_witness_timestamp_seconds": "When a witness last signed the log.",
    "communique_doctor_timestamp_seconds": "When the service last ran the doctor.",
    "communique_doctor_errors": "Errors that the doctor found.",
    "communique_doctor_warnings": "Warnings of the doctor.",
}
"""The help text of each metric."""

Facts = Callable[[], Mapping[str, float]]
"""Returns what was measured, by the name of its metric; what nobody measured is absent."""

SECONDS: Final = 5.0
"""How long what was read of the store is given again."""

LATENCIES: Final = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
"""The buckets of latencies, in seconds."""

COLORS: Final[dict[Condition, str]] = {
    "ok": "#2e7d32",
    "late": "#2e7d32",
    "new": "#546e7a",
    "silent": "#b26a00",
    "degraded": "#b26a00",
    "blocked": "#b3261e",
    "failing": "#b3261e",
}

NO_STORE: Final = {"cache-control": "no-store"}


class SourceMetrics(Collector):
    """What is known of each source, as gauges; ``look`` gives an open store, ``judge`` is below."""

    def __init__(
        self, look: Callable[[], Store], judge: Callable[[Store], Iterable[Health]]
    ) -> None:
        self._look = look
        self._judge = judge

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now. Raises StoreError."""
        state = StateSetMetricFamily(
            "communique_source_state", "How a source is.", labels=["source"]
        )
        degraded = GaugeMetricFamily(
            "communique_source_degraded",
            "1 for a source that works with a fault, 0 for all others.",
            labels=["source"],
        )
        visited = GaugeMetricFamily(
            "communique_source_last_visit_timestamp_seconds",
            "When the last visit to a source began.",
            labels=["source"],
        )
        seconds = GaugeMetricFamily(
            "communique_source_last_visit_seconds",
            "How long the last visit to a source took.",
            labels=["source"],
        )
        outcome = GaugeMetricFamily(
            "communique_source_last_visit_releases",
            "Releases of the last visit to a source, by what became of them.",
            labels=["source", "outcome"],
        )
        errors = GaugeMetricFamily(
            "communique_source_last_visit_errors",
            "Errors of the last visit to a source.",
            labels=["source"],
        )
        releases = GaugeMetricFamily(
            "communique_source_releases", "Releases that are kept of a source.", labels=["source"]
        )
        dirty = GaugeMetricFamily(
            "communique_feeds_dirty", "Feeds that changed and are not published yet."
        )
        latency = HistogramMetricFamily(
            "communique_release_latency_seconds",
            "How late releases came that were news: seen after the time that they state, in a feed"
            " after they were seen, and alerted after they were seen.",
            labels=["source", "stage"],
        )
        alerts = GaugeMetricFamily(
            "communique_alerts", "What watches tell, by what became of it.", labels=["state"]
        )
        with closing(self._look()) as store:
            told = store.alert_counts()
            for name in get_args(AlertState):
                alerts.add_metric([name], told.get(name, 0))
            counts = store.facets()
            for one in self._judge(store):
                state.add_metric(
                    [one.source], {name: name == one.state for name in get_args(State)}
                )
                degraded.add_metric([one.source], one.degraded)
                releases.add_metric([one.source], counts.get(Facet(source=one.source), 0))
                for run in store.runs(one.source, limit=1):
                    visited.add_metric([one.source], run.started.timestamp())
                    seconds.add_metric([one.source], run.seconds)
                    errors.add_metric([one.source], len(run.errors))
                    for name in ("new", "changed", "unchanged", "retracted"):
                        outcome.add_metric([one.source, name], getattr(run, name))
            for stage in STAGES:
                for source, (late, total) in store.latency_counts(stage, LATENCIES).items():
                    latency.add_metric([source, stage], buckets_of(late), total)
            dirty.add_metric([], len(store.dirty_feeds()))
            if due := store.due_hosts():
                yield GaugeMetricFamily(
                    "communique_hosts_visited", "Hosts that workers hold.", value=due.held
                )
                yield GaugeMetricFamily(
                    "communique_hosts_due", "Hosts that wait for a worker.", value=due.number
                )
                yield GaugeMetricFamily(
                    "communique_hosts_due_seconds",
                    "For how long the first of them has waited.",
                    value=due.seconds,
                )
        yield from (
            state,
            degraded,
            visited,
            seconds,
            outcome,
            errors,
            releases,
            latency,
            dirty,
            alerts,
        )


def buckets_of(counts: Sequence[int]) -> list[tuple[str, float]]:
    """Counts between LATENCIES as a histogram has them: each with all before it."""
    bounds = [*map(str, LATENCIES), "+Inf"]
    return [*zip(bounds, accumulate(map(float, counts)), strict=True)]


class Monitoring:
    """Answers monitoring systems from the store that ``store_url`` names, by what ``judge`` says.

    That gives the health of the sources of a store; ``due`` says when one is visited next, and
    ``access`` who may read metrics from elsewhere than this machine: all, where there is none.
    """

    def __init__(
        self,
        store_url: str,
        site: Site,
        judge: Callable[[Store], Iterable[Health]] = overview,
        due: Callable[[Store, str], dt.datetime | None] = lambda _, __: None,
        access: Access | None = None,
        *,
        queue: WorkQueue,
        facts: Facts = dict,
    ) -> None:
        # Where all of the site is for those with tokens, they were asked for one before.
        self._access = access if site.access == "open" else None
        self._queue = queue
        self._own_clients = OwnClients(site)
        self._due = due
        self._url = store_url
        self._site = site
        self._judge = judge
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(SourceMetrics(self._open, judge))
        self._registry.register(InstallationMetrics(facts))
        self._lock = threading.Lock()
        self._read: tuple[float, tuple[Health, ...]] = (float("-inf"), ())

    def routes(self) -> list[Route]:
        """Where what is asked."""
        return [
            Route("/healthz", self._healthz),
            Route("/health", self._health),
            Route("/health/", self._page),
            Route("/metrics", self._metrics),
            Route("/sources/{source}/health/", self._source_page),
            Route("/sources/{source}/badge.svg", self._badge),
        ]

    def _open(self) -> Store:
        return open_existing(self._url)

    def sources(self) -> tuple[Health, ...]:
        """The health of all sources, as it was a few seconds ago at the most."""
        with self._lock:
            at, found = self._read
            if time.monotonic() - at >= SECONDS:
                with closing(self._open()) as store:
                    found = tuple(self._judge(store))
                self._read = (time.monotonic(), found)
            return found

    async def _healthz(self, _: Request) -> Response:
        """Whether this server can read its store: 200 or 503."""
        try:
            await run_in_threadpool(self._look)
        except StoreError:
            return Response("the store can't be read\n", 503, NO_STORE, "text/plain")
        return Response("ok\n", 200, NO_STORE, "text/plain")

    def _look(self) -> None:
        with closing(self._open()) as store:
            store.change_cursor()

    async def _health(self, request: Request) -> Response:
        """What `communique health --json` says."""
        found = await self._queue.run(request.scope, request.receive, self.sources)
        body = msgspec.json.encode({"sources": [health_fields(one) for one in found]})
        return Response(body + b"\n", 200, NO_STORE, "application/json")

    async def _page(self, request: Request) -> Response:
        """The same for people."""
        headers = NO_STORE | {"content-security-policy": SERVED_POLICY}
        page = await self._queue.run(request.scope, request.receive, self._rendered)
        return Response(page, 200, headers, "text/html")

    def _rendered(self) -> bytes:
        found = self.sources()
        with closing(self._open()) as store:
            pages = PageRenderer(catalog_of(store, self._site), store.facets())
            return health_page(pages, found, store.last_health_events())

    async def _source_page(self, request: Request) -> Response:
        """How one source is, and was."""
        name = name_of(request.path_params["source"]) or ""
        page = await self._queue.run(
            request.scope, request.receive, lambda: self._rendered_source(name)
        )
        if page is None:
            raise HTTPException(404)
        headers = NO_STORE | {"content-security-policy": SERVED_POLICY}
        return Response(page, 200, headers, "text/html")

    def _rendered_source(self, name: str) -> bytes | None:
        health = next((one for one in self.sources() if one.source == name), None)
        if health is None:
            return None
        with closing(self._open()) as store:
            pages = PageRenderer(catalog_of(store, self._site), store.facets())
            facts = SourceFacts(
                health,
                store.health_events_of(name, limit=MAX_EVENTS),
                store.runs(name, limit=MAX_RUNS),
                store.release_times(name, limit=LAST),
                store.recall(name),
                self._due(store, name),
            )
            return source_health_page(pages, facts)

    async def _metrics(self, request: Request) -> Response:
        """All metrics, for programs of this user on this machine and for clients with a token."""
        if self._access and not await self._own_clients.include(request.scope):
            verdict = self._access.judge(request.scope, "read")
            if not verdict.is_granted:
                return refusal(request.scope, verdict)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        body = await run_in_threadpool(encode, self._registry)
        return Response(body, 200, NO_STORE | {"content-type": media_type})

    async def _badge(self, request: Request) -> Response:
        """The state of a source as a small picture."""
        name = request.path_params["source"]
        found = await self._queue.run(request.scope, request.receive, self.sources)
        one = next((one for one in found if one.source == name), None)
        if one is None:
            raise HTTPException(404)
        headers = {"cache-control": "public, max-age=60"}
        return Response(badge(one), 200, headers, "image/svg+xml")


def badge(one: Health) -> str:
    """An SVG that says what state a source is in, and why as its title."""
    left, right = (7 * len(text) + 10 for text in (one.source, one.label))
    width, color = left + right, COLORS[one.condition]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"'
        f' font-family="Verdana, sans-serif" font-size="11" fill="#fff" text-anchor="middle">'
        f"<title>{escape(one.source)}: {one.label} ({one.code}: {escape(one.reason)})</title>"
        f'<rect width="{width}" height="20" rx="3" fill="#444"/>'
        f'<path fill="{color}" d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3'
        f'H{left}z"/>'
        f'<text x="{left / 2}" y="14">{escape(one.source)}</text>'
        f'<text x="{left + right / 2}" y="14">{one.label}</text></svg>\n'
    )


class InstallationMetrics(Collector):
    """The measured facts of an installation, as gauges."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now. Raises StoreError."""
        facts = self._facts()
        for name, told in INSTALLATION_METRICS.items():
            if name in facts:
                yield GaugeMetricFamily(name, told, value=facts[name])
