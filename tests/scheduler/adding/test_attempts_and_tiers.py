"""Tiers of catalogue entries, from visits, health and sample pages."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

import pytest

from data.clock import utc_now
from data.models import HealthEvent, Run, Source
from scheduler.adding.attempts_and_tiers import Tiers
from scheduler.home.home import Home, open_home

KEY = "own/board"
DAY = dt.timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A HOME with a source from a catalogue."""
    home = open_home(tmp_path / "home")
    home.sources.mkdir()
    (home.sources / "pier.toml").write_text(
        f'name = "Pier"\nurl = "http://a.example/"\ntimezone = "UTC"\ncatalogue = "{KEY}"\n'
    )
    return home


def visited(home: Home, *, days_ago: int, new: int = 3) -> None:
    """Store a visit that read releases, ``days_ago`` days ago."""
    with closing(home.store()) as store:
        store.register(Source("pier", "Pier", "http://a.example/", "UTC"))
        store.add_run(Run("pier", utc_now() - days_ago * DAY, 1.0, pages=3, found=3, new=new))


def changed(home: Home, *, well: bool, days_ago: int) -> None:
    """Store a change of the source's health, ``days_ago`` days ago."""
    state = "ok" if well else "failing"
    event = HealthEvent("pier", well, utc_now() - days_ago * DAY, "because", state)
    with closing(home.store()) as store:
        store.add_health_events([event])


def tier(home: Home) -> str:
    """The tier of the entry."""
    return Tiers(home).of(KEY).name


def test_an_entry_is_listed_until_a_visit_has_read_its_releases(home: Home) -> None:
    assert tier(home) == "listed"
    assert Tiers(home).of(KEY).source == "pier"
    visited(home, days_ago=2, new=0)
    assert tier(home) == "listed"
    visited(home, days_ago=1)
    assert tier(home) == "read"
    assert Tiers(home).of(KEY).shown.startswith("read, 20")
    assert Tiers(home).of("own/other").name == "listed"
    assert (Tiers(home).added("own"), Tiers(home).added("world")) == (1, 0)


def test_a_source_with_sample_pages_is_tested(home: Home) -> None:
    visited(home, days_ago=1)
    (home.samples / "pier").mkdir(parents=True)
    (home.samples / "pier" / "expected.json").write_text("{}")
    assert tier(home) == "tested"


def test_a_source_is_proven_after_90_days_without_a_fault(home: Home) -> None:
    visited(home, days_ago=89)
    assert tier(home) == "read"
    visited(home, days_ago=200)
    assert tier(home) == "proven"
    changed(home, well=False, days_ago=100)
    assert tier(home) == "read"
    changed(home, well=True, days_ago=95)
    assert tier(home) == "proven"
    changed(home, well=False, days_ago=20)
    changed(home, well=True, days_ago=10)
    assert tier(home) == "read"
