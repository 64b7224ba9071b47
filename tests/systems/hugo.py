"""Hugo, with three themes written here after common ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.systems.files_served import Files, served_files
from tests.systems.posts import BOARD, Post, posts
from tests.systems.processes import done, needed
from tests.systems.site import Site, Variant
from tests.systems.static_pages import PAGES
from tests.systems.truth import Held

THEMES = Path(__file__).parent / "hugo_site" / "themes"


@dataclass
class Hugo:
    """Hugo with its content, and the server of what it builds."""

    folder: Path
    files: Files
    built: int = 0

    def show(self, variant: Variant) -> Site:
        """Build a variant and serve it."""
        self.built += 1
        source = self.folder / f"site-{self.built}"
        made = posts(brief=variant.surroundings == "brief")
        write(source / "content", made)
        settings = {
            "baseURL": f"{self.files.url}/",
            "title": BOARD,
            "theme": variant.theme,
            "themesDir": str(THEMES),
            "pagination": {"pagerSize": 10},
            "timeZone": "Europe/Berlin",
            "params": {"boxes": variant.surroundings == "boxes"},
            "disableKinds": [] if variant.feeds else ["rss", "sitemap"],
        }
        (source / "hugo.json").write_text(json.dumps(settings), encoding="utf-8")
        done(["hugo", "--source", str(source)])
        self.files.folder = source / "public"
        path = "/" if variant.surroundings == "front" else "/news/"
        return Site(self.files.url + path, read(source / "content" / "news"))


def write(folder: Path, made: tuple[Post, ...]) -> None:
    """The content files: posts below news, pages beside."""
    news = folder / "news"
    news.mkdir(parents=True)
    (news / "_index.md").write_text('{"title": "News"}\n')
    for post in made:
        head = {
            "title": post.title,
            "date": post.published.isoformat(),
            "categories": [post.category],
            "teaser": post.teaser,
        }
        (news / f"{post.slug}.html").write_text(f"{json.dumps(head)}\n{post.html}\n")
    for title, text in PAGES.items():
        (folder / f"{title.lower()}.html").write_text(f'{{"title": "{title}"}}\n<p>{text}</p>\n')


def read(folder: Path) -> tuple[Held, ...]:
    """The posts as the content files say them."""
    held = []
    for path in sorted(folder.glob("*.html")):
        head, html = path.read_text(encoding="utf-8").split("\n", 1)
        said = json.loads(head)
        held.append(Held.of(said["title"], said["date"], html))
    return tuple(held)


@dataclass(frozen=True)
class HugoSystem:
    """Hugo as it may be installed here."""

    name: str = "hugo"

    def variants(self) -> tuple[Variant, ...]:
        """Every theme in a crowd with feeds on and off, its front page, and short posts."""
        made = []
        for theme in ("papercards", "sideroad", "yearbook"):
            made += [Variant(self.name, theme, "boxes", feeds=feeds) for feeds in (True, False)]
            made.append(Variant(self.name, theme, "front", feeds=True))
            made.append(Variant(self.name, theme, "brief", feeds=False))
        return tuple(made)

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Hugo]:
        """Hugo, and a server. Raises Absent."""
        needed("hugo")
        with served_files(folder) as files:
            yield Hugo(folder, files)
