"""One press room as fourteen designs show it (tests/theme_pages): all tags and classes differ.

What a release says is the same in all: its title, its day, and the body as its system keeps it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader

FOLDER: Final = Path(__file__).parent / "theme_pages"
THEMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.html")))
SITE: Final = "Harbour Board of Lindmouth"
CONTACT: Final = "<p>Inquiries: press office of the Harbour Board, Quay 4, telephone 555 0142</p>"
LATEST: Final = 3
"""Posts in a box of the newest ones."""

_templates = Environment(loader=FileSystemLoader(FOLDER), autoescape=False)  # noqa: S701 - our own


@dataclass(frozen=True)
class Post:
    """A release as its system keeps it: ``body`` is HTML, all else is text."""

    number: int
    title: str
    day: dt.date
    body: str
    topic: str

    @property
    def name(self) -> str:
        """The last part of its address."""
        return f"notice-{self.number}"


def posts() -> list[Post]:
    """Nine releases, from one paragraph to many, the oldest first."""
    said = tomllib.loads((FOLDER / "posts.toml").read_text("utf-8"))["posts"]
    first = dt.date(2026, 1, 14)
    return [
        Post(
            number, one["title"], first + dt.timedelta(days=13 * number), one["body"], one["topic"]
        )
        for number, one in enumerate(said, 1)
    ]


def shown(theme: str, post: Post, posts: Sequence[Post], path: str) -> str:
    """The page of a post, among all ``posts`` below ``path``, as a theme shows it."""
    place = posts.index(post)
    return _templates.get_template(f"{theme}.html").render(
        site=SITE,
        path=path,
        post=post,
        older=posts[place - 1] if place else None,
        newer=posts[place + 1] if place + 1 < len(posts) else None,
        latest=posts[:-LATEST:-1],
    )


def listing(posts: Sequence[Post], path: str) -> str:
    """The page that lists the posts, the newest first: the same in all themes."""
    rows = "".join(
        f'<li class="row"><span class="date">{post.day.day} {post.day:%B %Y}</span> '
        f'<a href="{path}{post.name}.html">{escape(post.title)}</a></li>'
        for post in reversed(posts)
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Notices</title></head>'
        f'<body><ul class="news">{rows}</ul></body></html>'
    )
