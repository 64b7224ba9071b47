"""Monitoring systems are told by their own formats how sources are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from lxml import etree, html
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from data.health.codes import Verdict
from data.health.state import Health
from data.models import AlertDelivery, Draft, Published, Run, RunError, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from feeds.server.monitoring import badge
from tests.feeds.sample_store import make_release
from tests.feeds.serving import served_by

NOON = dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC)
ODD = 'w"<i>&\\'


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    for name in ("acme", ODD):
        store.register(Source(name, "ACME", "https://acme.example/", "UTC"))
    release = make_release(1)
    store.record(Draft("acme", release.url, release.content), seen=NOON, since=NOON)
    store.add_run(Run("acme", NOON, 2.5, pages=2, found=1, new=1))
    wrong = RunError("https://acme.example/", "timeout", "it took too long to answer")
    store.settle_events(0, [AlertDelivery("msg_1", "ships", "webhook", b"{}", 1.0)])
    store.add_run(Run(ODD, NOON, 60.0, errors=(wrong, wrong)))
    store.close()
    return url


@pytest.fixture
def web(tmp_path: Path, store_url: str) -> Iterator[httpx.Client]:
    site = SiteSettings(url="https://press.example")
    store = open_store(store_url)
    publish(store, tmp_path / "site", site)
    store.close()
    yield from served_by(create_app(tmp_path / "site", store_url, site))


def test_metrics_are_read_by_the_parsers_of_prometheus(web: httpx.Client) -> None:
    answer = web.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    samples = {
        (one.name, *sorted(one.labels.values())): one.value
        for family in parse(answer.text)
        for one in family.samples
    }
    assert samples["communique_source_state", "acme", "ok"] == 1
    assert samples["communique_source_state", "acme", "failing"] == 0
    assert samples["communique_source_state", "failing", ODD] == 1
    assert samples["communique_source_degraded", "acme"] == 0
    at = samples["communique_source_last_visit_timestamp_seconds", "acme"]
    assert at == NOON.timestamp()
    assert samples["communique_source_last_visit_seconds", "acme"] == 2.5
    assert samples["communique_source_last_visit_releases", "acme", "new"] == 1
    assert samples["communique_source_last_visit_errors", ODD] == 2
    assert samples["communique_source_releases", "acme"] == 1
    assert samples[("communique_feeds_dirty",)] == 0
    assert samples["communique_events_waiting", "search index"] > 0
    assert samples["communique_events_lag_seconds", "search index"] > 0
    assert samples["communique_alerts", "waiting"] == 1
    assert samples["communique_alerts", "dead"] == 0


def test_visits_waiting_for_workers_are_reported_if_workers_exist(
    tmp_path: Path, postgres_url: str
) -> None:
    open_store(postgres_url).close()
    with psycopg.connect(postgres_url) as db:
        db.execute(
            "INSERT INTO hosts (host, next_due) VALUES ('later.example', now() + interval '1 day'),"
            " ('acme.example', now() - interval '5 minutes')"
        )
    for web in served_by(create_app(tmp_path, postgres_url, SiteSettings())):
        families = parse(web.get("/metrics").text)
        found = {one.name: one.value for family in families for one in family.samples}
        assert found["communique_hosts_due"] == 1
        assert found["communique_hosts_due_seconds"] >= 300


def test_openmetrics_is_served_on_request(web: httpx.Client) -> None:
    accept = "application/openmetrics-text; version=1.0.0"
    answer = web.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = parse_openmetrics(answer.text)  # type: ignore[no-untyped-call] # the library's
    assert "communique_source_state" in {one.name for one in families}


def test_health_is_reported_as_by_the_command(web: httpx.Client) -> None:
    told = {one["id"]: one for one in web.get("/health").json()["sources"]}
    assert told["acme"]["state"] == "ok"
    assert told["acme"]["last_run"] == "2026-03-12T12:00:00+00:00"
    assert (told[ODD]["state"], "too long" in told[ODD]["reason"]) == ("failing", True)


def test_a_page_shows_the_health_of_sources_with_unhealthy_ones_first(web: httpx.Client) -> None:
    answer = web.get("/health/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = html.fromstring(answer.text)
    assert "1 of 2 sources need attention" in "".join(map(str, page.itertext()))
    odd, acme = ([*row.itertext()] for row in page.iterfind(".//tbody/tr"))
    assert (odd[1], odd[3], odd[4]) == ("failing", "site.timeout", "12 March 2026, 12:00")
    assert "it took too long to answer" in odd[2]
    assert acme[1:3] == ["ok", "it works, but has too few releases to know its rhythm"]
    links = [one.get("href", "") for one in page.iterfind(".//tbody//th/a")]
    assert links == ["../sources/acme/"], "of the other one nothing was published"


def test_a_badge_shows_the_state_of_a_source(web: httpx.Client) -> None:
    answer = web.get("/sources/acme/badge.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    picture = etree.fromstring(answer.content)
    assert [one.text for one in picture.iterfind("{*}text")] == ["acme", "ok"]
    odd = web.get("/sources/w%22%3Ci%3E&%5C/badge.svg")
    assert "failing" in etree.fromstring(odd.content).itertext()
    assert web.get("/sources/nobody/badge.svg").status_code == 404


def test_a_badge_shows_a_fault_of_a_source_that_works() -> None:
    fault = Verdict("feed.unread", "its feed can't be read", degraded=True)
    picture = etree.fromstring(badge(Health("acme", fault, None, None, None)).encode())
    assert [one.text for one in picture.iterfind("{*}text")] == ["acme", "works but has a fault"]


def test_a_server_without_its_store_reports_that_it_is_unhealthy(
    web: httpx.Client, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert web.get("/healthz").text == "ok\n"
    path = Path(store_url.removeprefix("sqlite:"))
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    path.write_bytes(b"this is no database, but more bytes than a header of one has" * 9)
    assert web.get("/healthz").status_code == 503
    for address in ("/metrics", "/health", "/sources/acme/badge.svg", "/sources/tramways/"):
        assert web.get(address).status_code == 503, address
    assert not [one for one in caplog.records if one.exc_info]
    # What is published is served all the same.
    assert web.get("/feeds/all.atom").status_code == 200


def test_latencies_are_a_histogram(web: httpx.Client, store_url: str) -> None:
    at = NOON - dt.timedelta(minutes=4)
    release = make_release(2, title="Harbour opens", body_text="All about it.")
    said = Published(at, "second", "UTC", at.isoformat(), "test")
    store = open_store(store_url)
    store.record(
        Draft("acme", release.url, replace(release.content, published=said)), seen=NOON, since=NOON
    )
    store.close()
    for accept, read in (("", parse), ("application/openmetrics-text", parse_openmetrics)):
        answer = web.get("/metrics", headers={"accept": accept})
        (family,) = (
            one for one in read(answer.text) if one.name == "communique_release_latency_seconds"
        )
        assert family.type == "histogram"
        found = {
            (one.name.rpartition("_")[2], one.labels.get("le")): one.value
            for one in family.samples
            if one.labels["source"] == "acme" and one.labels["stage"] == "seen"
        }
        assert found["bucket", "60.0"] == 0
        assert found["bucket", "300.0"] == found["bucket", "+Inf"] == found["count", None] == 1
        assert found["sum", None] == 240
