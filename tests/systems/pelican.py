"""Pelican from PyPI, with the themes that it brings."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.systems.files_served import Files, served_files
from tests.systems.installed import from_pypi
from tests.systems.posts import BOARD, ZONE, Post, posts
from tests.systems.processes import done
from tests.systems.site import Site, Variant
from tests.systems.static_pages import PAGES
from tests.systems.truth import Held

HEAD = '<html><head><title>{}</title><meta name="date" content="{}"><meta name="category" '
FEEDS = """
FEED_ALL_ATOM = 'feeds/all.atom.xml'
CATEGORY_FEED_ATOM = 'feeds/{slug}.atom.xml'
FEED_ALL_RSS = 'feeds/all.rss.xml'
FEED_MAX_ITEMS = 10
"""
NO_FEEDS = """
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_RSS = None
"""


@dataclass
class Pelican:
    """Pelican with its content, and the server of what it builds."""

    programs: Path
    folder: Path
    files: Files
    built: int = 0

    def show(self, variant: Variant) -> Site:
        """Build a variant and serve it."""
        self.built += 1
        source = self.folder / f"site-{self.built}"
        content = source / "content"
        write(content, posts(brief=variant.surroundings == "brief"))
        settings = {
            "SITENAME": BOARD,
            "SITEURL": self.files.url,
            "AUTHOR": "Press desk",
            "TIMEZONE": ZONE.key,
            "DEFAULT_LANG": "en",
            "THEME": variant.theme,
            "DEFAULT_PAGINATION": 10,
            "RELATIVE_URLS": False,
        }
        lines = [f"{name} = {value!r}" for name, value in settings.items()]
        lines.append(FEEDS if variant.feeds else NO_FEEDS)
        (source / "conf.py").write_text("\n".join(lines), encoding="utf-8")
        output = source / "output"
        program = str(self.programs / "pelican")
        done([program, str(content), "-o", str(output), "-s", str(source / "conf.py"), "-q"])
        self.files.folder = output
        return Site(f"{self.files.url}/", read(content))


def write(content: Path, made: tuple[Post, ...]) -> None:
    """The content files: posts, and pages beside."""
    (content / "pages").mkdir(parents=True)
    for post in made:
        head = HEAD.format(escape(post.title), post.published.strftime("%Y-%m-%d %H:%M"))
        page = f'{head}content="{post.category}"></head><body>{post.html}</body></html>'
        (content / f"{post.slug}.html").write_text(page, encoding="utf-8")
        said = {"title": post.title, "date": post.published.isoformat(), "html": post.html}
        (content / f"{post.slug}.json").write_text(json.dumps(said), encoding="utf-8")
    for title, text in PAGES.items():
        page = f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"
        (content / "pages" / f"{title.lower()}.html").write_text(page, encoding="utf-8")


def read(content: Path) -> tuple[Held, ...]:
    """The posts as the files beside the content say them."""
    said = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(content.glob("*.json")))
    return tuple(Held.of(one["title"], one["date"], one["html"]) for one in said)


@dataclass(frozen=True)
class PelicanSystem:
    """Pelican as it may be installed here."""

    name: str = "pelican"

    def variants(self) -> tuple[Variant, ...]:
        """Both themes, with feeds on and off, and with short posts."""
        made = []
        for theme in ("notmyidea", "simple"):
            made += [Variant(self.name, theme, "front", feeds=feeds) for feeds in (True, False)]
        made.append(Variant(self.name, "notmyidea", "brief", feeds=False))
        return tuple(made)

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Pelican]:
        """Pelican, and a server. Raises Absent."""
        programs = from_pypi(self.name, "pelican>=4.9,<5")
        with served_files(folder) as files:
            yield Pelican(programs, folder, files)
