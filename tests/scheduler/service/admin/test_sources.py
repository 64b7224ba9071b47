"""The pages of sources in the operator's room."""

from __future__ import annotations

import json

import pytest

from data.clock import utc_now
from data.models import Run, RunError
from scheduler.home.home import home_at
from tests.command import communique
from tests.scheduler.service.admin.conftest import Running


def handled(running: Running) -> dict[str, bool]:
    """The health of the only source, from the command line."""
    told = json.loads(communique("health", "--json", home=running.home).stdout)
    (one,) = (one for one in told["sources"] if one["id"] == "harbour")
    return {key: bool(one[key]) for key in ("paused", "muted_until", "acknowledged")}


def test_sources_are_listed_with_their_health(running: Running) -> None:
    page = running.web.get("/admin/sources/").text
    assert "Harbour Board" in page
    page = running.web.get("/admin/sources/harbour/").text
    assert "timezone = &#34;Europe/Oslo&#34;" in page
    assert running.web.get("/admin/sources/none/").status_code == 404
    assert running.web.get("/admin/sources/..%2f..%2fetc/").status_code == 404


def test_the_page_of_a_blocked_source_offers_a_letter(running: Running) -> None:
    assert "Dear Sir" not in running.web.get("/admin/sources/harbour/").text
    store = home_at(running.home).store()
    error = RunError(store.sources()["harbour"].url, "http:403", "it refuses")
    store.add_run(Run("harbour", utc_now(), 1.0, errors=(error,)))
    page = running.web.get("/admin/sources/harbour/").text
    store.add_run(Run("harbour", utc_now(), 1.0, pages=1, found=3))
    store.close()
    assert "Dear Sir" in page
    assert "network.sign" in page
    assert "Dear Sir" not in running.web.get("/admin/sources/harbour/").text


def test_a_source_is_paused_and_resumed(running: Running) -> None:
    answer = running.post("/admin/sources/harbour/pause", why="they move <house>")
    assert answer.status_code == 200
    assert "harbour is paused: they move &lt;house&gt;" in answer.text
    assert handled(running)["paused"]
    assert "Next visit: in" not in answer.text
    assert "is no longer paused" in running.post("/admin/sources/harbour/resume").text
    assert not handled(running)["paused"]


def test_a_source_is_muted_for_days_with_a_reason(running: Running) -> None:
    answer = running.post("/admin/sources/harbour/mute", why="known", days="3")
    assert "harbour is muted until 2" in answer.text
    assert handled(running)["muted_until"]
    assert "is no longer muted" in running.post("/admin/sources/harbour/unmute").text
    assert not handled(running)["muted_until"]


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("mute", {"why": " ", "days": "3"}, "enter a reason"),
        ("mute", {"why": "x", "days": "0"}, "from 1 to 3650"),
        ("mute", {"why": "x", "days": "9999999999"}, "from 1 to 3650"),
        ("mute", {"why": "x"}, "from 1 to 3650"),
        ("ack", {"why": "x"}, "there is nothing to acknowledge"),
    ],
)
def test_an_invalid_form_is_reported_in_one_sentence(
    running: Running, action: str, fields: dict[str, str], said: str
) -> None:
    answer = running.post(f"/admin/sources/harbour/{action}", **fields)
    assert said in answer.text
    assert 'class="said fault"' in answer.text
    assert handled(running) == {"paused": False, "muted_until": False, "acknowledged": False}


def test_get_requests_change_nothing(running: Running) -> None:
    for action in ("pause", "mute", "ack", "visit", "resume", "unmute"):
        assert running.web.get(f"/admin/sources/harbour/{action}?why=x").status_code == 405
    assert not any(handled(running).values())


def test_a_source_can_be_visited_at_once(running: Running) -> None:
    running.room.log.clear()
    answer = running.post("/admin/sources/harbour/visit")
    assert "harbour is being visited" in answer.text
    running.room.wait_for("/news/")
