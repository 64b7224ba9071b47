"""The units of systemd, by its own judge."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service"))
MOST_EXPOSED = 1.3
"""What docs/how-to/systemd.md says, rounded up."""


def analyze(*arguments: str) -> str:
    """What systemd-analyze says, which shall have nothing against it."""
    found = shutil.which("systemd-analyze")
    if not found:
        pytest.skip("there is no systemd-analyze (Debian's package systemd)")
    done = subprocess.run(  # noqa: S603 - a program of Debian's
        [found, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.integration
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_a_unit(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text("utf-8")
    installed = tmp_path / unit.name
    # The program is where ours is now; without one systemd complains.
    installed.write_text(text.replace("/opt/communique/bin/communique", sys.executable))
    said = analyze("verify", "--man=no", str(installed))
    assert unit.name not in said, said


@pytest.mark.integration
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_may_do_little(unit: Path) -> None:
    said = analyze("security", "--offline=true", "--no-pager", str(unit))
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert exposure
    assert float(exposure[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_again_and_is_watched(unit: Path) -> None:
    lines = unit.read_text("utf-8").splitlines()
    for line in ("Type=notify", "Restart=always", "StartLimitIntervalSec=0", "KillMode=mixed"):
        assert line in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)
