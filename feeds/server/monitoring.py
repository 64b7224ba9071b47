"""Monitoring: Prometheus metrics, health of the server and of sources, and badges.

Metrics have the Prometheus text format
(https://prometheus.io/docs/instrumenting/exposition_formats/) and are read from the store on
request. Health results are cached for a few seconds.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
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

from data.clock import utc_now
from data.errors import StoreError
from data.health.codes import Condition, State
from data.health.latency import MAX_RELEASES
from data.health.state import Health, health_fields, overview
from data.models import STAGES, AlertState, Facet
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.store.shared_sql.events import PUBLISHING
from feeds.catalog import catalog_of
from feeds.pages.health_page import (
    MAX_EVENTS,
    MAX_RUNS,
    SourceFacts,
    health_page,
    source_health_page,
)
from feeds.pages.renderer import SERVED_POLICY, PageRenderer
from feeds.server.access import Access, refusal
from feeds.server.requests.peer_process import OwnClients
from feeds.server.requests.routes import ServerRoute
from feeds.server.requests.work_queue import WorkQueue
from feeds.urls import name_of

INSTALLATION_METRICS: Final[Mapping[str, str]] = {
    "communique_disk_bytes": "Size of the disk of HOME.",
    "communique_disk_free_bytes": "Free bytes on the disk of HOME.",
    "communique_archive_leaves": "Leaves in the log of the archive.",
    "communique_archive_unsigned_leaves": "Leaves of the log without a signed checkpoint.",
    "communique_archive_waiting_transactions": "Journal records not yet in the archive.",
    "communique_archive_lag_seconds": "Age of the oldest file not yet in archive.target.",
    "communique_backup_timestamp_seconds": "End of the last complete backup.",
    "communique_verification_timestamp_seconds": "Time of the last archive verification.",
    "communique_verification_problems": "Problems found by the last verification.",
    "communique_witness_timestamp_seconds": "Time of the last witness signature on the log.",
    "communique_doctor_timestamp_seconds": "Time of the service's last doctor run.",
    "communique_doctor_errors": "Errors found by the doctor.",
    "communique_doctor_warnings": "Warnings from the doctor.",
}
"""Help texts of the metrics about the installation, by metric name."""


HEALTH_CACHE_SECONDS: Final = 5.0
"""Maximum age in seconds of cached health results."""

LATENCY_BUCKETS_SECONDS: Final = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
"""Upper bounds of the latency histogram's buckets, in seconds."""

COLOR_BY_CONDITION: Final[dict[Condition, str]] = {
    "ok": "#2e7d32",
    "late": "#2e7d32",
    "new": "#546e7a",
    "silent": "#b26a00",
    "degraded": "#b26a00",
    "blocked": "#b3261e",
    "failing": "#b3261e",
}
"""Badge colours by condition of a source."""

NO_STORE: Final = {"cache-control": "no-store"}

PAGE_HEADERS: Final = {**NO_STORE, "content-security-policy": SERVED_POLICY}


@dataclass(frozen=True, slots=True)
class Measurements:
    """Functions that return measurements which are not in the store.

    ``judge`` returns the health of a store's sources. ``due`` returns the time of a source's next
    visit. ``facts`` returns values for /metrics by metric name, without unknown values.
    """

    judge: Callable[[Store], Iterable[Health]] = overview
    due: Callable[[Store, str], dt.datetime | None] = lambda _, __: None
    facts: Callable[[], Mapping[str, float]] = dict


