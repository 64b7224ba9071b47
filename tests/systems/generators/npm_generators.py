"""Generators from npm: Hexo with three themes, the blog of Docusaurus, and Wintersmith."""

from __future__ import annotations

import json
import shutil
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
    "hexo-generator-feed@3",
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


def docusaurus(build: Build) -> Path:
    """Build the blog of Docusaurus, with the classic theme."""
    blog = {
        "routeBasePath": "/blog",
        "postsPerPage": 10,
        "blogSidebarCount": 5,
        "feedOptions": {"type": "rss" if build.feeds else None},
        "onUntruncatedBlogPosts": "ignore",
    }
    config = {
        "title": BOARD,
        "url": build.url,
        "baseUrl": "/",
        "favicon": "img/favicon.ico",
        "onBrokenLinks": "ignore",
        "markdown": {"format": "md"},
        "presets": [["classic", {"docs": False, "blog": blog, "pages": {}, "sitemap": False}]],
        "themeConfig": {
            "navbar": {"title": BOARD, "items": [{"to": "/blog", "label": "News"}]},
            "footer": {"copyright": f"Copyright © 2026 {BOARD}. Built with Docusaurus."},
        },
    }
    build.write("docusaurus.config.js", f"module.exports = {json.dumps(config)};\n")
    build.write("package.json", "{}")
    (build.folder / "node_modules").symlink_to(build.programs / "node_modules")
    (build.folder / "static").mkdir()
    for title, said in PAGES.items():
        build.write(f"src/pages/{title.lower()}.md", f"# {title}\n\n{said}\n")
    for post in build.posts:
        lead, _, rest = post.html.partition("</p>")
        title, date = json.dumps(post.title), post.published.isoformat()
        head = f"---\ntitle: {title}\nslug: {post.slug}\ndate: {date}\n---\n"
        text = f"{head}\n{lead}</p>\n\n<!-- truncate -->\n\n{rest}\n"
        build.write(f"blog/{post.day}-{post.slug}.md", text)
    program = str(build.programs / "node_modules" / ".bin" / "docusaurus")
    # All sites share the cache in node_modules, which returns modules of another site's pages.
    no_cache = {"DOCUSAURUS_NO_PERSISTENT_CACHE": "true"}
    done([program, "build"], folder=build.folder, environment=no_cache)
    return build.folder / "build"


def wintersmith(build: Build) -> Path:
    """Build the blog that Wintersmith makes for a new site, with other posts."""
    given = build.programs / "node_modules" / "wintersmith" / "examples" / "blog"
    site = build.folder / "site"
    shutil.copytree(given, site, ignore=shutil.ignore_patterns("articles"))
    (site / "node_modules").symlink_to(build.programs / "node_modules")
    config = json.loads((site / "config.json").read_text(encoding="utf-8"))
    config["locals"] |= {"url": build.url, "name": BOARD, "owner": "Press desk"}
    config["paginator"] = {"perPage": 10}
    build.write("site/config.json", json.dumps(config))
    if not build.feeds:
        (site / "contents" / "feed.json").unlink()
        layout = site / "templates" / "layout.pug"
        kept = [
            line
            for line in layout.read_text(encoding="utf-8").splitlines(keepends=True)
            if "feed" not in line
        ]
        layout.write_text("".join(kept), encoding="utf-8")
    build.write("site/contents/about.md", f"# About\n\n{PAGES['About']}\n")
    for post in build.posts:
        fields = {
            "title": post.title,
            "author": "the-wintersmith",
            # The templates show days in UTC.
            "date": f"{post.day} 12:00",
            "template": "article.pug",
        }
        lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
        lead, _, rest = post.html.partition("</p>")
        text = f"---\n{lines}\n---\n\n{lead}</p>\n\n<span class='more'></span>\n\n{rest}\n"
        build.write(f"site/contents/articles/{post.slug}/index.md", text)
    program = str(build.programs / "node_modules" / ".bin" / "wintersmith")
    done([program, "build"], folder=site, environment={"TZ": ZONE.key})
    return site / "build"


HEXO: Final = Generator(
    "hexo",
    partial(from_npm, "hexo", *HEXO_PACKAGES),
    hexo,
    themes=("landscape", "next", "fluid"),
)
DOCUSAURUS: Final = Generator(
    "docusaurus",
    partial(
        from_npm,
        "docusaurus",
        "@docusaurus/core@3",
        "@docusaurus/preset-classic@3",
        "react@19",
        "react-dom@19",
    ),
    docusaurus,
    "/blog/",
)
WINTERSMITH: Final = Generator(
    "wintersmith",
    partial(from_npm, "wintersmith", "wintersmith@2", "moment@2", "underscore@1", "typogr@0"),
    wintersmith,
)
