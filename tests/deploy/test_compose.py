"""The compose files, by the schema of the Compose Specification."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[2] / "deploy" / "container").glob("compose*.yaml"))


@pytest.mark.integration
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_compose_file_is_valid(file: Path) -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    if not checker.exists():
        pytest.skip("check-jsonschema is not installed")
    done = subprocess.run(  # noqa: S603 - a tool of the tests
        [checker, "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
