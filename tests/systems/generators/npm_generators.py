"""Generators from npm: Hexo with three themes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Final

from tests.systems.generators.generator import Build, Generator
from tests.systems.installed import from_npm
from tests.systems.posts import BOARD, ZONE
from tests.systems.processes import done
from tests.systems.static_pages import PAGES

HEXO_PACKAGES: Final = (
    "hexo@8",
    "hexo-generator-index@4",
    "hexo-generator-archive@2",
    "hexo-generator-category@2",
    "hexo-generator-feed@4",
    "hexo-renderer-ejs@2",
    "hexo-renderer-marked@7",
    "hexo-renderer-stylus@3",
    "hexo-theme-landscape@1",
    "hexo-theme-next@8",
    "hexo-theme-fluid@1",
)


def hexo(build: Build) -> Path:
    """Build a site with Hexo."""
    config = {
        "title": BOARD,
        "url": build.url,
        "language": "en",
        "timezone": ZONE.key,
        "theme": build.theme,
        "index_generator": {"per_page": 10},
        "feed": {"enable": build.feeds, "type": "atom", "path": "atom.xml"},
    }
    # A file of JSON is a file of YAML too.
    build.write("_config.yml", json.dumps(config))
    own = json.loads((build.programs / "package.json").read_text(encoding="utf-8"))
    if not build.feeds:
        own["dependencies"].pop("hexo-generator-feed")
    own["hexo"] = {"version": "8.0.0"}
    build.write("package.json", json.dumps(own))
    (build.folder / "node_modules").symlink_to(build.programs / "node_modules")
    for title, said in PAGES.items():
        build.write(f"source/{title.lower()}/index.md", f"---\ntitle: {title}\n---\n{said}\n")
    for post in build.posts:
        lead, _, rest = post.html.partition("</p>")
        head = {"title": post.title, "date": post.published.strftime("%Y-%m-%d %H:%M:%S")}
        lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in head.items())
        text = (
            f"---\n{lines}\ncategories: {post.category}\n---\n{lead}</p>\n<!-- more -->\n{rest}\n"
        )
        build.write(f"source/_posts/{post.slug}.md", text)
    program = str(build.programs / "node_modules" / ".bin" / "hexo")
    done([program, "generate", "--silent"], folder=build.folder)
    return build.folder / "public"


HEXO: Final = Generator(
    "hexo",
    partial(from_npm, "hexo", *HEXO_PACKAGES),
    hexo,
    themes=("landscape", "next", "fluid"),
)
