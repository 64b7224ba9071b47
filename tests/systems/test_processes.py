"""Programs that fail or do not end are reported as absent systems."""

from __future__ import annotations

import sys

import pytest

from tests.systems import processes
from tests.systems.processes import Absent, done


def test_a_program_that_does_not_end_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "RUN_SECONDS", 0.1)
    with pytest.raises(Absent, match="took more than"):
        done([sys.executable, "-c", "import signal; signal.pause()"])


def test_a_program_that_fails_is_absent_with_its_message() -> None:
    with pytest.raises(Absent, match="no template"):
        done([sys.executable, "-c", "raise SystemExit('no template')"])