class SiteMetrics(Collector):
    """Prometheus collector of metrics per source and about the installation.

    ``look`` opens a store.
    """

    def __init__(self, look: Callable[[], Store], measured: Measurements) -> None:
        self._look = look
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        """Read the current values from the store. Raises StoreError if the store can't be read."""
        state = StateSetMetricFamily(
            "communique_source_state", "State of a source.", labels=["source"]
        )
        degraded = gauge(
            "source_degraded", "1 if a source works but has a fault, else 0.", "source"
        )
        visited = gauge(
            "source_last_visit_timestamp_seconds", "Start of the last visit to a source.", "source"
        )
        seconds = gauge(
            "source_last_visit_seconds", "Duration of the last visit to a source.", "source"
        )
        outcome = gauge(
            "source_last_visit_releases",
            "Releases of the last visit to a source, by outcome.",
            *("source", "outcome"),
        )
        errors = gauge(
            "source_last_visit_errors", "Errors of the last visit to a source.", "source"
        )
        releases = gauge("source_releases", "Stored releases of a source.", "source")
        dirty = gauge("feeds_dirty", "Changed feeds that are not published yet.")
        waiting = gauge("events_waiting", "Events not yet handled by a consumer.", "consumer")
        lag = gauge("events_lag_seconds", "Age of the oldest unhandled event.", "consumer")
        latency = HistogramMetricFamily(
            "communique_release_latency_seconds",
            "Delay of new releases: from the stated time to the visit that found them, from that"
            " visit to the feed, and from that visit to the alert.",
            labels=["source", "stage"],
        )
        alerts = gauge("alerts", "Alerts of watches, by state.", "state")
        deposits = gauge("deposits", "Deposits at other archives, by state.", "archive", "state")
        with closing(self._look()) as store:
            by_state = store.alert_counts()
            for name in get_args(AlertState):
                alerts.add_metric([name], by_state.get(name, 0))
            for made in store.deposit_counts():
                deposits.add_metric([made.archive, made.state], made.number)
            counts = store.facets()
            for one in self._measured.judge(store):
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
            bounds = [*map(str, LATENCY_BUCKETS_SECONDS), "+Inf"]
            for stage in STAGES:
                for source, (late, total) in store.latency_counts(
                    stage, LATENCY_BUCKETS_SECONDS
                ).items():
                    buckets = [*zip(bounds, accumulate(map(float, late)), strict=True)]
                    latency.add_metric([source, stage], buckets, total)
            dirty.add_metric([], len(store.dirty_feeds(store.cursor_of(PUBLISHING))))
            for behind in store.consumer_lags():
                waiting.add_metric([behind.name], behind.events)
                age = (utc_now() - behind.since).total_seconds() if behind.since else 0.0
                lag.add_metric([behind.name], age)
            if due := store.due_hosts():
                yield GaugeMetricFamily(
                    "communique_hosts_visited", "Hosts that workers are visiting.", value=due.held
                )
                yield GaugeMetricFamily(
                    "communique_hosts_due", "Hosts waiting for a worker.", value=due.number
                )
                yield GaugeMetricFamily(
                    "communique_hosts_due_seconds",
                    "Longest time that a due host has waited for a worker, in seconds.",
                    value=due.seconds,
                )
        yield from (state, degraded, visited, seconds, outcome, errors)
        yield from (releases, latency, dirty, waiting, lag, alerts, deposits)
        yield from self._installation()

    def _installation(self) -> Iterator[Metric]:
        facts = self._measured.facts()
        for name, description in INSTALLATION_METRICS.items():
            if name in facts:
                yield GaugeMetricFamily(name, description, value=facts[name])


def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    """Return a gauge without values."""
    return GaugeMetricFamily(f"communique_{name}", text, labels=labels or None)


