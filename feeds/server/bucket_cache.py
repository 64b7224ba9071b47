"""Files of the site in a bucket, held in memory and looked at again after each publication.

A node asks the bucket once a second at most which publication is complete. What it holds from
before that is asked for again, by its tag, when somebody wants it: so no node serves a file of an
earlier publication for longer than that second, and none an older file after a newer one that it
still holds. While the bucket does not answer, what is held is served as it is.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from data.bucket.answers import BucketError, Stored
from data.bucket.bucket import Bucket
from feeds.http_headers import page_after
from feeds.publishing.bucket.manifest import FILE, Read, read_manifest
from feeds.publishing.bucket.push import publication_of
from feeds.server.response import CachedFile, Headers, hold
from feeds.server.site_cache import (
    LIMIT,
    HeldFiles,
    Later,
    at_once,
    name_at,
    no_more,
)
from feeds.urls import FileStamp

LOOK: Final = 1.0
"""Seconds for which the publication that was complete is taken to be so still."""

PATIENCE: Final = 2.0
"""Seconds that an answer waits for the bucket, where what is held can be served instead."""

AT_ONCE: Final = 16
"""Requests to the bucket at the same time."""

ABSENT: Final = 10_000
"""Addresses that are known to lead nowhere."""

SLOW: Final = "it does not answer in time"

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class BucketCache(HeldFiles):
    """The files of the site in a bucket; see HeldFiles for the rest."""

    def __init__(
        self,
        bucket: Bucket,
        limit: int = LIMIT,
        later: Later = at_once,
        headers: Callable[[str], Headers] = no_more,
    ) -> None:
        super().__init__(limit, later, headers)
        self._bucket = bucket
        self._askers = ThreadPoolExecutor(AT_ONCE, "bucket")
        self._manifest: Read | None = None
        self._looked = -LOOK
        # Rises with each publication, and where the bucket is another one.
        self._turn = 0
        self._checked: dict[str, int] = {}
        self._absent: OrderedDict[str, int] = OrderedDict()
        self._tags: dict[str, tuple[str, int]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def find(self, path: str) -> CachedFile | None:
        """The file at a path, where it is held and known to be the present one."""
        held = self._held.get(path)
        if held is None or not self._is_recent() or self._checked.get(path) != self._turn:
            return None
        self._held.move_to_end(path)
        return held

    async def load(self, path: str) -> CachedFile | None:
        """The file at a path, or None where there is none. Raises BucketError."""
        name = name_at(path)
        if name is None or name == FILE:
            return None
        try:
            if not self._is_recent():
                await self._shared("", self._look, waits=path not in self._held)
            if path in self._held and self._checked.get(path) == self._turn:
                self._held.move_to_end(path)
            elif self._absent.get(path) != self._turn:
                await self._shared(
                    path, lambda: self._ask(path, name), waits=path not in self._held
                )
        except BucketError as error:
            if path not in self._held:
                raise
            log.warning("%s; what was published before is served", error)
        return self._held.get(path)

    async def is_folder(self, path: str) -> bool:
        """Whether a path would lead to a page with a slash at its end, as far as can be known."""
        try:
            return await self.load(path + "/") is not None
        except BucketError:
            return False

    def _is_recent(self) -> bool:
        return time.monotonic() - self._looked < LOOK

    async def _shared(self, key: str, work: Callable[[], Awaitable[None]], *, waits: bool) -> None:
        """Have some work done once for all who ask for it; one who need not wait does not for long.

        Whoever gives up leaves it to the others.
        """
        if key not in self._asking:
            task = self._asking[key] = asyncio.create_task(done_by(work))
            task.add_done_callback(lambda done: self._end(key, done))
        shared = asyncio.shield(self._asking[key])
        if waits:
            await shared
            return
        try:
            await asyncio.wait_for(shared, PATIENCE)
        except TimeoutError as error:
            raise BucketError(self._bucket.place, SLOW) from error

    def _end(self, key: str, done: asyncio.Task[None]) -> None:
        self._asking.pop(key, None)
        # Whoever waited has it; where all gave up, nobody is to be told.
        if not done.cancelled():
            done.exception()

    async def _look(self) -> None:
        """Look which publication is complete."""
        try:
            before = self._manifest
            found = await self._in_thread(lambda: read_manifest(self._bucket, before))
        finally:
            # Not asked again at once where it does not answer.
            self._looked = time.monotonic()
        if complete_in(found) != complete_in(before) or found is None:
            self._turn += 1
        if complete_in(found) < complete_in(before):
            # Somebody began anew there: its numbers say nothing of what is held.
            for path in [*self._held]:
                self._drop(path)
        self._manifest = found

    async def _ask(self, path: str, name: str) -> None:
        """Ask for a file by the tag that it had, and hold what is there."""
        turn = self._turn
        tag, number = self._tags.get(path, ("", 0)) if path in self._held else ("", 0)
        found = await self._in_thread(
            lambda: self._bucket.read(name, tag or None, most=self._limit)
        )
        if found is None:
            self._drop(path)
            self._absent[path] = turn
            if len(self._absent) > ABSENT:
                self._absent.popitem(last=False)
            return
        held = self._held.get(path)
        # A late request may have put back what is older: the next publication mends it.
        if held is None or (found.tag != tag and publication_of(found.headers) >= number):
            self._drop(path)
            self._tags[path] = found.tag, publication_of(found.headers)
            self._keep(held_as(path, name, found, held, self._headers(path)))
        self._checked[path] = turn

    def _drop(self, path: str) -> None:
        super()._drop(path)
        self._checked.pop(path, None)
        self._tags.pop(path, None)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._askers, work)


async def done_by(work: Callable[[], Awaitable[None]]) -> None:
    """Do some work; a task wants a coroutine."""
    await work()


def complete_in(found: Read | None) -> int:
    """The last publication of a manifest that came to its end; 0 without one."""
    return found.manifest.complete if found else 0


def held_as(
    path: str, name: str, found: Stored, before: CachedFile | None, more: Headers
) -> CachedFile:
    """A file of the bucket as it is held."""
    stamp = FileStamp(int(found.modified.timestamp()) * 10**9, found.size, 0)
    # The bucket says by its own headers that the page after an archive page is there.
    followed = page_after(name) is not None and "immutable" in found.headers.get(
        "cache-control", ""
    )
    return hold(path, name, stamp, found.body, follows=followed, before=before, more=more)
