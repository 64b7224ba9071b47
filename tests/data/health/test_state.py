"""The health of a source shows its fault, and distinguishes silence from failure."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from data.health.health_changes import note_health_events
from data.health.silence import Expected
from data.health.state import health_of, overview
from data.models import HealthEvent, Run, RunError, Source, Streak, VisitFacts
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.command import communique, make_home
from tests.feeds.sample_store import SampleStore, make_release, on_day
from tests.press_room import listing_html, release_html, served

ACME = Source("acme", "ACME", "https://acme.example/", "Asia/Baku")
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
GOOD = Run("acme", NOON, 1.0, pages=3, found=3)
EXPECTED = Expected(
    last=dt.date(2026, 3, 9),
    since=dt.date(2026, 3, 10),
    by=dt.date(2026, 3, 12),
    silent=dt.date(2026, 3, 20),
    releases=2.7,
)


def failed(kind: str, message: str = "it went wrong") -> Run:
    return Run("acme", NOON, 1.0, errors=(RunError("https://acme.example/", kind, message),))


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (GOOD, "ok"),
        (None, "new"),
        (failed("empty"), "failing"),
        (failed("http:500"), "failing"),
        (failed("http:403"), "blocked"),
        (failed("robots"), "blocked"),
        (failed("blocked:login"), "blocked"),
        (failed("blocked:maintenance"), "failing"),
        # Not by its words, which may be any.
        (failed("empty", "the server responded with 403"), "failing"),
        (replace(failed("robots"), found=3), "ok"),
        # Whatever its listing names, none of it could be read.
        (replace(failed("robots"), found=1), "blocked"),
        (replace(failed("http:500"), found=1), "failing"),
        (replace(failed("wait:503"), found=9), "failing"),
        (replace(failed("wait:429"), found=9), "blocked"),
        (replace(failed("wait:429"), found=9, new=1), "ok"),
        # What was served is lost to the archive, whatever else went well.
        (replace(failed("archive"), found=9, new=9), "failing"),
        # A source works without the files of its releases.
        (failed("file:404"), "ok"),
        (failed("file:robots"), "ok"),
    ],
)
def test_a_run_shows_whether_a_source_works(run: Run | None, state: str) -> None:
    assert health_of(ACME, run, "2026-03-09", EXPECTED).state == state


@pytest.mark.parametrize(
    ("day", "state"), [(12, "ok"), (13, "late"), (19, "late"), (20, "silent"), (30, "silent")]
)
def test_a_working_source_becomes_late_and_then_silent(day: int, state: str) -> None:
    run = replace(GOOD, started=NOON.replace(day=day))
    health = health_of(ACME, run, "2026-03-09", EXPECTED)
    assert health.state == state
    assert health.is_well is (state != "silent")


def test_the_day_is_in_the_time_zone_of_the_source() -> None:
    # In Baku it is the 13th already.
    run = replace(GOOD, started=dt.datetime(2026, 3, 12, 21, tzinfo=dt.UTC))
    assert health_of(ACME, run, "2026-03-09", EXPECTED).state == "late"


def test_without_a_release_or_a_rhythm_nothing_is_expected() -> None:
    assert health_of(ACME, GOOD, None, None).state == "new"
    health = health_of(ACME, GOOD, "2026-03-09", None)
    assert (health.state, health.expected) == ("ok", None)


def daily(count: int) -> SampleStore:
    """A store whose one source published on every day of April."""
    store = SampleStore()
    for day in range(1, count + 1):
        published = on_day(f"2026-04-{day:02}", "Asia/Baku")
        store.put(make_release(day, published=published, order=published.at))
    return store


def visit(store: SampleStore, day: int) -> None:
    store.add_run(replace(GOOD, started=NOON.replace(month=4, day=day)))


def test_silence_is_explained_with_the_expected_releases() -> None:
    def reason(day: dt.datetime) -> str:
        return health_of(ACME, replace(GOOD, started=day), "2026-03-09", EXPECTED).reason

    assert reason(NOON.replace(day=13)) == "a release was expected by Thursday 12 March"
    silent = reason(NOON.replace(day=20))
    for fact in ("newest date is 9 March;", "3 releases since Tuesday 10 March"):
        assert fact in silent
    assert "is 9 March 2026" in reason(NOON.replace(year=2027))


def test_a_past_day_is_not_the_next_expected_one() -> None:
    by = EXPECTED.by
    for days, shown in ((0, by), (1, None), (60, None)):
        run = replace(GOOD, started=NOON.replace(month=by.month, day=by.day) + dt.timedelta(days))
        assert health_of(ACME, run, "2026-03-09", EXPECTED).next_by == shown


def test_the_rhythm_follows_from_stored_days() -> None:
    store = daily(20)
    visit(store, 20)
    health = next(overview(store))
    assert (health.state, health.last_release) == ("ok", "2026-04-20")
    assert health.expected is not None
    assert health.expected.last == dt.date(2026, 4, 20) < health.expected.by
    visit(store, 30)
    assert next(overview(store)).state == "silent"
    # The other source was never visited.
    assert [one.state for one in overview(store)] == ["silent", "new"]


def test_a_rhythm_is_learned_again_only_after_new_releases() -> None:
    store = daily(20)
    visit(store, 20)
    note_health_events(store, further=0, now=NOON)
    (known,) = store.rhythms().values()
    assert known.releases == 20
    kept = replace(known, rhythm=None)
    store.keep_rhythms({"acme": kept})
    note_health_events(store, further=0, now=NOON)
    assert store.rhythms()["acme"] == kept
    published = on_day("2026-04-21", "Asia/Baku")
    store.put(make_release(21, published=published, order=published.at))
    visit(store, 21)
    note_health_events(store, further=0, now=NOON)
    learned = store.rhythms()["acme"]
    assert (learned.releases, learned.rhythm and learned.rhythm.last) == (21, dt.date(2026, 4, 21))


def titles(folder: Path) -> list[str]:
    root = etree.parse(folder / "feeds/health.atom").getroot()
    return [one.text or "" for one in root.iterfind("{*}entry/{*}title")]


def test_the_feed_of_health_includes_our_own_network(tmp_path: Path) -> None:
    store = daily(20)
    down = HealthEvent(
        "", well=False, at=NOON, reason="nobody answers", state="failing", code="network.down"
    )
    store.add_health_events([down])
    site = SiteSettings(url="https://p.example")
    assert publish(store, tmp_path / "site", site, cache=tmp_path / "rendered.db").errors == ()
    assert titles(tmp_path / "site") == ["Our own network: stopped working"]


def test_a_source_that_works_with_a_fault_is_not_reported_as_stopped(tmp_path: Path) -> None:
    store, kept, folder = daily(20), tmp_path / "rendered.db", tmp_path / "site"
    unread = VisitFacts(no_feed=Streak(1, 1, NOON))
    name = "ACME Corporation"

    def look(second: int, facts: VisitFacts | None, *, found: int = 20) -> list[str]:
        error = () if found else (RunError("", "http:500", "it failed"),)
        began = NOON.replace(month=4, day=20, second=second)
        run = replace(GOOD, started=began, found=found, unchanged=found, facts=facts, errors=error)
        store.add_run(run)
        note_health_events(store, further=0, now=NOON)
        assert (
            publish(store, folder, SiteSettings(url="https://p.example"), cache=kept).errors == ()
        )
        return titles(folder)

    assert look(1, VisitFacts()) == []
    assert look(2, unread) == [f"{name}: works but has a fault"]
    assert look(3, VisitFacts(), found=0) == [
        f"{name}: stopped working",
        f"{name}: works but has a fault",
    ]
    store.forget_health()
    assert look(4, unread) == [f"{name}: works but has a fault"]
    assert look(5, VisitFacts())[0] == f"{name}: works again"


@pytest.mark.thorough
def test_the_feed_of_health_includes_silence_and_its_end(tmp_path: Path) -> None:
    store, kept, folder = daily(20), tmp_path / "rendered.db", tmp_path / "site"

    def look(day: int) -> list[str]:
        visit(store, day)
        note_health_events(store, further=0, now=NOON)
        assert (
            publish(store, folder, SiteSettings(url="https://p.example"), cache=kept).errors == ()
        )
        return titles(folder)

    silent, again = "ACME Corporation: has gone silent", "ACME Corporation: works again"
    assert look(20) == []
    assert look(21) == []
    assert look(28) == [silent]
    assert look(29) == [silent]
    published = on_day("2026-04-30", "Asia/Baku")
    store.put(make_release(30, published=published, order=published.at))
    assert look(30) == [again, silent]


@pytest.mark.thorough
def test_the_command_prints_json(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert "new.unvisited" in communique("health", home=home).stdout
        communique("collect", home=home)
        result = communique("health", "--json", home=home)
        (one,) = json.loads(result.stdout)["sources"]
        assert result.returncode == 0
        assert (one["id"], one["state"], one["expected_by"]) == ("harbour", "ok", None)
        assert one["last_release"]
        assert dt.datetime.fromisoformat(one["last_run"]).tzinfo is not None
        room.page("/news/", "closed", status=403)
        communique("collect", home=home)
        result = communique("health", home=home)
        assert result.returncode == 1
        assert "blocked" in result.stdout


def test_a_source_with_an_invalid_file_fails_with_the_reason(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        communique("collect", home=home)
    (home / "sources" / "harbour.toml").write_text('name = "Harbour Board"\nurl = 3\n')
    (home / "sources" / "pier.toml").write_text("name = ")
    result = communique("health", "--json", home=home)
    assert result.returncode == 1
    visited, never = json.loads(result.stdout)["sources"]
    assert (visited["id"], visited["state"]) == ("harbour", "failing")
    assert visited["last_release"]
    assert "harbour.toml: url" in visited["reason"]
    assert (never["id"], never["state"], never["last_run"]) == ("pier", "failing", None)
    assert "pier.toml" in never["reason"]
    assert "pier.toml" in communique("health", home=home).stdout
