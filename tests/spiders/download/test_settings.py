"""Where a browser is asked for and there is none, and where none is needed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from data.settings import Network
from spiders.download.proxy import PublicOnlyProxy
from spiders.download.settings import (
    BrowserMissing,
    CrawlConnections,
    needs_browser,
    render_settings,
)
from spiders.sources.source_file import parse_source
from tests.command import command, make_home
from tests.press_room import Room, listing_html, release_html, served

SOURCE = 'name = "N"\nurl = "https://a.example/news/"\ntimezone = "UTC"\nrender = true\n'


def test_a_missing_browser_is_reported_with_the_command_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BrowserMissing) as caught:
        render_settings(Network())
    if find_spec("scrapy_playwright") is None:
        assert "pip install 'communique[browser]'" in str(caught.value)
    assert "chromium" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_source_without_its_browser_fails_alone_with_advice(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        text = (home / "sources" / "harbour.toml").read_text()
        (home / "sources" / "other.toml").write_text(f"{text}render = true\n")
        result = subprocess.run(  # noqa: S603 - our own program
            [*command(), "collect", "--json", "--home", str(home)],
            capture_output=True,
            check=False,
            env=os.environ | {"PATH": str(tmp_path)},
            timeout=110,
        )
    runs = {run["source"]: run for run in json.loads(result.stdout)["runs"]}
    assert runs["harbour"]["new"] == 1
    assert [error["kind"] for error in runs["other"]["errors"]] == ["browser"]
    assert "chromium" in runs["other"]["errors"][0]["message"]


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        ("https://a.example/news/", True),
        ("https://a.example/news/1.html?x=y.pdf", True),
        ("https://a.example/files/1.PDF", False),
        ("https://a.example/feed", False),
    ],
)
def test_feeds_and_documents_need_no_browser(url: str, *, needed: bool) -> None:
    file = parse_source(f'{SOURCE}feed = "https://a.example/feed"\n', "a.toml")
    assert needs_browser(file, url) is needed
    plain = parse_source(SOURCE.replace("render = true", ""), "a.toml")
    assert not needs_browser(plain, url)


async def ask(
    room: Room,
    *,
    allow_private: bool,
    request: str,
    max_bytes: int = 10_000,
    connections: CrawlConnections | None = None,
) -> bytes:
    """What the gateway answers to a request that a browser makes of a proxy."""
    gateway = PublicOnlyProxy(
        connections or CrawlConnections(), allow_private=allow_private, max_bytes=max_bytes
    )
    port = int((await gateway.open()).rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    host = room.base.removeprefix("http://")
    writer.write(request.format(base=room.base, host=host).encode())
    answer = await reader.read()
    writer.close()
    gateway.close()
    return answer


def is_refused(answer: bytes, request: str) -> bool:
    """Whether the gateway refused a tunnel with 502, or closed another connection."""
    return answer.startswith(b"HTTP/1.1 502 ") if request.startswith("CONNECT") else answer == b""


GET = "GET {base}/news/ HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: keep-alive\r\n\r\n"
CONNECT = (
    "CONNECT {host} HTTP/1.1\r\n\r\nGET /news/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
)


@pytest.mark.parametrize("request_", [GET, CONNECT])
def test_the_gateway_connects_to_private_addresses_only_if_allowed(request_: str) -> None:
    connections = CrawlConnections()
    with served() as room:
        room.page("/news/", "<p>here</p>")
        allowed = asyncio.run(ask(room, allow_private=True, request=request_))
        assert allowed.endswith(b"<p>here</p>")
        room.log.clear()
        local = request_.replace("{host} HTTP", "localhost:{host} HTTP").replace(
            "localhost:127.0.0.1", "localhost"
        )
        for asked in (request_, local):
            answer = ask(room, allow_private=False, request=asked, connections=connections)
            assert is_refused(asyncio.run(answer), asked)
        assert room.log == []
    assert connections.refused["127.0.0.1"] == "127.0.0.1"


@pytest.mark.parametrize(
    "request_",
    ["nonsense\r\n\r\n", "GET file:///etc/passwd HTTP/1.1\r\n\r\n", "CONNECT :0 HTTP/1.1\r\n\r\n",
     "GET http:// HTTP/1.1\r\n\r\n", "GET /news/ HTTP/1.1\r\n\r\n", "x" * 100_000],
)  # fmt: skip
def test_the_gateway_closes_connections_that_it_can_not_forward(request_: str) -> None:
    with served() as room:
        assert is_refused(asyncio.run(ask(room, allow_private=True, request=request_)), request_)


def test_the_gateway_stops_an_endless_body() -> None:
    with served() as room:
        room.page("/news/", "x" * 5_000_000)
        answer = asyncio.run(ask(room, allow_private=True, request=GET))
    assert len(answer) < 100_000
