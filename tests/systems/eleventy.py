"""Eleventy from npm, with templates written here after its starter and a grid of cards."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.systems.files_served import Files, served_files
from tests.systems.installed import from_npm
from tests.systems.posts import BOARD, posts
from tests.systems.processes import done
from tests.systems.site import Site, Variant
from tests.systems.static_pages import PAGES
from tests.systems.truth import Held

OURS = Path(__file__).parent / "eleventy_site"


@dataclass
class Eleventy:
    """Eleventy with its content, and the server of what it builds."""

    installed: Path
    folder: Path
    files: Files
    built: int = 0

    def show(self, variant: Variant) -> Site:
        """Build a variant and serve it."""
        self.built += 1
        source = self.folder / f"site-{self.built}"
        content = source / "content"
        content.mkdir(parents=True)
        shutil.copytree(OURS / "_includes", source / "_includes")
        (source / "node_modules").symlink_to(self.installed / "node_modules")
        shutil.copy(OURS / "lists" / f"{variant.theme}.njk", content / "list.njk")
        if variant.feeds:
            shutil.copy(OURS / "lists" / "feed.njk", content)
        site = {
            "title": BOARD,
            "description": "Clean water for 31 towns",
            "url": self.files.url,
            "feeds": variant.feeds,
            "style": variant.theme,
        }
        news = entries(brief=variant.surroundings == "brief")
        write(source, site, news)
        config = shutil.copy(OURS / "eleventy.config.cjs", source)
        program = self.installed / "node_modules/.bin/eleventy"
        done([str(program), f"--config={config}", "--quiet"], folder=source)
        self.files.folder = source / "public"
        return Site(f"{self.files.url}/blog/", read(source))


def entries(*, brief: bool) -> list[dict[str, Any]]:
    """The posts as data of the site, newest first."""
    return [
        {
            "title": post.title,
            "path": f"/blog/{post.slug}/",
            "published": post.published.isoformat(),
            "category": post.category,
            "teaser": post.teaser,
            "html": post.html,
        }
        for post in reversed(posts(brief=brief))
    ]


def write(source: Path, site: dict[str, Any], news: list[dict[str, Any]]) -> None:
    """The data files, and a content file for each post and page."""
    (source / "_data").mkdir()
    (source / "_data" / "site.json").write_text(json.dumps(site), encoding="utf-8")
    (source / "_data" / "news.json").write_text(json.dumps(news), encoding="utf-8")
    for at, post in enumerate(news):
        head = {
            **{name: post[name] for name in ("title", "published", "category")},
            "layout": "post.njk",
            "permalink": f"{post['path']}index.html",
            "newer": news[at - 1] if at else None,
            "older": news[at + 1] if at + 1 < len(news) else None,
        }
        text = f"---json\n{json.dumps(head)}\n---\n{post['html']}\n"
        (source / "content" / f"post-{at}.html").write_text(text, encoding="utf-8")
    for title, said in PAGES.items():
        head = {"title": title, "layout": "base.njk", "permalink": f"/{title.lower()}/index.html"}
        text = f"---json\n{json.dumps(head)}\n---\n<h1>{title}</h1><p>{said}</p>\n"
        (source / "content" / f"{title.lower()}.html").write_text(text, encoding="utf-8")


def read(source: Path) -> tuple[Held, ...]:
    """The posts as the site's data say them."""
    news = json.loads((source / "_data" / "news.json").read_text(encoding="utf-8"))
    return tuple(Held.of(one["title"], one["published"], one["html"]) for one in news)


@dataclass(frozen=True)
class EleventySystem:
    """Eleventy as it may be installed here."""

    name: str = "eleventy"

    def variants(self) -> tuple[Variant, ...]:
        """Both templates, with a feed and without one."""
        return tuple(
            Variant(self.name, theme, "section", feeds=feeds)
            for theme in ("counted", "cards")
            for feeds in (True, False)
        )

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Eleventy]:
        """Eleventy, and a server. Raises Absent."""
        installed = from_npm(self.name, "@11ty/eleventy@3")
        with served_files(folder) as files:
            yield Eleventy(installed, folder, files)
