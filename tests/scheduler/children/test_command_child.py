"""Commands that pages run: bounded in time, told as in a terminal."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from scheduler.children.command_child import CommandLate, run_command
from scheduler.home import open_home
from tests.command import SETTINGS

pytestmark = pytest.mark.usefixtures("forked_children")


def test_a_command_returns_its_json_its_code_and_its_errors(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    result = asyncio.run(run_command(home, "sources", "list", "--json", seconds=60))
    assert (result.code, result.printed["removed"], result.errors) == (0, [], ())
    result = asyncio.run(run_command(home, "sources", "show", "none", seconds=60))
    assert result.code == 2
    assert result.printed is None
    assert result.errors[0].startswith("no source named 'none'")


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS)
    home = open_home(tmp_path)
    # A server that takes connections and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(CommandLate, match="was ended"):
            asyncio.run(run_command(home, "add", url, seconds=2))
