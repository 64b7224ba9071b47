"""Systems that can't run here, in the markup of their default templates, served page by page."""

from __future__ import annotations

import contextlib
import email.utils
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from w3lib.url import safe_url_string

from tests import listing_markup as markup
from tests.press_room import Answer, Room, served
from tests.systems.posts import BOARD, ZONE, Post, posts
from tests.systems.site import Site, Variant
from tests.systems.truth import Held

PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
IN_FEED = 10
"""Posts in a feed, as most systems set it."""

BRIEF = ("joomla-blog", "drupal7-views", "typo3-news", "contao", "ghost", "plone-summary")
"""Systems that are shown with newest posts of one paragraph as well."""

WITH_FEED = (
    "drupal-teasers",
    "joomla-list",
    "ghost",
    "blogger",
    "squarespace",
    "concrete-pagelist",
)
"""Systems that are shown with a feed as well."""


@dataclass
class Rendered:
    """The server of all rendered systems."""

    room: Room

    def show(self, variant: Variant) -> Site:
        """Serve the listing and the releases of a variant, and a feed where it has one."""
        crowd = "plain" if variant.surroundings == "brief" else variant.surroundings
        made = posts(brief=variant.surroundings == "brief")
        every = [template_post(post) for post in reversed(made)]
        answers = {}
        for page in range(1, -(-len(every) // markup.PER_PAGE) + 1):
            address, html = markup.render_listing(variant.theme, every, crowd, page)
            answers[self.path(address)] = html
        for number in range(len(every)):
            address, html = markup.render_release(variant.theme, every, number, crowd)
            answers[self.path(address)] = html
        self.room.answers = {}
        head = "</head>"
        if variant.feeds:
            head = '<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>'
            addressed = markup.addressed(markup.SYSTEMS[variant.theme], every)
            self.room.answers["/feed.xml"] = Answer(
                self.feed(addressed, made).encode(), content_type="application/rss+xml"
            )
        for path, html in answers.items():
            self.room.page(path, html.replace("</head>", head, 1))
        first = markup.SYSTEMS[variant.theme].first
        return Site(self.room.base + first, tuple(held(post) for post in made))

    def path(self, address: str) -> str:
        """The path and query of an address, as a browser asks for it."""
        return safe_url_string(unescape(address.removeprefix(markup.HOST)))

    def feed(self, every: list[markup.Post], made: tuple[Post, ...]) -> str:
        """A feed of the newest posts, with their teasers."""
        items = "".join(
            f"<item><title>{post.title}</title><link>{self.room.base}{escape(self.path(post.url))}</link>"
            f"<description>{escape(source.teaser)}</description>"
            f"<pubDate>{email.utils.format_datetime(source.published)}</pubDate></item>"
            for post, source in zip(every[:IN_FEED], reversed(made), strict=False)
        )
        head = f"<title>{BOARD}</title><link>{self.room.base}/</link><description/>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def template_post(post: Post) -> markup.Post:
    """A post as the templates take it: HTML in its title and its paragraphs."""
    return markup.Post(
        post.number + 100,
        escape(post.title, quote=False),
        post.published.astimezone(ZONE).date(),
        summary=escape(post.teaser[:180], quote=False),
        text=paragraphs(post),
    )


def paragraphs(post: Post) -> tuple[str, ...]:
    """The paragraphs of a post: the templates know no other blocks."""
    return tuple(PARAGRAPH.findall(post.html))


def held(post: Post) -> Held:
    """A post as it was rendered."""
    return Held(post.title, post.day, "".join(f"<p>{text}</p>" for text in paragraphs(post)))


@dataclass(frozen=True)
class RenderedSystem:
    """The templates of ``tests/markup``; a variant's theme is the system that a template is of."""

    name: str = "rendered"

    def variants(self) -> tuple[Variant, ...]:
        """Every template amid boxes, some plain beside a feed, some with short posts."""
        everywhere = [
            Variant(self.name, name, "everything", feeds=False) for name in markup.SYSTEMS
        ]
        feeds = [Variant(self.name, name, "plain", feeds=True) for name in WITH_FEED]
        brief = [Variant(self.name, name, "brief", feeds=False) for name in BRIEF]
        return (*everywhere, *feeds, *brief)

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Rendered]:
        """A server; nothing is written into the folder."""
        del folder
        with served() as room:
            yield Rendered(room)
