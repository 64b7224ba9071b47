"""What Grafana and Prometheus are given asks for metrics and labels that are there."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from data.models import Draft, Published, Run, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.app import create_app
from feeds.server.monitoring import INSTALLATION_METRICS, Measurements
from tests.feeds.sample_store import make_release
from tests.feeds.serving import served_by

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "communique.rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "communique.json").read_text("utf-8"))
NOON = dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC)
OF_PROMETHEUS = {"up", "job", "instance"}
"""What Prometheus adds to what it reads."""

ON_MANY_MACHINES = (
    "communique_hosts_due",
    "communique_hosts_due_seconds",
    "communique_hosts_visited",
)
"""What is served besides where there are workers (tests/feeds/server/test_monitoring.py)."""


def panels() -> Iterator[dict[str, Any]]:
    """The panels of the dashboard."""
    yield from DASHBOARD["panels"]


def expressions() -> list[str]:
    """All that the dashboard and the rules ask of Prometheus."""
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    asked += [one["query"]["query"] for one in variables() if one["type"] == "query"]
    rules = RULES.read_text("utf-8")
    return asked + re.findall(r"expr: (?:\|\n)?(.*?)\n +(?:for|labels):", rules, re.DOTALL)


def variables() -> list[dict[str, Any]]:
    """What a person chooses on the dashboard."""
    return list(DASHBOARD["templating"]["list"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, set[str]]]:
    """The names of the metrics that are served, with their labels."""
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:{folder / 'communique.db'}"
    store = open_store(url)
    store.register(Source("acme", "ACME", "https://acme.example/", "UTC"))
    release = make_release(1)
    # It was news, so that it counts among latencies.
    said = Published(NOON, "second", "UTC", NOON.isoformat(), "test")
    news = Draft("acme", release.url, replace(release.content, published=said))
    store.record(news, seen=NOON, since=NOON)
    store.add_run(Run("acme", NOON, 2.5, pages=2, found=1, new=1))
    store.close()
    for web in served_by(
        create_app(
            folder,
            url,
            SiteSettings(),
            measured=Measurements(facts=lambda: dict.fromkeys(INSTALLATION_METRICS, 1.0)),
        )
    ):
        found = dict[str, set[str]]()
        for family in parse(web.get("/metrics").text):
            for one in family.samples:
                found.setdefault(one.name, set()).update(one.labels)
        yield found | {name: set[str]() for name in ON_MANY_MACHINES}


@pytest.mark.parametrize("expression", expressions())
def test_requested_files_are_served(expression: str, served: dict[str, set[str]]) -> None:
    metrics = {name for name in re.findall(r"\b[a-z_]+\b", expression) if name in served}
    assert metrics or "up{" in expression, "it asks for none of our metrics"
    named = set(re.findall(r"\bcommunique_[a-z_]+\b", expression))
    known = served.keys() | OF_PROMETHEUS
    for name in metrics:
        known |= served[name]
    assert named <= known
    labels = re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", expression)
    labels += re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", expression)))
    assert set(labels) <= known


def test_panels_have_titles_and_units_and_do_not_overlap() -> None:
    taken = set[tuple[int, int]]()
    for panel in panels():
        assert panel["title"]
        assert panel["description"].endswith((".", "why", "which."))
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len([*panels()])


def promtool(*arguments: str) -> tuple[int, str]:
    """What Prometheus's own tool says of something: its exit code, and its complaints."""
    found = shutil.which("promtool")
    if not found:
        pytest.skip("there is no promtool (Debian's package prometheus)")
    done = subprocess.run(  # noqa: S603 - a program of Debian's
        [found, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.integration
def test_prometheus_accepts_the_rules_and_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    assert promtool("check", "rules", str(RULES)) == (0, "")
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    rules = [
        {"record": f"asked:{number}", "expr": re.sub(r"\$\w+", ".*", expression)}
        for number, expression in enumerate(asked)
    ]
    path = tmp_path / "asked.yml"
    path.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    assert promtool("check", "rules", str(path)) == (0, "")


HERE = {"severity": "page", "instance": "here"}
FAILING = {"severity": "ticket", "source": "acme", "communique_source_state": "failing"}
GIVEN_UP = {"severity": "ticket", "instance": "here", "state": "dead"}
SERIES = {
    'communique_source_state{source="acme",communique_source_state="failing"}': "0x9 1x60",
    'communique_source_degraded{source="acme"}': "0x9 1x60",
    'up{job="communique",instance="here"}': "1x9 0x60",
    'communique_feeds_dirty{instance="here"}': "0 5x60",
    'communique_alerts{state="dead",instance="here"}': "0x9 1x60",
}
"""Metrics a minute: all goes wrong after ten of them."""

LABELS = {"instance": "here", "source": "acme", "communique_source_state": "failing"}
"""What the summaries of alerts name."""

FIRES: list[tuple[str, str, dict[str, str] | None]] = [
    ("CommuniqueSourceFails", "35m", None),
    ("CommuniqueSourceFails", "45m", FAILING),
    ("CommuniqueSourceDegraded", "35m", None),
    ("CommuniqueSourceDegraded", "45m", {"severity": "ticket", "source": "acme"}),
    ("CommuniqueDown", "14m", None),
    ("CommuniqueDown", "20m", HERE | {"job": "communique"}),
    ("CommuniquePublishesNothing", "20m", None),
    ("CommuniquePublishesNothing", "45m", HERE),
    ("CommuniqueMessageGivenUp", "5m", None),
    ("CommuniqueMessageGivenUp", "20m", GIVEN_UP),
]
"""Which alert fires at which time, and with which labels."""


def summary_of(alert: str) -> str:
    """The summary of an alert, with LABELS."""
    rules = RULES.read_text("utf-8")
    found = re.findall(rf'alert: {alert}\n.*?summary: "(.*?)"\n', rules, re.DOTALL)[0]
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda label: LABELS[label[1]], found)


@pytest.mark.integration
def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    expected = [
        {
            "alertname": alert,
            "eval_time": at,
            "exp_alerts": [
                {"exp_labels": labels, "exp_annotations": {"summary": summary_of(alert)}}
            ]
            if labels
            else [],
        }
        for alert, at, labels in FIRES
    ]
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in SERIES.items()],
        "alert_rule_test": expected,
    }
    cases = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [case]}
    path = tmp_path / "cases.yml"
    path.write_text(json.dumps(cases))
    assert promtool("test", "rules", str(path)) == (0, "")
