"""Writes the site: the feeds and pages that a change touches, and nothing else."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from data.errors import PublishError, StoreError
from data.models import Facet, Release
from data.settings import Site
from data.store import Readable
from feeds import atom, jsonfeed, opml, rss
from feeds.directory import Directory, directory_of
from feeds.entry import entry_of
from feeds.feed import Feed, feed_of
from feeds.pages import Pages
from feeds.urls import FORMATS, Format, feed_file, page_file, release_file
from feeds.writing import Writer

RENDER: Mapping[Format, Callable[[Feed], bytes]] = {
    "atom": atom.render,
    "rss": rss.render,
    "json": jsonfeed.render,
}

Result = TypeVar("Result")

LAYOUT_FILE = ".layout"
"""Holds a digest of all that shapes the site but its releases; a new one renders everything."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publishing did: ``feeds`` were rendered, each ``written`` or found ``unchanged``.

    ``seconds`` is wall time. ``errors`` are feeds and pages whose last good file was kept; they are
    tried again the next time.
    """

    feeds: int
    written: int
    unchanged: int
    seconds: float
    errors: tuple[PublishError, ...] = ()


def publish(
    store: Readable,
    folder: Path,
    site: Site,
    *,
    all: bool = False,  # noqa: A002 - the name of the command's option
) -> Publication:
    """Bring the site in ``folder`` up to date with the store.

    Only the facets that the store marks as changed are rendered, or every facet with ``all``, the
    first time, and after a change of settings, templates or code. What fails is reported in
    ``errors``, keeps its last good file and its mark, and stops nothing else. Raises StoreError.
    """
    started = time.perf_counter()
    marks, counts = store.marks(), store.facets()
    layout = layout_of(site)
    writer = Writer(folder)
    every = all or not writer.holds(LAYOUT_FILE, layout)
    facets = {Facet(), *counts, *marks} if every else set(marks)
    task = Publishing(store, writer, directory_of(store, site), counts, site.entries)
    done = [facet for facet in sorted(facets, key=str) if task.facet(facet)]
    if facets and task.shared() and task.sync():
        store.unmark({facet: marks[facet] for facet in done if facet in marks})
        if every and not task.errors:
            writer.write(LAYOUT_FILE, layout)
    return Publication(
        feeds=task.written + task.unchanged,
        written=task.written,
        unchanged=task.unchanged,
        seconds=time.perf_counter() - started,
        errors=tuple(task.errors),
    )


class Publishing:
    """One run of publish: renders and writes, and keeps count."""

    def __init__(
        self,
        store: Readable,
        writer: Writer,
        directory: Directory,
        counts: Mapping[Facet, int],
        entries: int,
    ) -> None:
        self.store = store
        self.writer = writer
        self.directory = directory
        self.counts = counts
        self.entries = entries
        self.pages = Pages(directory, counts)
        self.written = 0
        self.unchanged = 0
        self.errors: list[PublishError] = []

    def facet(self, facet: Facet) -> bool:
        """Write the feeds and pages of a facet, and of a day the pages of its releases too.

        False where any of them failed.
        """
        failed = len(self.errors)
        feed = self._tried(feed_file(facet, "atom"), lambda: self._feed(facet))
        if feed is None:
            return False
        for kind in FORMATS:
            changed = self._write(feed_file(facet, kind), partial(RENDER[kind], feed))
            self.written += changed is True
            self.unchanged += changed is False
        self._write(page_file(facet), lambda: self.pages.facet(feed))
        if facet.period is not None and len(facet.period) == len("2022-11-24"):
            for release in self.store.releases(facet):
                self._write(release_file(release.id), partial(self._release, release))
        return len(self.errors) == failed

    def shared(self) -> bool:
        """Write what lists all feeds, and what all pages use; False where any of it failed."""
        failed = len(self.errors)
        self._write("opml.xml", lambda: opml.render(self.directory, self.counts))
        self._write("feeds/index.html", self.pages.feeds)
        for file in (files("feeds") / "static").iterdir():
            self._write(f"static/{file.name}", file.read_bytes)
        return len(self.errors) == failed

    def sync(self) -> bool:
        """Make all that was written durable; False where that failed."""
        return self._tried(".", self.writer.sync) is not None

    def _feed(self, facet: Facet) -> Feed:
        return feed_of(self.store, self.directory, facet, self.entries)

    def _release(self, release: Release) -> bytes:
        members = self.store.story(release.story) if release.story else ()
        others = tuple(one for one in members if one.id != release.id)
        entry = entry_of(release, self.directory, mixed=False, others=others)
        return self.pages.release(release, entry, self.store.revisions(release.id))

    def _write(self, file: str, make: Callable[[], bytes]) -> bool | None:
        return self._tried(file, lambda: self.writer.write(file, make()))

    def _tried(self, file: str, action: Callable[[], Result]) -> Result | None:
        try:
            return action()
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go on
            self.errors.append(PublishError(file, f"{type(error).__name__}: {error}"))
            return None


def layout_of(site: Site) -> bytes:
    """A digest of all that shapes the site but its releases: settings, templates and code."""
    digest = hashlib.sha256(f"{site.url} {site.title!r} {site.entries}".encode())
    for file in sorted(shaping(files("feeds")), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest().encode()


def shaping(folder: Traversable) -> Iterator[Traversable]:
    """The files of this package: modules, templates, styles."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from shaping(file)
        elif file.name.endswith((".py", ".html", ".css", ".svg")):
            yield file
