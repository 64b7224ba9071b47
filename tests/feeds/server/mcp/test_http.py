"""The tools at /mcp are closed to pages of other sites, and to large or wrong requests."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.settings import SiteSettings
from feeds.server.access import Access
from feeds.server.app import create_app
from feeds.server.mcp_http import MAX_BODY_BYTES
from tests.feeds.server.mcp.client import HEADERS, asked, called
from tests.feeds.serving import served_by


def test_only_our_own_pages_and_hosts_may_send_requests(web: httpx.Client) -> None:
    def status(**headers: str) -> int:
        message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        return web.post("/mcp", json=message, headers={**HEADERS, **headers}).status_code

    own = f"127.0.0.1:{web.base_url.port}"
    assert status() == 200
    assert status(origin=f"http://{own}") == 200
    assert status(host=f"localhost:{web.base_url.port}") == 200
    assert status(origin="https://evil.example") == 403
    assert status(origin="null") == 403
    assert status(origin="http://[") == 403
    assert status(host="evil.example") == 421
    assert status(host="evil.example", origin="http://evil.example") == 421


def test_requests_that_are_not_of_the_protocol_are_refused(web: httpx.Client) -> None:
    assert web.get("/mcp", headers=HEADERS).status_code == 405
    assert web.delete("/mcp", headers=HEADERS).status_code == 405
    assert web.options("/mcp").headers.get("access-control-allow-origin") is None
    large = b'{"x": "' + b"a" * MAX_BODY_BYTES + b'"}'
    assert web.post("/mcp", content=large, headers=HEADERS).status_code == 413
    assert web.post("/mcp", content=b"{", headers=HEADERS).status_code == 400
    assert (
        web.post("/mcp", content=b"{}", headers={"content-type": "text/plain"}).status_code == 400
    )
    assert web.post("/mcp", json={"id": 1}, headers=HEADERS).status_code == 400


def test_a_closed_site_needs_a_token_and_a_wrong_one_is_refused(path: Path) -> None:
    tokens = path.parent / "mcp-tokens"
    reader = new_token(tokens, "reader", ("read",))
    access = Access(Permissions(tokens))
    for closed in (True, False):
        site = SiteSettings(api_rate=0, access="token" if closed else "open")
        app = create_app(path.parent / "site", f"sqlite:{path}", site, access=access)
        for web in served_by(app):
            assert asked(web, "ping").status_code == (401 if closed else 200)
            assert asked(web, "ping", "communique_wrong").status_code == 401
            assert called(web, "sources", reader)["isError"] is False


def test_requests_count_towards_the_rate_limit(path: Path) -> None:
    app = create_app(path.parent / "site", f"sqlite:{path}", SiteSettings(api_rate=2))
    for web in served_by(app):
        web.headers["x-forwarded-for"] = "203.0.113.9"
        answers = [asked(web, "ping") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


def test_a_client_that_disconnects_within_its_body_is_not_logged_as_an_error(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = "POST /mcp HTTP/1.1\r\ncontent-length: 1000\r\nhost: 127.0.0.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    for web in served_by(create_app(path.parent / "site", f"sqlite:{path}", SiteSettings())):
        with socket.create_connection((web.base_url.host, web.base_url.port or 0)) as client:
            client.sendall(f"{head}\r\n{{".encode())
        # The server ends after its last request.
        assert asked(web, "ping").status_code == 200
    assert not caplog.records
