"""`communique health` and `communique sources pause`: decisions about sources."""

from __future__ import annotations

import datetime as dt
import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.models import Run, RunError, Source, Streak, VisitFacts
from data.store.sqlite.store import SqliteStore
from scheduler.home.home import VISIT_LOCK_HOLDER, home_at
from scheduler.mirror.rebuild.rebuild import rebuild
from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served
from tests.services import started

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BROKEN = RunError("http://harbour.example/", "http:500", "the server responded with 500")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with one source, whose second visit failed."""
    home = make_home(tmp_path / "home", "http://harbour.example/news/")
    store = home_at(home).store()
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/news/"))
    store.add_run(Run("harbour", NOON, 1.0, pages=1))
    store.add_run(Run("harbour", NOON + HOUR, 1.0, errors=(BROKEN,)))
    store.close()
    return home


def health(home: Path) -> dict[str, Any]:
    """The health of the only source."""
    (one,) = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    return dict(one)


def test_an_unvisited_source_is_new_and_a_running_visit_is_shown(
    tmp_path: Path,
) -> None:
    home = make_home(tmp_path / "home", "http://harbour.example/news/")
    before = health(home)
    assert (before["state"], before["code"]) == ("new", "new.unvisited")
    assert (before["visiting"], before["degraded"]) == (False, False)
    with home_at(home).lock("source-harbour", VISIT_LOCK_HOLDER):
        assert health(home)["visiting"]
        assert "a visit is under way" in communique("health", home=home).stdout
    with home_at(home).lock("source-harbour", "an import into this source"):
        assert not health(home)["visiting"]


@pytest.mark.thorough
def test_the_health_is_new_during_the_first_visit(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]), hold=threading.Event(), longest=600)
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        with started("collect", home) as (visit, _):
            room.wait_for("/news/")
            during = health(home)
            assert communique("publish", home=home).returncode == 0
            hold = room.answers["/news/"].hold
            assert hold
            hold.set()
            visit.wait(100)
        assert (during["visiting"], during["state"]) == (True, "new")
        page = (home / "site" / "index.html").read_text("utf-8")
        assert "0 institutions" not in page
        assert 'class="glance unknown"' in page
        after = health(home)
        assert (after["visiting"], after["state"]) == (False, "ok")


def test_a_source_that_works_with_a_fault_is_degraded_and_makes_the_exit_code_1(
    home: Path,
) -> None:
    with closing(home_at(home).store()) as store:
        facts = VisitFacts(no_feed=Streak(1, 1, NOON))
        store.add_run(Run("harbour", NOON + 2 * HOUR, 1.0, found=2, unchanged=2, facts=facts))
    one = health(home)
    assert (one["state"], one["degraded"], one["code"]) == ("ok", True, "feed.unread")
    result = communique("health", home=home)
    assert result.returncode == 1
    assert "works but has a fault" in result.stdout


def done(home: Path, *arguments: str) -> str:
    """The output of a command that succeeds."""
    result = communique(*arguments, home=home)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(home: Path, *arguments: str) -> str:
    """The error message of a command that fails."""
    result = communique(*arguments, home=home)
    assert (result.returncode, result.stdout) == (1, "")
    return result.stderr


def test_acknowledged_and_muted_sources_are_shown_with_their_reason(home: Path) -> None:
    before = health(home)
    assert (before["state"], before["acknowledged"], before["muted_until"]) == (
        "failing",
        False,
        None,
    )
    done(home, "health", "ack", "harbour", "--why", "they move house")
    assert "is muted until" in done(
        home, "health", "mute", "harbour", "--for", "2", "--why", "until they have moved"
    )
    told = health(home)
    assert (told["state"], told["acknowledged"], told["paused"]) == ("failing", True, False)
    until = dt.datetime.fromisoformat(told["muted_until"])
    assert dt.timedelta(days=1) < until - dt.datetime.now(dt.UTC) < dt.timedelta(days=3)
    assert [one["why"] for one in told["handled"]] == ["they move house", "until they have moved"]
    lines = communique("health", home=home).stdout
    assert "acknowledged: they move house; muted until" in lines
    ended = json.loads(done(home, "health", "unmute", "harbour", "--json"))["ended"]
    assert ended == ["muted", "acknowledged"]
    assert health(home) == before


def test_unknown_sources_and_healthy_sources_are_not_acknowledged(home: Path) -> None:
    assert "neither muted nor acknowledged" in refused(home, "health", "unmute", "harbour")
    assert "is not paused" in refused(home, "sources", "resume", "harbour")
    store = SqliteStore(home / "communique.db")
    store.add_run(Run("harbour", NOON + 2 * HOUR, 1.0, pages=1))
    store.close()
    assert "nothing to acknowledge" in refused(home, "health", "ack", "harbour", "--why", "known")
    nobody = communique("health", "mute", "harbor", "--why", "known", home=home)
    assert nobody.returncode == 2
    assert "did you mean harbour?" in nobody.stderr


def test_a_paused_source_is_collected_only_if_its_id_is_given(home: Path) -> None:
    assert "is paused: they asked" in done(
        home, "sources", "pause", "harbour", "--why", "they asked us to"
    )
    told = health(home)
    assert (told["state"], told["code"], told["paused"]) == ("ok", "paused", True)
    assert communique("health", home=home).returncode == 0
    all_of_them = communique("collect", "--json", home=home)
    assert (all_of_them.returncode, json.loads(all_of_them.stdout)) == (0, {"runs": []})
    assert "harbour is paused" in all_of_them.stderr
    shown = json.loads(done(home, "sources", "show", "harbour", "--json"))
    assert shown["next_visit"] is None
    assert [one["kind"] for one in shown["health"]["handled"]] == ["paused"]
    assert "# ok (paused): it is not visited; paused: they asked us to\n" in done(
        home, "sources", "show", "harbour"
    )
    named = json.loads(communique("collect", "harbour", "--json", home=home).stdout)
    assert [run["source"] for run in named["runs"]] == ["harbour"]
    assert "visits to harbour are resumed" in done(home, "sources", "resume", "harbour")
    assert health(home)["code"] != "paused"
    assert done(home, "sources", "pause", "harbour", "--why", "  ") == "harbour is paused\n"


def test_decisions_are_restored_with_a_lost_home(home: Path, tmp_path: Path) -> None:
    done(home, "sources", "pause", "harbour", "--why", "they asked us to")
    done(home, "health", "mute", "harbour", "--why", "they asked us to")
    done(home, "health", "unmute", "harbour")
    rebuilt = tmp_path / "rebuilt"
    rebuild(home / "archive", rebuilt)
    kept, again = health(home)["handled"], health(rebuilt)["handled"]
    assert [one["kind"] for one in again] == ["paused"]
    assert again == kept
