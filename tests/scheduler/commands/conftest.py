"""Fixtures for tests of several commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archived import archived_home


@pytest.fixture(scope="package")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME with some archived releases, for tests to copy."""
    folder = tmp_path_factory.mktemp("archived")
    with archived_home(folder):
        pass
    return folder
