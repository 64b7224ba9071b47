"""What /metrics reports about a HOME was measured; the rest is absent."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from data.clock import utc_now
from scheduler.children.child import CommandResult
from scheduler.home.home import home_at
from scheduler.service import home_metrics
from scheduler.service.background import in_background
from scheduler.service.home_metrics import HomeMetrics
from tests.archived import archived_home
from tests.command import communique
from tests.peer import PATIENCE

NEVER_DONE = {
    "communique_backup_timestamp_seconds",
    "communique_verification_timestamp_seconds",
    "communique_witness_timestamp_seconds",
    "communique_doctor_errors",
    "communique_archive_lag_seconds",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with archived_home(tmp_path / "home"):
        pass
    return tmp_path / "home"


def test_a_new_home_reports_its_disk_alone(tmp_path: Path) -> None:
    facts = HomeMetrics(home_at(tmp_path)).facts()
    assert facts.keys() == {"communique_disk_bytes", "communique_disk_free_bytes"}
    assert 0 < facts["communique_disk_free_bytes"] <= facts["communique_disk_bytes"]
    assert not (tmp_path / "communique.db").exists()


def test_backups_and_verifications_are_reported_afterwards(home: Path, tmp_path: Path) -> None:
    metrics = HomeMetrics(home_at(home))
    before = metrics.facts()
    assert not before.keys() & NEVER_DONE
    assert before["communique_archive_leaves"] > 10
    assert before["communique_archive_waiting_transactions"] == 0
    assert communique("mirror", "verify", home=home).returncode == 0
    assert communique("backup", str(tmp_path / "copy"), home=home).returncode == 0
    after = metrics.facts()
    assert after["communique_verification_problems"] == 0
    verified = after["communique_verification_timestamp_seconds"]
    assert verified <= after["communique_backup_timestamp_seconds"]
    # A restored HOME was never backed up itself.
    assert communique("restore", str(tmp_path / "copy"), home=tmp_path / "back").returncode == 0
    restored = HomeMetrics(home_at(tmp_path / "back")).facts()
    assert "communique_backup_timestamp_seconds" not in restored


@pytest.mark.thorough
def test_the_doctor_reports_its_errors(home: Path) -> None:
    metrics = HomeMetrics(home_at(home))
    asyncio.run(metrics.examine())
    before = metrics.facts()
    assert before["communique_doctor_errors"] == 0
    (home / "watches").mkdir()
    (home / "watches" / "broken.toml").write_text("name = ")
    asyncio.run(metrics.examine())
    after = metrics.facts()
    assert after["communique_doctor_errors"] > 0
    assert (
        after["communique_doctor_timestamp_seconds"] > before["communique_doctor_timestamp_seconds"]
    )


def test_a_doctor_that_prints_nothing_is_logged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The metrics would stay as they were, without a word."""
    metrics = HomeMetrics(home_at(home))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with capture_logs() as logs:
        asyncio.run(metrics.examine())
    assert [(one["log_level"], one["problem"]) for one in logs] == [
        ("warning", "it ended with code 1")
    ]
    assert "communique_doctor_errors" not in metrics.facts()


def test_the_doctor_runs_again_after_an_unexpected_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A doctor that prints something else must not end the metrics until a restart."""
    monkeypatch.setattr(home_metrics, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(home_metrics, "INTERVAL_SECONDS", 0.0)
    printed = iter([{"wrong": 1}, {"errors": 2, "warnings": 3}])

    async def work() -> None:
        seen, end = HomeMetrics(home_at(home)), asyncio.Event()

        async def run(*_words: object, **_limits: object) -> CommandResult:
            if one := next(printed, None):
                return CommandResult(0, one, ())
            end.set()
            return CommandResult(1, None, ())

        monkeypatch.setattr(home_metrics, "run_command", run)
        async with asyncio.timeout(PATIENCE), in_background(seen.examine_periodically(), end.set):
            await end.wait()
        assert seen.facts()["communique_doctor_errors"] == 2

    with capture_logs() as logs:
        asyncio.run(work())
    assert [bool(one.get("exc_info")) for one in logs][:2] == [True, False]


def test_the_lag_is_the_age_of_the_oldest_uncopied_file(home: Path) -> None:
    settings = '[archive]\ntarget = "s3://bucket/archive"\n'
    (home / "communique.toml").write_text(settings)
    metrics = HomeMetrics(home_at(home))
    assert metrics.facts()["communique_archive_lag_seconds"] == 0
    now = utc_now().timestamp()
    for name, age in (("0000000a", 7200), ("0000000b", 60)):
        file = home / "archive" / f"communique-20260101000000-{name}.warc.gz"
        file.touch()
        os.utime(file, (now - age, now - age))
    assert metrics.facts()["communique_archive_lag_seconds"] >= 7200
    home_at(home).uploaded.write_text("communique-20260101000000-0000000a.warc.gz\n")
    assert 60 <= metrics.facts()["communique_archive_lag_seconds"] < 7200


def test_other_metrics_remain_if_the_archive_is_unreadable(home: Path) -> None:
    checkpoint = home / "archive" / "log" / "checkpoint"
    checkpoint.unlink()
    checkpoint.mkdir()
    facts = HomeMetrics(home_at(home)).facts()
    assert "communique_disk_bytes" in facts
    assert "communique_archive_leaves" not in facts
