"""Server-sent events that make open pages of the operator's room reload.

There is an event for each change in this process. Changes by other processes are unknown here, so
there is also an event every MAX_EVENT_INTERVAL_SECONDS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

MAX_EVENT_INTERVAL_SECONDS: Final = 15.0
"""Maximum time between two events. They also keep the connection open."""

MIN_EVENT_INTERVAL_SECONDS: Final = 1.0
"""Minimum time between two events."""

MAX_LISTENERS: Final = 20
"""Maximum number of pages that get events."""


class LiveEvents:
    """The stream at /admin/events."""

    def __init__(self) -> None:
        self._changes = 0
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def note(self) -> None:
        """Report a change to all open pages."""
        async with self._changed:
            self._changes += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End all streams, because a server waits for its responses before it stops."""
        self._closed = True
        await self.note()

    async def show(self, request: Request) -> Response:
        """Stream events to a page."""
        del request
        if self._listeners >= MAX_LISTENERS or self._closed:
            # After 204, a browser does not reconnect.
            return Response(status_code=204)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        self._listeners += 1
        try:
            yield "retry: 5000\n\n"
            seen = self._changes
            while not self._closed:
                try:
                    async with asyncio.timeout(MAX_EVENT_INTERVAL_SECONDS), self._changed:
                        await self._changed.wait_for(lambda: self._changes != seen)  # noqa: B023 - waited for here
                except TimeoutError:
                    pass
                seen = self._changes
                yield f"data: {seen}\n\n"
                if not self._closed:
                    await asyncio.sleep(MIN_EVENT_INTERVAL_SECONDS)
        finally:
            self._listeners -= 1
