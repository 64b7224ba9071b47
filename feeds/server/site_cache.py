"""Files of the site held in memory, with all that an answer needs made once.

A file is looked at again by one stat, at most once a millisecond, so that what was just published
is served at once; it is read again only where its time, size or inode has changed.
"""

from __future__ import annotations

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
from feeds.server.delta import States
from feeds.server.response import CachedFile, Encoded, Headers, hold
from feeds.urls import stamp_of

LIMIT = 64 * 1024 * 1024
"""Bytes of bodies held at the most; the least recently used go first."""

LOOK = 0.001
"""Seconds for which a file is taken to be as it was: many requests come in that time, or none."""

LONGEST, DEEPEST = 250, 12
"""Bytes of a name and names in a path that are looked for; file systems take a little more."""

Later: TypeAlias = Callable[[Callable[[], None]], object]


def at_once(work: Callable[[], None]) -> None:
    """Do some work now."""
    work()


def no_more(path: str) -> Headers:
    """No headers besides."""
    del path
    return []


class HeldFiles(ABC):
    """Files of the site in memory, by the path of their address. Not for use by several threads.

    They have ``limit`` bytes at the most. ``later`` is given what no answer waits for, and
    ``headers`` says by the path which headers an answer has besides.
    """

    def __init__(
        self,
        limit: int = LIMIT,
        later: Later = at_once,
        headers: Callable[[str], Headers] = no_more,
    ) -> None:
        self._limit = limit
        self._later = later
        self._headers = headers
        self._held: OrderedDict[str, CachedFile] = OrderedDict()
        self._size = 0
        self.states = States()

    @abstractmethod
    def find(self, path: str) -> CachedFile | None:
        """The file at a decoded path such as ``/feeds/all.atom``, where it is at hand; else None.

        A path that ends in a slash leads to the index.html below it. Raises OSError where a file is
        there but can't be read.
        """

    @abstractmethod
    async def load(self, path: str) -> CachedFile | None:
        """The file at a path, or None where there is none. Raises OSError and BucketError."""

    @abstractmethod
    async def is_folder(self, path: str) -> bool:
        """Whether a path without a slash at its end would lead to a page with one."""

    def _keep(self, held: CachedFile) -> None:
        self._held[held.address] = held
        self._count(held.size)

    def add(self, held: CachedFile, coding: str, body: bytes) -> Encoded:
        """Keep the body of a file in one more coding."""
        before = held.size
        variant = held.add(coding, body)
        # It may have been dropped or replaced while the body was being compressed.
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
    """The files below one folder; new ones are seen at once."""

    def __init__(
        self,
        folder: Path,
        limit: int = LIMIT,
        later: Later = at_once,
        headers: Callable[[str], Headers] = no_more,
    ) -> None:
        super().__init__(limit, later, headers)
        self._folder = str(folder)

    def find(self, path: str) -> CachedFile | None:
        """The file at a path, or None where there is none. Raises OSError."""
        held = self._held.get(path)
        now = time.monotonic()
        if held and now - held.looked < LOOK:
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
            # Whatever is no file might be read for ever.
            is_ours = stat.S_ISREG(found.st_mode) and self._is_below(name)
            body = Path(name).read_bytes() if is_ours else None
        except (FileNotFoundError, NotADirectoryError):
            body = None
        if body is None:
            self._drop(path)
            return None
        self._drop(path)
        more = self._headers(path)
        held = hold(path, name, stamp, body, follows=is_followed(name), before=held, more=more)
        self._keep(held)
        return held

    async def load(self, path: str) -> CachedFile | None:
        """The file at a path, or None where there is none: a disk is quick. Raises OSError."""
        return self.find(path)

    def _is_below(self, name: str) -> bool:
        """Whether a file lies in the folder, and no link below it leads there or elsewhere."""
        folder = os.path.realpath(self._folder)
        return os.path.realpath(name) == folder + name[len(self._folder) :]

    async def is_folder(self, path: str) -> bool:
        """Whether a path without a slash at its end would lead to a page with one."""
        return self._is_file(path + "/")

    def _is_file(self, path: str) -> bool:
        return (name := self._file(path)) is not None and Path(name).is_file()

    def _file(self, path: str) -> str | None:
        name = name_at(path)
        return None if name is None else f"{self._folder}/{name}"


def name_at(path: str) -> str | None:
    """The name of the file that a path may lead to, below the folder of the site."""
    parts = path.split("/")[1:]
    if parts[-1:] == [""]:
        parts[-1] = "index.html"
    # No empty or hidden part, and so no "..": nothing outside the folder, nothing unfinished.
    if not parts or any(not part or part[0] == "." or "\\" in part for part in parts):
        return None
    try:
        longest = max(len(os.fsencode(part)) for part in parts)
    except UnicodeEncodeError:
        return None
    if "\0" in path or longest > LONGEST or len(parts) > DEEPEST:
        return None
    return "/".join(parts)


def is_followed(file: str) -> bool:
    """Whether a file is an archive page of a feed, and the page after it is there."""
    after = page_after(file)
    return after is not None and Path(after).is_file()
