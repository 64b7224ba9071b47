"""The tools at /mcp (Streamable HTTP), without sessions: requests are independent.

A page of another site must not call tools of a server on a person's own machine. So the Host header
must contain an IP address, a loopback name or the host of the site, because of DNS rebinding. An
Origin header must contain our own origin.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from data.settings import SiteSettings
from data.text.urls import site_address
from feeds.server.access import Access, token_in
from feeds.server.api.problems import ApiError, api_refusal, error_of
from feeds.server.api.write_requests import limited_body
from feeds.server.mcp_tools import McpCaller, Toolbox, Work, protocol_server
from feeds.server.requests.client import host_in, is_loopback
from feeds.server.requests.work_queue import Unanswered, WorkQueue

MAX_BODY_BYTES: Final = 131_072
"""Maximum size in bytes of a request body."""

OPERATOR_SCOPE_KEY: Final = "communique.operator"
"""Key in the ASGI scope for the name of the operator's token, or None."""

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_installed() -> bool:
    """Return whether the MCP SDK (the extra ``mcp``) is installed."""
    return find_spec("mcp") is not None


class McpApp:
    """ASGI application at /mcp. The SDK is loaded at the first request."""

    def __init__(
        self, toolbox: Toolbox, site: SiteSettings, queue: WorkQueue, access: Access | None
    ) -> None:
        self._toolbox = toolbox
        self._own = urlsplit(site_address(site.url))
        self._queue = queue
        self._access = access
        self._starting = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._handle: Handle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        refusal = self._refusal(scope)
        if refusal is None and self._access and token_in(scope["headers"]) is not None:
            verdict = self._access.judge(scope, "operate", bearer_only=True)
            if verdict.status in {401, 429}:
                refusal = api_refusal(verdict)
            elif verdict.is_granted and verdict.token:
                scope = {**scope, OPERATOR_SCOPE_KEY: verdict.token.name}
        if refusal is None:
            try:
                self._queue.count(scope)
                # The SDK would log a traceback for each client that disconnects in between.
                body = await limited_body(Request(scope, receive), MAX_BODY_BYTES)
            except (ApiError, Unanswered) as error:
                refusal = error_of(error).response()
        if refusal is not None:
            if "access-control-allow-origin" in refusal.headers:
                del refusal.headers["access-control-allow-origin"]
            await refusal(scope, receive, send)
            return
        handle = await self._started()
        await handle(scope, received(body, receive), uncached(send))

    async def close(self) -> None:
        """End the server of the protocol."""
        self._stopping.set()
        if self._running:
            await asyncio.wait({self._running})

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the error response for a request from a page of another site, or None.

        Requests for streams and sessions are also refused, because this server does not support
        them.
        """
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self._is_own_host(host_in(scope)):
            return PlainTextResponse("`Host` is not the host of site.url.\n", 421)
        origin = headers.get(b"origin")
        # Origins are compared as texts, because a client may send any text.
        host = origin and origin.partition("://")[2]
        if origin is not None and host not in {headers.get(b"host"), self._own.netloc}:
            return PlainTextResponse("Pages of other sites must not call tools.\n", 403)
        if scope["method"] != "POST":
            return PlainTextResponse("Send a POST request.\n", 405, {"allow": "POST"})
        return None

    def _is_own_host(self, host: str) -> bool:
        """Return whether a host is an IP address, a loopback name or our own host.

        Other sites can't control any of these.
        """
        if host == self._own.hostname or is_loopback(host):
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True

    async def _started(self) -> Handle:
        """Return the handler of the SDK, and start it before the first request."""
        async with self._starting:
            if self._handle is None:
                started = asyncio.get_running_loop().create_future()
                self._running = asyncio.create_task(self._run(started))
                self._handle = await started
            return self._handle

    async def _run(self, started: asyncio.Future[Handle]) -> None:
        """Run the SDK in one task from start to end, as its task group requires."""
        # Imported here: the SDK takes a second to load, and most servers never need it.
        try:
            manager = await asyncio.to_thread(self._manager)
            async with manager.run():
                started.set_result(manager.handle_request)
                await self._stopping.wait()
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    def _manager(self) -> Any:
        from mcp.server.streamable_http_manager import (  # noqa: PLC0415 - as above
            StreamableHTTPSessionManager,
        )

        return StreamableHTTPSessionManager(
            protocol_server(self._toolbox, version("communique"), self._caller),
            json_response=True,
            stateless=True,
        )

    def _caller(self, request: Any) -> McpCaller:
        async def run(work: Work) -> dict[str, Any]:
            return await self._queue.run(request.scope, never, work)

        return McpCaller(request.scope.get(OPERATOR_SCOPE_KEY), run)


async def never() -> Message:
    """Wait forever. Used in place of ``receive``, because the SDK itself receives the messages."""
    await asyncio.Event().wait()
    raise AssertionError


def received(body: bytes, receive: Receive) -> Receive:
    """Return a function that receives ``body``, which was already read, then other messages."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def uncached(send: Send) -> Send:
    """Return a function that sends a response with `Cache-Control: no-store`."""

    async def send_uncached(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [one for one in message["headers"] if one[0].lower() != b"cache-control"]
            message = {**message, "headers": [*kept, (b"cache-control", b"no-store")]}
        await send(message)

    return send_uncached
