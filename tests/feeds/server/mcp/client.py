"""A client of the tools at /mcp."""

from __future__ import annotations

from typing import Any

import httpx

HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2025-11-25",
}


def asked(web: httpx.Client, method: str, token: str = "", **parameters: Any) -> httpx.Response:
    """The HTTP response to a request of the protocol."""
    headers = {**HEADERS, "authorization": f"Bearer {token}"} if token else HEADERS
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    return web.post("/mcp", json=message, headers=headers)


def result(web: httpx.Client, method: str, token: str = "", **parameters: Any) -> dict[str, Any]:
    """The result of a request of the protocol."""
    answer = asked(web, method, token, **parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["result"]
    return found


def called(web: httpx.Client, tool: str, token: str = "", **arguments: Any) -> dict[str, Any]:
    """The result of a call of a tool."""
    return result(web, "tools/call", token, name=tool, arguments=arguments)
