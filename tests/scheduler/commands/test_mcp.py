"""`communique mcp` serves the tools over standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.access.tokens import new_token, revoke_token
from tests.command import command, communique, make_home
from tests.peer import PATIENCE

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with one source that was never visited."""
    return make_home(tmp_path / "home", "http://127.0.0.1:9/news/")


def results(
    home: Path,
    *options: str,
    calls: list[tuple[str, dict[str, Any]]],
    before_last: Callable[[], object] = bool,
) -> list[Any]:
    """The results of calls of tools, in one session. ``before_last`` precedes the last call."""
    messages: list[dict[str, Any]] = [
        {"id": 0, "method": "initialize", "params": INITIALIZE},
        {"method": "notifications/initialized"},
        {"id": 1, "method": "tools/list"},
    ]
    for number, (name, arguments) in enumerate(calls, 2):
        parameters = {"name": name, "arguments": arguments}
        messages.append({"id": number, "method": "tools/call", "params": parameters})
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "--home", str(home), "mcp", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        found = []
        for message in messages:
            if message is messages[-1]:
                before_last()
            child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            child.stdin.flush()
            if "id" in message:
                found.append(json.loads(child.stdout.readline())["result"])
        child.stdin.close()
        assert child.wait(PATIENCE) == 0
    return found[1:]


def test_tools_read_without_a_token_and_write_with_one(home: Path, tmp_path: Path) -> None:
    pause = ("pause_source", {"source": "harbour", "why": "a test"})
    tools, sources, refused = results(home, calls=[("sources", {}), pause])
    assert "pause_source" not in {one["name"] for one in tools["tools"]}
    assert sources["structuredContent"]["data"]["sources"] == []
    assert refused["isError"] is True
    file = tmp_path / "token"
    file.write_text(new_token(home / "tokens", "helper", ("operate",)) + "\n")
    tools, done, revoked = results(
        home,
        *("--token-file", str(file)),
        calls=[pause, pause],
        before_last=lambda: revoke_token(home / "tokens", "helper"),
    )
    assert "pause_source" in {one["name"] for one in tools["tools"]}
    assert done["structuredContent"]["data"]["changed"] is True
    assert json.loads(revoked["content"][0]["text"])["status"] == 403


def test_a_file_without_a_token_of_an_operator_is_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    for text, word in (("nonsense", "the token is unknown"), ("", "the token is unknown")):
        file.write_text(text)
        done = communique("mcp", "--token-file", str(file), home=home)
        assert done.returncode == 2
        assert word in done.stderr
    file.write_text(new_token(home / "tokens", "reader", ("read",)))
    done = communique("mcp", "--token-file", str(file), home=home)
    assert done.returncode == 2
    assert "read-only" in done.stderr


@pytest.mark.thorough
def test_no_other_command_loads_the_library() -> None:
    code = (
        "import sys, scheduler.commands.serve, scheduler.commands.run, scheduler.commands.mcp;"
        " sys.exit('mcp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own code
    assert done.returncode == 0
