"""Changes in the health of a source are recorded even without a publication."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from data.models import Run, RunError, Source
from scheduler.home.home import Home, open_home
from scheduler.sources.home_health import note_health

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
FILE = 'name = "Harbour Board"\nurl = "http://harbour.example/"\ntimezone = "UTC"\n'
BROKEN = RunError("http://harbour.example/", "http:500", "the server responded with 500")
CLOSED = RunError("http://harbour.example/", "http:403", "the server responded with 403")


def with_visits(folder: Path, further: int) -> Home:
    """A HOME in which so many further visits have to agree."""
    (folder / "communique.toml").write_text(f"[health]\nconfirm_visits = {further}\n")
    (folder / "sources").mkdir()
    (folder / "sources" / "harbour.toml").write_text(FILE)
    return open_home(folder)


def visited(home: Home, hour: int, *errors: RunError) -> int:
    """Visit at an hour, and note what that says of the source."""
    store = home.store()
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/"))
    store.add_run(Run("harbour", NOON.replace(hour=hour), 1.0, errors=errors))
    store.close()
    return note_health(home)


def states(home: Home) -> list[tuple[int, str, str]]:
    store = home.store()
    try:
        return [(one.at.hour, one.state, one.reason) for one in store.health_events(limit=9)]
    finally:
        store.close()


def test_each_change_of_health_is_stored_without_publishing(tmp_path: Path) -> None:
    home = with_visits(tmp_path, 0)
    assert visited(home, 8) == 0, "at first a source is well"
    assert visited(home, 9, BROKEN) == 1
    assert visited(home, 10, BROKEN) == 0
    assert visited(home, 11, CLOSED) == 1
    assert visited(home, 12) == 1
    assert note_health(home) == 0
    assert states(home) == [
        (9, "failing", "the server responded with 500 (http://harbour.example/)"),
        (11, "blocked", "the server responded with 403 (http://harbour.example/)"),
        (12, "ok", ""),
    ]
    assert not home.site.exists()


def test_a_change_is_recorded_after_the_configured_number_of_visits(tmp_path: Path) -> None:
    home = with_visits(tmp_path, 1)
    assert visited(home, 8, BROKEN) == 0
    assert visited(home, 9, BROKEN) == 1
    assert visited(home, 10) == 0
    assert visited(home, 11) == 1
    assert [(hour, state) for hour, state, _ in states(home)] == [(9, "failing"), (11, "ok")]


def test_a_home_without_visits_records_no_health(tmp_path: Path) -> None:
    assert note_health(open_home(tmp_path)) == 0


def test_a_broken_or_missing_source_file_is_recorded_at_once(tmp_path: Path) -> None:
    home = with_visits(tmp_path, further=2)
    assert visited(home, 8) == 0
    file = tmp_path / "sources" / "harbour.toml"
    file.write_text("name = 3\n")
    assert note_health(home) == 1
    file.unlink()
    assert note_health(home) == 0, "it is told already that nobody visits it"
    store = home.store()
    (told,) = store.health_events(limit=9)
    store.close()
    assert (told.state, told.code) == ("failing", "source.broken")
    assert told.reason.startswith("HOME/sources/harbour.toml: name: ")
