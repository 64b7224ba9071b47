"""What /metrics reports about a HOME was measured; the rest is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from scheduler.home import home_at
from scheduler.service.home_metrics import HomeMetrics
from tests.archived import archived_home
from tests.command import communique

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


def test_what_was_done_is_reported_from_then_on(home: Path, tmp_path: Path) -> None:
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
