"""The conformance suite of the Model Context Protocol finds nothing in the tools at /mcp."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from data.settings import SiteSettings
from feeds.server.app import create_app
from tests.feeds.api_store import fill
from tests.feeds.serving import served_by

SCENARIOS = ("server-initialize", "ping", "tools-list", "dns-rebinding-protection")
"""Scenarios about lifecycle, lists and security. They need no special content."""

SKIPPED = {
    "tools-call-*": "they need test tools with given names; tests of feeds/server/mcp call ours",
    "json-schema-2020-12": "it needs a test tool; our schemas are validated in test_tools.py",
    "resources-*": "we have no resources: releases are results of tools",
    "prompts-*": "we have no prompts",
    "completion-complete": "it completes prompts and resources, which we do not have",
    "logging-set-level": "a server without sessions has no log for a client",
    "elicitation-*": "a server without sessions can not ask a client",
    "server-sse-*": "we do not stream responses: each is one JSON document",
}
"""The other scenarios, each with the reason why it is skipped."""

CONFORMANCE = shutil.which("conformance")


@pytest.mark.integration
@pytest.mark.skipif(CONFORMANCE is None, reason="conformance (npm) is not installed")
def test_all_scenarios_for_our_features_pass(tmp_path: Path) -> None:
    path = tmp_path / "communique.db"
    fill(path)
    app = create_app(tmp_path / "site", f"sqlite:{path}", SiteSettings(api_rate=0))
    for web in served_by(app):
        for scenario in SCENARIOS:
            done = subprocess.run(  # noqa: S603 - the suite
                [
                    str(CONFORMANCE),
                    "server",
                    "--url",
                    f"{web.base_url}/mcp",
                    "--scenario",
                    scenario,
                ],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, (scenario, done.stdout[-2000:], done.stderr[-2000:])


@pytest.mark.integration
@pytest.mark.skipif(CONFORMANCE is None, reason="conformance (npm) is not installed")
def test_each_scenario_is_run_or_skipped_with_a_reason() -> None:
    listed = subprocess.run(  # noqa: S603 - the suite
        [str(CONFORMANCE), "list", "--server"], capture_output=True, text=True, check=True
    )
    lines = (line.split() for line in listed.stdout.splitlines())
    names = {words[1] for words in lines if words[:1] == ["-"]}
    skipped = {name for name in names if any(Path(name).match(pattern) for pattern in SKIPPED)}
    assert names - skipped == {*SCENARIOS}
