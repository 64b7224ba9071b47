"""Wagtail from PyPI, with models and templates written here and SQLite."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.systems.installed import from_pypi
from tests.systems.posts import BOARD, ZONE, posts
from tests.systems.processes import answers, done, running
from tests.systems.site import Site, Variant
from tests.systems.static_pages import PAGES
from tests.systems.truth import Held

OURS = Path(__file__).parent / "wagtail_site"


@dataclass
class Wagtail:
    """Wagtail while it runs."""

    python: str
    port: int
    environment: Mapping[str, str]

    def show(self, variant: Variant) -> Site:
        """Fill the site as a variant says, and serve it."""
        made = [
            {
                "title": post.title,
                "slug": post.slug,
                "published": post.published.isoformat(),
                "intro": post.teaser,
                "body": post.html,
            }
            for post in posts(brief=variant.surroundings == "brief")
        ]
        given = {
            "title": BOARD,
            "port": self.port,
            "pages": PAGES,
            "style": variant.theme,
            "feeds": variant.feeds,
            "posts": made,
        }
        said = done(
            [self.python, "-m", "board.fill"],
            stdin=json.dumps(given),
            environment=self.environment,
        )
        held = tuple(Held.of(one["title"], one["date"], one["html"]) for one in json.loads(said))
        return Site(f"http://127.0.0.1:{self.port}/news/", held)


@dataclass(frozen=True)
class WagtailSystem:
    """Wagtail as it may be installed here."""

    name: str = "wagtail"

    def variants(self) -> tuple[Variant, ...]:
        """Both templates, with a feed and without one."""
        return tuple(
            Variant(self.name, theme, "section", feeds=feeds)
            for theme in ("cards", "plain")
            for feeds in (True, False)
        )

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Wagtail]:
        """Wagtail with an empty database, and Django's server. Raises Absent."""
        python = str(from_pypi(self.name, "wagtail>=6,<9") / "python")
        environment = {
            "DJANGO_SETTINGS_MODULE": "board.settings",
            "PYTHONPATH": os.pathsep.join((str(OURS), str(folder))),
            "BOARD_DATABASE": str(folder / "board.sqlite"),
            "BOARD_ZONE": ZONE.key,
        }
        django = [python, "-m", "django"]
        migrations = folder / "board_migrations"
        migrations.mkdir()
        (migrations / "__init__.py").touch()
        for command in ("makemigrations", "migrate"):
            done([*django, command, "--verbosity", "0"], environment=environment)
        port = free_port()
        with running(
            [*django, "runserver", "--noreload", f"127.0.0.1:{port}"],
            lambda: answers(f"http://127.0.0.1:{port}"),
            log=folder / "django.log",
            environment=environment,
        ):
            yield Wagtail(python, port, environment)
