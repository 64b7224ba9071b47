"""WordPress from Debian, with its own database server, PHP's web server and six themes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.systems import static_pages
from tests.systems.mariadb import create_database, database_server
from tests.systems.posts import BOARD, ZONE, Post, posts
from tests.systems.processes import answers, done, needed, needed_path, running
from tests.systems.site import Site, Variant
from tests.systems.truth import Held

PACKAGE = Path("/usr/share/wordpress")
OURS = Path(__file__).parent / "wordpress_site"
PACKAGED = ("twentytwentyfive", "twentytwentyfour", "twentytwentythree")
WRITTEN_HERE = ("boardloop", "boardgrid", "boardtable")
PHP = (
    "php",
    "-d",
    "opcache.enable_cli=1",
    "-d",
    "memory_limit=256M",
    "-d",
    "display_errors=stderr",
)
PRETTY = "/%year%/%monthnum%/%day%/%postname%/"
PLAIN = ""
PAGES = {"Home": "Welcome to the water board.", "News": "", **static_pages.PAGES}


@dataclass(frozen=True)
class Choices:
    """How a site is set up: ``front`` names a static front page, ``sticky`` a post."""

    theme: str
    blocked: bool = False
    permalinks: str = PRETTY
    per_page: int = 10
    front: str = ""
    sticky: str = ""


@dataclass
class WordPress:
    """WordPress while it runs. ``below`` is the path that the site was moved to."""

    root: Path
    url: str
    environment: Mapping[str, str]
    filled: tuple[Post, ...] = ()
    below: str = ""

    def act(self, action: str, **given: object) -> str:
        """Do what an editor does, and give what it prints. Raises Absent."""
        command = [*PHP, str(OURS / "act.php"), action]
        return done(command, stdin=json.dumps(given), environment=self.environment)

    def install(self) -> None:
        """Set the site up, with its pages."""
        self.act("install", title=BOARD, url=self.url, zone=ZONE.key, pages=PAGES)

    def fill(self, made: Sequence[Post]) -> None:
        """Replace all posts."""
        if self.filled != tuple(made):
            self.act("fill", posts=[entry(post) for post in made])
            self.filled = tuple(made)

    def choose(self, choices: Choices) -> None:
        """Switch the theme and the options."""
        self.act(
            "options",
            theme=choices.theme,
            permalinks=choices.permalinks,
            front=choices.front,
            list="News",
            sticky=choices.sticky,
            options={
                "posts_per_page": choices.per_page,
                "posts_per_rss": 10,
                "board_blocked": int(choices.blocked),
            },
        )

    def move(self, path: str) -> None:
        """Move the site below a path, with redirects from where it was."""
        (self.root / "below.txt").write_text(path, encoding="utf-8")
        self.below = path
        self.act("move", url=self.url + path)

    def held(self, category: str = "") -> list[Held]:
        """What the database says is published and open, of one category or of all."""
        return [
            Held.of(post["title"], post["day"], post["html"])
            for post in self.dump()
            if not category or category in post["categories"]
        ]

    def dump(self) -> list[dict[str, Any]]:
        """All published posts as the database holds them."""
        return list(json.loads(self.act("dump")))

    def show(self, variant: Variant) -> Site:
        """Serve a variant."""
        made = posts(brief=variant.surroundings == "brief")
        self.fill(made)
        where = variant.surroundings
        self.choose(
            Choices(
                variant.theme,
                blocked=not variant.feeds,
                permalinks=PLAIN if where == "plain-links" else PRETTY,
                per_page=5 if where in {"page", "plain-links"} else 10,
                front="Home" if where == "page" else "",
                sticky=made[20].title if where == "sticky" else "",
            )
        )
        category = "Press releases" if where == "category" else ""
        path = {"page": "/news/", "category": "/category/press-releases/"}.get(where, "/")
        return Site(self.url + path, tuple(self.held(category)))


def entry(post: Post) -> dict[str, str]:
    """A post as `act.php` takes it."""
    return {
        "title": post.title,
        "slug": post.slug,
        "category": post.category,
        "published": post.published.strftime("%Y-%m-%d %H:%M:%S"),
        "html": post.html,
    }


@dataclass(frozen=True)
class WordPressSystem:
    """WordPress as it may be installed here."""

    name: str = "wordpress"

    def variants(self) -> tuple[Variant, ...]:
        """Every theme with feeds on and blocked, at the front page, a page below and a category."""
        made = []
        for number, theme in enumerate((*PACKAGED, *WRITTEN_HERE)):
            for where in ("front", "page", "category"):
                made += [Variant(self.name, theme, where, feeds=feeds) for feeds in (True, False)]
            extra = ("plain-links", "sticky") if number % 2 else ("brief",)
            made += [Variant(self.name, theme, where, feeds=number % 3 == 0) for where in extra]
        return tuple(made)

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[WordPress]:
        """WordPress, installed into an empty folder. Raises Absent."""
        needed("php")
        needed_path(PACKAGE / "wp-load.php", "wordpress")
        for theme in PACKAGED:
            needed_path(PACKAGE / "wp-content/themes" / theme, f"wordpress-theme-{theme}")
        root = folder / "wordpress"
        lay_out(root)
        with database_server() as socket:
            create_database(socket, "wordpress")
            environment = {
                "WORDPRESS_ROOT": str(root),
                "WORDPRESS_DATABASE": "wordpress",
                "WORDPRESS_SOCKET": str(socket),
                "PHP_CLI_SERVER_WORKERS": "2",
            }
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            site = WordPress(root, url, environment)
            site.install()
            with running(
                [*PHP, "-S", f"127.0.0.1:{port}", "-t", str(root), str(OURS / "router.php")],
                lambda: answers(url),
                log=folder / "php.log",
                environment=environment,
            ):
                yield site


def lay_out(root: Path) -> None:
    """A site's folder: the package's files by links, a configuration and themes of our own."""
    root.mkdir()
    for path in PACKAGE.iterdir():
        if path.name not in {"wp-config.php", "wp-content"}:
            (root / path.name).symlink_to(path)
    (root / "wp-config.php").symlink_to(OURS / "wp-config.php")
    themes, plugins = root / "wp-content/themes", root / "wp-content/mu-plugins"
    themes.mkdir(parents=True)
    plugins.mkdir()
    for theme in PACKAGED:
        (themes / theme).symlink_to(PACKAGE / "wp-content/themes" / theme)
    for theme in WRITTEN_HERE:
        (themes / theme).symlink_to(OURS / "themes" / theme)
    (plugins / "blocked.php").symlink_to(OURS / "blocked.php")
