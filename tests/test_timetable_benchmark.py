"""The benchmark of timetables ends well on other data than ours."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks import timetable
from benchmarks.timetable_parts.simulation import CannotMakeAsMany, as_many

NEW_YEAR = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def data_in(folder: Path, releases: Iterable[tuple[str, dt.datetime]]) -> list[str]:
    """A folder of data, as arguments of the benchmark."""
    lines = [f"{at.isoformat(sep=' ')},{section}\n" for section, at in releases]
    (folder / "whitehouse.csv").write_text("published,section\n" + "".join(lines))
    return ["timetable.py", "--data", str(folder), "--interval", "86400"]


def test_a_rule_that_can_not_make_as_many_visits_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # So few visits that not each number of them can be made.
    days = [("daily", NEW_YEAR + dt.timedelta(days=day)) for day in range(80)]
    silent = [(f"silent{number}", NEW_YEAR) for number in range(9)]
    monkeypatch.setattr("sys.argv", data_in(tmp_path, [*days, *silent]))
    timetable.main()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    sections = told["sections"]
    assert sections["Sia and Cho"]["as_many"] is False
    assert abs(sections["Sia and Cho"]["visits"] - sections["learned"]["visits"]) > 0
    assert "median_to_sia_cho" not in sections
    assert sections["median_to_fixed"] > 0


def test_data_of_a_few_days_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", data_in(tmp_path, [("daily", NEW_YEAR)]))
    timetable.main()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["sections"]["skipped"] == timetable.TOO_SHORT


def test_the_closest_count_is_reported() -> None:
    with pytest.raises(CannotMakeAsMany) as failed:
        as_many(lambda _: {}, 5, 1.0)
    assert failed.value.closest == 0
