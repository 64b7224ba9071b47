"""Published files in memory, with their response headers already encoded as bytes.

A file is checked with one stat call, at most once per millisecond, so new files are served at once.
A file is read again only if its time, size or inode has changed.
"""

import os
import stat
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from feeds.http_headers import IDENTITY, page_after
from feeds.server.cached_file import CachedFile, Encoded, Headers, cached_file
from feeds.server.requests.conditional import FeedVersions
from feeds.urls import stamp_of

MAX_CACHE_BYTES = 64 * 1024 * 1024
"""Maximum total size in bytes of file contents in memory. The least recently used files are dropped
first."""

CHECK_INTERVAL_SECONDS = 0.001
"""Minimum time in seconds between two checks of a file, which saves stat calls under load."""

MAX_NAME_BYTES, MAX_PATH_NAMES = 250, 12
"""Maximum size in bytes of a file name, just below the limit of most file systems, and maximum
number of names in a path."""

Later: TypeAlias = Callable[[Callable[[], None]], object]
"""Function that schedules work that no response waits for."""


def run_now(work: Callable[[], None]) -> None:
    """Run work immediately."""
    work()


def no_headers(path: str) -> Headers:
    """Return no additional headers."""
    del path
    return []


class HeldFiles(ABC):
    """Base class of caches of the site's files, by request path. Not thread-safe.

    The contents of files use at most ``limit`` bytes. ``later`` schedules work that no response
    waits for. ``headers`` returns additional response headers for a path.
    """

    def __init__(
        self,
        limit: int = MAX_CACHE_BYTES,
        later: Later = run_now,
        headers: Callable[[str], Headers] = no_headers,
    ) -> None:
        self._limit = limit
        self._later = later
        self._headers = headers
        self._held: OrderedDict[str, CachedFile] = OrderedDict()
        self._size = 0
        self.states = FeedVersions()

    @abstractmethod
    def find(self, path: str) -> CachedFile | None:
        """Return the file at a decoded path such as ``/feeds/all.atom``, without waiting, or None.

        A path with a final slash means the index.html in this folder. Raises OSError if a file
        exists but can't be read.
        """

    @abstractmethod
    async def load(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read, and BucketError if the bucket fails.
        """

    @abstractmethod
    async def is_folder(self, path: str) -> bool:
        """Return whether there is a page at the path with a slash appended."""

    def _keep(self, held: CachedFile) -> None:
        self._held[held.address] = held
        self._count(held.size)

    def add(self, held: CachedFile, coding: str, body: bytes) -> Encoded:
        """Store a file's body in a content coding. Drops old files if the cache is full."""
        before = held.size
        variant = held.add(coding, body)
        # The file may have been dropped or replaced while its content was compressed.
        if self._held.get(held.address) is held:
            self._count(held.size - before)
        return variant

    def _count(self, size: int) -> None:
        self._size += size
        while self._size > self._limit and self._held:
            self._drop(next(iter(self._held)))

    def _drop(self, path: str) -> None:
        held = self._held.pop(path, None)
        if held:
            self._size -= held.size
            self._later(partial(self.states.remember, held.tags[IDENTITY], held.body, held.kind))


class SiteCache(HeldFiles):
    """Cache of the published files in a folder. New files are served at once."""

    def __init__(
        self,
        folder: Path,
        limit: int = MAX_CACHE_BYTES,
        later: Later = run_now,
        headers: Callable[[str], Headers] = no_headers,
    ) -> None:
        super().__init__(limit, later, headers)
        self._folder = str(folder)

    def find(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read.
        """
        held = self._held.get(path)
        now = time.monotonic()
        if held and now - held.looked < CHECK_INTERVAL_SECONDS:
            return held
        name = held.file if held else self._file(path)
        if name is None:
            return None
        try:
            found = os.stat(name)  # noqa: PTH116 - a Path for every request costs more
            stamp = stamp_of(found)
            if held and held.stamp == stamp:
                self._held.move_to_end(path)
                held.looked = now
                return held
            # Only regular files are read, because reading a pipe or device could block forever.
            is_ours = stat.S_ISREG(found.st_mode) and self._is_below(name)
            body = Path(name).read_bytes() if is_ours else None
        except (FileNotFoundError, NotADirectoryError):
            body = None
        if body is None:
            self._drop(path)
            return None
        self._drop(path)
        more = self._headers(path)
        held = cached_file(
            path, name, stamp, body, follows=is_followed(name), before=held, more=more
        )
        self._keep(held)
        return held

    async def load(self, path: str) -> CachedFile | None:
        """Return the file at a path, or None if it is missing.

        Raises OSError if the file can't be read.
        """
        return self.find(path)

    def _is_below(self, name: str) -> bool:
        """Return whether a file is inside the site's folder.

        The result is False if a part of the path is a symbolic link.
        """
        folder = os.path.realpath(self._folder)
        return os.path.realpath(name) == folder + name[len(self._folder) :]

    async def is_folder(self, path: str) -> bool:
        """Return whether there is a page at the path with a slash appended."""
        return self._is_file(path + "/")

    def _is_file(self, path: str) -> bool:
        return (name := self._file(path)) is not None and Path(name).is_file()

    def _file(self, path: str) -> str | None:
        name = name_at(path)
        return None if name is None else f"{self._folder}/{name}"


def name_at(path: str) -> str | None:
    """Return the file name for a request path, or None if the path is invalid.

    The name is relative to the site's folder.
    """
    parts = path.split("/")[1:]
    if parts[-1:] == [""]:
        parts[-1] = "index.html"
    # If no part is empty or hidden, the path contains no "..". So it does not lead outside the
    # folder or to a temporary file.
    if not parts or any(not part or part[0] == "." or "\\" in part for part in parts):
        return None
    try:
        longest = max(len(os.fsencode(part)) for part in parts)
    except UnicodeEncodeError:
        return None
    if "\0" in path or longest > MAX_NAME_BYTES or len(parts) > MAX_PATH_NAMES:
        return None
    return "/".join(parts)


def is_followed(file: str) -> bool:
    """Return whether a file is an archive page of a feed that has a next page."""
    after = page_after(file)
    return after is not None and Path(after).is_file()