class Monitoring:
    """Monitoring pages and metrics, read from the store at ``store_url``.

    ``access`` decides which requests from other machines may read metrics; None allows all
    requests.
    """

    def __init__(
        self,
        store_url: str,
        site: SiteSettings,
        measured: Measurements,
        access: Access | None,
        *,
        queue: WorkQueue,
    ) -> None:
        # If the whole site needs a token, TokenGate has already checked it.
        self._access = access if site.access == "open" else None
        self._queue = queue
        self._own_clients = OwnClients(site)
        self._url = store_url
        self._site = site
        self._measured = measured
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(SiteMetrics(self._open, measured))
        self._lock = threading.Lock()
        self._read: tuple[float, tuple[Health, ...]] = (float("-inf"), ())

    def routes(self) -> list[ServerRoute]:
        """Return the routes of the monitoring pages.

        On open sites, ``_metrics`` checks who may read /metrics.
        """
        return [
            ServerRoute("/healthz", access="public", endpoint=self._healthz),
            ServerRoute("/health", endpoint=self._health),
            ServerRoute("/health/", endpoint=self._page),
            ServerRoute("/metrics", endpoint=self._metrics),
            ServerRoute("/sources/{source}/health/", endpoint=self._source_page, if_no_file=True),
            ServerRoute("/sources/{source}/badge.svg", endpoint=self._badge, if_no_file=True),
        ]

    def _open(self) -> Store:
        return open_existing(self._url)

    def sources(self) -> tuple[Health, ...]:
        """Return the health of all sources, at most HEALTH_CACHE_SECONDS old."""
        with self._lock:
            at, found = self._read
            if time.monotonic() - at >= HEALTH_CACHE_SECONDS:
                with closing(self._open()) as store:
                    found = tuple(self._measured.judge(store))
                self._read = (time.monotonic(), found)
            return found

    async def _healthz(self, _: Request) -> Response:
        """Respond with 200 if the store is readable, else 503."""
        try:
            await run_in_threadpool(self._look)
        except StoreError:
            return Response("the store is unavailable\n", 503, NO_STORE, "text/plain")
        return Response("ok\n", 200, NO_STORE, "text/plain")

    def _look(self) -> None:
        with closing(self._open()) as store:
            store.change_cursor()

    async def _health(self, request: Request) -> Response:
        """Respond with the same JSON as `communique health --json`."""
        found = await self._queue.run(request.scope, request.receive, self.sources)
        body = msgspec.json.encode({"sources": [health_fields(one) for one in found]})
        return Response(body + b"\n", 200, NO_STORE, "application/json")

    async def _page(self, request: Request) -> Response:
        """Respond with the health page."""
        page = await self._queue.run(request.scope, request.receive, self._rendered)
        return Response(page, 200, PAGE_HEADERS, "text/html")

    def _rendered(self) -> bytes:
        found = self.sources()
        with closing(self._open()) as store:
            pages = PageRenderer(catalog_of(store, self._site), store.facets())
            return health_page(pages, found, store.last_health_events())

    async def _source_page(self, request: Request) -> Response:
        """Respond with the health page of one source."""
        name = name_of(request.path_params["source"]) or ""
        page = await self._queue.run(
            request.scope, request.receive, lambda: self._rendered_source(name)
        )
        if page is None:
            raise HTTPException(404)
        return Response(page, 200, PAGE_HEADERS, "text/html")

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
                store.release_times(name, limit=MAX_RELEASES),
                store.recall(name),
                self._measured.due(store, name),
            )
            return source_health_page(pages, facts)

    async def _metrics(self, request: Request) -> Response:
        """Respond with all metrics in Prometheus format.

        Programs that the server's user runs on this machine need no token.
        """
        if self._access and not await self._own_clients.include(request.scope):
            verdict = self._access.judge(request.scope, "read")
            if not verdict.is_granted:
                return refusal(request.scope, verdict)
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        body = await run_in_threadpool(encode, self._registry)
        return Response(body, 200, NO_STORE | {"content-type": media_type})

    async def _badge(self, request: Request) -> Response:
        """Respond with a badge image of a source's state."""
        name = request.path_params["source"]
        found = await self._queue.run(request.scope, request.receive, self.sources)
        one = next((one for one in found if one.source == name), None)
        if one is None:
            raise HTTPException(404)
        headers = {"cache-control": "public, max-age=60"}
        return Response(badge(one), 200, headers, "image/svg+xml")


def badge(one: Health) -> str:
    """Return an SVG badge with a source's condition. Its title contains the reason."""
    left, right = (7 * len(text) + 10 for text in (one.source, one.label))
    width, color = left + right, COLOR_BY_CONDITION[one.condition]
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
