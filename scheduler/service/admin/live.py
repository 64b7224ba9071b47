"""Tells open pages of the operator's room that something changed (server-sent events).

A page asks for itself again then, so there is one way in which it is made. What other processes
do is not heard of here: every TICK seconds a page is told in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

TICK: Final = 15.0
"""Seconds between two events at the most, which also keep the connection."""

PAUSE: Final = 1.0
"""Seconds between two events at the least."""

MOST: Final = 20
"""Pages that are told at a time."""


class LiveEvents:
    """The stream at /admin/events."""

    def __init__(self) -> None:
        self._changes = 0
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def note(self) -> None:
        """Say that something changed."""
        async with self._changed:
            self._changes += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End all streams: a server waits for its answers before it stops."""
        self._closed = True
        await self.note()

    async def show(self, request: Request) -> Response:
        """The stream for one page."""
        del request
        if self._listeners >= MOST or self._closed:
            # No content: a browser asks no more.
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
                    async with asyncio.timeout(TICK), self._changed:
                        await self._changed.wait_for(lambda: self._changes != seen)  # noqa: B023 - waited for here
                except TimeoutError:
                    pass
                seen = self._changes
                yield f"data: {seen}\n\n"
                if not self._closed:
                    await asyncio.sleep(PAUSE)
        finally:
            self._listeners -= 1
