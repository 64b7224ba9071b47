"""The home page of the operator's room, and its server-sent events."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.peer import PATIENCE
from tests.scheduler.service.admin.conftest import Running


def test_the_page_shows_visits_deliveries_and_the_installation(running: Running) -> None:
    page = running.web.get("/admin/").text
    assert '<a href="../admin/sources/harbour/">harbour</a>' in page
    assert re.search(r"\d+ waiting, \d+ delivered, \d+ failed", page)
    for what in ("Store", "Archive", "Disk", "SQLite", "Communique"):
        assert f"<dt>{what}</dt>" in page


@pytest.mark.parametrize("path", ["watches", "sources", "sources/harbour", "add"])
def test_a_page_without_its_final_slash_redirects(running: Running, path: str) -> None:
    led = running.web.get(f"/admin/{path}")
    assert (led.status_code, led.headers["location"]) == (308, f"{path.rpartition('/')[2]}/")
    assert running.web.get(f"/admin/{path}/").status_code == 200


def test_an_open_page_gets_an_event_for_a_visit(running: Running) -> None:
    with running.web.stream("GET", "/admin/events", timeout=PATIENCE) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 5000"
        running.post("/admin/sources/harbour/visit")
        assert next(line for line in lines if line.startswith("data: "))


@pytest.mark.thorough
def test_streams_are_limited_and_released(running: Running) -> None:
    def opened() -> httpx.Response:
        return running.web.send(running.web.build_request("GET", "/admin/events"), stream=True)

    streams = [opened() for _ in range(20)]
    refused = opened()
    assert refused.status_code == 204
    for one in (*streams, refused):
        one.close()
    while (again := opened()).status_code == 204:
        again.close()
    again.close()
