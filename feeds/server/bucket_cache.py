"""Published files in a bucket, cached in memory and revalidated after each publication.

At most once per second, a server reads the number of the last complete publication from the bucket.
If this number has changed, the server revalidates each cached file by its ETag when the file is
requested again. So a server serves an outdated file for at most one second, and never an older
version after a newer one. While the bucket is unavailable, the server serves the cached files.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias, TypeVar

from data.network.bucket import Bucket, BucketError
from feeds.http_headers import page_after
from feeds.publishing.bucket_push import publication_of
from feeds.publishing.bucket_records import MANIFEST_FILE, StoredManifest, read_manifest
from feeds.server.site_cache import (
    MAX_CACHE_BYTES,
    CachedFile,
    HeadersOfPath,
    HeldFiles,
    cached_file,
    name_at,
    no_headers,
)
from feeds.urls import FileStamp

CHECK_INTERVAL_SECONDS: Final = 1.0
"""Seconds between checks for a new publication."""

BUCKET_TIMEOUT_SECONDS: Final = 2.0
"""Maximum number of seconds that a request waits for the bucket if a cached file can be served
instead."""

MAX_BUCKET_REQUESTS: Final = 16
"""Maximum number of concurrent requests to the bucket."""

MAX_KNOWN_ABSENT: Final = 10_000
"""Maximum number of cached paths that are missing in the bucket."""

NO_RESPONSE: Final = "no response in time"

Result = TypeVar("Result")

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class BucketCache(HeldFiles):
    """Serves the published files of a bucket; see HeldFiles."""

    def __init__(
        self, bucket: Bucket, limit: int = MAX_CACHE_BYTES, headers: HeadersOfPath = no_headers
    ) -> None:
        super().__init__(limit, headers)
        self._bucket = bucket
        self._askers = ThreadPoolExecutor(MAX_BUCKET_REQUESTS, "bucket")
        self._manifest: StoredManifest | None = None
        self._looked = -CHECK_INTERVAL_SECONDS
        # Increased with each publication, and when the publication numbers of the bucket start
        # again.
        self._turn = 0
        self._checked: dict[str, int] = {}
        self._absent: OrderedDict[str, int] = OrderedDict()
        self._tags: dict[str, tuple[str, int]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def find(self, path: str) -> CachedFile | None:
        """Return the cached file at a path if it belongs to the current publication, or None."""
        held = self._held.get(path)
        if held is None or not self._is_recent() or self._checked.get(path) != self._turn:
            return None
        self._held.move_to_end(path)
        return held

    async def load(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises BucketError if the bucket is unavailable and the file is not cached.
        """
        name = name_at(path)
        if name is None or name == MANIFEST_FILE:
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
            log.warning("serving the previous publication: %s", error)
        return self._held.get(path)

    async def is_folder(self, path: str) -> bool:
        """Whether there is a page at the path with a slash appended.

        The result is False if the bucket is unavailable.
        """
        try:
            return await self.load(path + "/") is not None
        except BucketError:
            return False

    def _is_recent(self) -> bool:
        return time.monotonic() - self._looked < CHECK_INTERVAL_SECONDS

    async def _shared(self, key: str, work: Work, *, waits: bool) -> None:
        """Run ``work`` once for all concurrent callers with the same key.

        If ``waits`` is false, a caller waits for at most BUCKET_TIMEOUT_SECONDS, and the work
        continues afterwards.
        """
        if key not in self._asking:
            task = self._asking[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._end(key, done))
        shared = asyncio.shield(self._asking[key])
        if waits:
            await shared
            return
        try:
            async with asyncio.timeout(BUCKET_TIMEOUT_SECONDS):
                await shared
        except TimeoutError as error:
            raise BucketError(self._bucket.place, NO_RESPONSE) from error

    def _end(self, key: str, done: asyncio.Task[None]) -> None:
        self._asking.pop(key, None)
        # Callers that waited got the exception. If none waited, asyncio must not log it as
        # unretrieved.
        if not done.cancelled():
            done.exception()

    async def _look(self) -> None:
        """Read the number of the last complete publication from the bucket, and store it."""
        try:
            before = self._manifest
            found = await self._in_thread(lambda: read_manifest(self._bucket, before))
        finally:
            # If the bucket fails, it is not requested again before the interval is over.
            self._looked = time.monotonic()
        if complete_in(found) != complete_in(before) or found is None:
            self._turn += 1
        if complete_in(found) < complete_in(before):
            # The publication numbers have started again, so they do not show whether cached files
            # are current.
            for path in [*self._held]:
                self._drop(path)
        self._manifest = found

    async def _ask(self, path: str, name: str) -> None:
        """Download a file, or revalidate its cached copy, and update the cache."""
        turn = self._turn
        tag, number = self._tags.get(path, ("", 0)) if path in self._held else ("", 0)
        found = await self._in_thread(
            lambda: self._bucket.read(name, tag or None, most=self._limit)
        )
        if found is None:
            self._drop(path)
            self._absent[path] = turn
            if len(self._absent) > MAX_KNOWN_ABSENT:
                self._absent.popitem(last=False)
            return
        held = self._held.get(path)
        # A delayed response may contain an older file. The next publication corrects this.
        if held is None or (found.tag != tag and publication_of(found.headers) >= number):
            self._drop(path)
            self._tags[path] = found.tag, publication_of(found.headers)
            stamp = FileStamp(int(found.modified.timestamp()) * 10**9, found.size, 0)
            # An archive page is uploaded as immutable once the page after it exists.
            cached = found.headers.get("cache-control", "")
            follows = page_after(name) is not None and "immutable" in cached
            more = self._headers(path)
            self._keep(
                cached_file(path, name, stamp, found.body, follows=follows, before=held, more=more)
            )
        self._checked[path] = turn

    def _drop(self, path: str) -> None:
        super()._drop(path)
        self._checked.pop(path, None)
        self._tags.pop(path, None)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._askers, work)


def complete_in(found: StoredManifest | None) -> int:
    """Return the number of the last complete publication in a manifest, or 0 if there is none."""
    return found.manifest.complete if found else 0
