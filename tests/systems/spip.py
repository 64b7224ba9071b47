"""SPIP from Debian, with SQLite and the templates that it brings."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.systems.posts import BOARD, ZONE, Post, posts
from tests.systems.processes import answers, done, needed, needed_path, running
from tests.systems.site import Site, Variant
from tests.systems.static_pages import PAGES
from tests.systems.truth import Held

PACKAGE = Path("/usr/share/spip")
OURS = Path(__file__).parent / "spip_site"
PHP = ("php", "-d", f"date.timezone={ZONE.key}", "-d", "error_reporting=22519")
"""PHP as the package wants it: its notices and deprecations are not told."""

OWN = ("IMG", "local", "tmp", "config", "plugins", "sites", "themes", "mutualisation")
"""Folders of the package that lead to one site's files; ours are made anew."""


@dataclass
class Spip:
    """SPIP while it runs."""

    root: Path
    url: str

    def act(self, action: str, **given: object) -> str:
        """Do what an editor does, and give what it prints. Raises Absent."""
        command = [*PHP, str(OURS / "act.php"), str(self.root), action]
        return done(command, stdin=json.dumps(given))

    def show(self, variant: Variant) -> Site:
        """Fill the site as a variant says, and serve it."""
        made = posts(brief=variant.surroundings == "brief")
        now = made[-1].published.strftime("%Y-%m-%d %H:%M:%S")
        articles = [article(post) for post in made]
        articles += [
            {"titre": title, "texte": text, "date": now, "id_rubrique": 2}
            for title, text in PAGES.items()
        ]
        meta = {"nom_site": BOARD, "adresse_site": self.url, "langue_site": "en"}
        self.act("fill", meta=meta, articles=articles)
        self.allow_feeds(allowed=variant.feeds)
        held = json.loads(self.act("dump"))
        path = "/" if variant.surroundings == "front" else "/spip.php?rubrique1"
        return Site(
            self.url + path,
            tuple(Held.of(one["titre"], one["date"], one["texte"]) for one in held),
        )

    def allow_feeds(self, *, allowed: bool) -> None:
        """Switch feeds on, or take them and the links to them away."""
        skeletons, mark = self.root / "squelettes", self.root / "no-feeds"
        shutil.rmtree(skeletons, ignore_errors=True)
        shutil.rmtree(self.root / "tmp" / "cache", ignore_errors=True)
        mark.unlink(missing_ok=True)
        if allowed:
            return
        mark.touch()
        for name in ("rubrique.html", "inclure/head.html", "inclure/footer.html"):
            said = (self.root / "squelettes-dist" / name).read_text(encoding="utf-8")
            kept = [line for line in said.splitlines() if "backend" not in line]
            path = skeletons / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(kept), encoding="utf-8")


def article(post: Post) -> dict[str, object]:
    """A post as SPIP's table has it."""
    return {
        "titre": post.title,
        "texte": post.html.replace("\n", "\n\n"),
        "date": post.published.strftime("%Y-%m-%d %H:%M:%S"),
        "id_rubrique": 1,
    }


@dataclass(frozen=True)
class SpipSystem:
    """SPIP as it may be installed here."""

    name: str = "spip"

    def variants(self) -> tuple[Variant, ...]:
        """The section with feeds on and off, and with short posts."""
        return (
            Variant(self.name, "dist", "section", feeds=True),
            Variant(self.name, "dist", "section", feeds=False),
            Variant(self.name, "dist", "brief", feeds=True),
            Variant(self.name, "dist", "brief", feeds=False),
        )

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[Spip]:
        """SPIP, installed into an empty folder. Raises Absent."""
        needed("php")
        needed_path(PACKAGE / "spip.php", "spip")
        root = folder / "spip"
        root.mkdir()
        for path in PACKAGE.iterdir():
            if path.is_file():
                shutil.copy(path, root)
            elif path.name not in OWN:
                shutil.copytree(path, root / path.name)
        for name in OWN[:5]:
            (root / name).mkdir()
        shutil.copytree(PACKAGE / "config" / "spip", root / "config" / "spip")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        site = Spip(root, url)
        site.act("install")
        command = [*PHP, "-S", f"127.0.0.1:{port}", "-t", str(root), str(OURS / "router.php")]
        with running(
            command,
            lambda: answers(url),
            log=folder / "php.log",
            environment={"PHP_CLI_SERVER_WORKERS": "2"},
        ):
            yield site
