"""A child answers lines of JSON; its death is reported, and it never outlives its parent."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import uvloop

from scheduler.children import child as children
from scheduler.children.child import Child, ChildEnded, CommandLate, run_command
from scheduler.home.home import open_home
from tests.command import SETTINGS

Runs = Callable[[str], None]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Lets children run a script of the shell in place of Python."""

    def run(script: str) -> None:
        program = tmp_path / "program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return run


@pytest.fixture(params=[asyncio.run, uvloop.run])
def run(request: pytest.FixtureRequest) -> Callable[..., None]:
    """What runs the parent: commands have asyncio's loop, the service has uvloop's."""
    found: Callable[..., None] = request.param
    return found


def test_long_lines_are_exchanged_until_the_child_ends(
    runs: Runs, run: Callable[..., None]
) -> None:
    runs("cat")

    async def work() -> None:
        child = await Child.start("any")
        for line in ({"day": 1}, ["x" * 5_000_000], 3):
            heard, _ = await asyncio.gather(child.hear(object), child.say(line))
            assert heard == line
        assert await child.end() == 0

    run(work())


@pytest.mark.parametrize("cut", ["", 'printf \'{"feeds": 12, "wri\'', "printf 12"])
def test_a_child_that_dies_is_reported_with_its_exit_code(
    runs: Runs, run: Callable[..., None], cut: str
) -> None:
    runs(f"read line\n{cut}\nkill -9 $$")

    async def work() -> None:
        child = await Child.start("any")
        await child.say({})
        with pytest.raises(ChildEnded, match="SIGKILL"):
            await child.hear(object)
        # And again, by whoever speaks to it afterwards.
        with pytest.raises(ChildEnded, match="SIGKILL"):
            await child.say({})
        assert await child.end() == -9

    run(work())


def test_an_invalid_line_is_an_error_and_the_next_one_is_read(
    runs: Runs, run: Callable[..., None]
) -> None:
    runs("echo oops; echo 12; read line")

    async def work() -> None:
        child = await Child.start("any")
        with pytest.raises(msgspec.DecodeError):
            await child.hear(int)
        assert await child.hear(int) == 12
        await child.end()

    run(work())


def test_a_child_that_does_not_end_is_killed(
    runs: Runs, run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs("exec sleep 1000")
    monkeypatch.setattr(children, "KILL_AFTER_SECONDS", 0.1)

    async def work() -> None:
        child = await Child.start("any")
        assert await child.end() == -9

    run(work())


def test_a_response_that_takes_too_long_is_an_error(runs: Runs, run: Callable[..., None]) -> None:
    runs("exec sleep 1000")

    async def work() -> None:
        child = await Child.start("any")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await child.hear(object)
        child.kill()
        assert await child.end() == -9
        child.kill()

    run(work())


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
