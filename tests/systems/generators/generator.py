"""One frame for all generators: install, build into a folder, serve it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.systems.files_served import Files, served_files
from tests.systems.posts import Post, posts
from tests.systems.site import Site, Variant
from tests.systems.truth import Held


@dataclass(frozen=True)
class Build:
    """What a generator gets: its programs, an empty folder, and the site to build.

    ``posts`` are oldest first. ``url`` is the address of the site without a final slash.
    """

    programs: Path
    folder: Path
    url: str
    theme: str
    feeds: bool
    posts: tuple[Post, ...]

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site's source; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@dataclass(frozen=True)
class Generator:
    """A program that builds a site.

    ``install`` returns the folder of its programs and raises Absent. ``build`` returns the folder
    to serve. ``first`` is the path of the list, and ``themes`` are the looks that it brings.
    """

    name: str
    install: Callable[[], Path]
    build: Callable[[Build], Path]
    first: str = "/"
    themes: tuple[str, ...] = ("default",)
    has_feeds: bool = True

    def variants(self) -> tuple[Variant, ...]:
        """Each theme with feeds, if the generator has any, and without them."""
        feeds = (True, False) if self.has_feeds else (False,)
        return tuple(
            Variant(self.name, theme, "front", feeds=given)
            for theme, given in itertools.product(self.themes, feeds)
        )

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Generated]:
        """The generator, installed, and a server. Raises Absent."""
        programs = self.install()
        with served_files(folder) as files:
            yield Generated(self, programs, folder, files)


@dataclass
class Generated:
    """A generator and the server of what it builds."""

    generator: Generator
    programs: Path
    folder: Path
    files: Files
    built: int = field(default=0)

    def show(self, variant: Variant) -> Site:
        """Build a variant and serve it."""
        self.built += 1
        source = self.folder / f"{self.generator.name}-{self.built}"
        source.mkdir()
        made = posts()
        build = Build(self.programs, source, self.files.url, variant.theme, variant.feeds, made)
        self.files.folder = self.generator.build(build)
        held = tuple(Held(post.title, post.day, post.html) for post in made)
        return Site(self.files.url + self.generator.first, held)
