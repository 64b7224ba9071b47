"""Generators from Debian: Jekyll, ikiwiki, staticsite and Blosxom."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Final

from tests.systems.generators.generator import Build, Generator
from tests.systems.posts import BOARD, ZONE, Post
from tests.systems.processes import done, needed, needed_path
from tests.systems.static_pages import PAGES

BLOSXOM: Final = Path("/usr/lib/cgi-bin/blosxom")
MINIMA: Final = Path("/usr/share/doc/jekyll-theme-minima")
DATE_PARSER: Final = Path("/usr/share/perl5/Date/Parse.pm")
"""Module that ikiwiki needs for the dates of posts. Without it, each post contains an error."""

BLOSXOM_CONFIG: Final = """
$blog_title = "{title}";
$blog_description = "Clean water for 31 towns";
$blog_language = "en";
$url = "{url}";
$datadir = "{data}";
$depth = 0;
$num_entries = 100;
$file_extension = "txt";
$default_flavour = "html";
$show_future_entries = 0;
$plugin_dir = "";
$static_dir = "{output}";
$static_password = "valley";
@static_flavours = qw/html/;
$static_entries = 1;
1;
"""


def installed(program: str, *packages: tuple[str, Path]) -> Path:
    """The folder of a program of the system.

    ``packages`` are names of other packages, each with one of its files. Raises Absent if the
    program or a package is not installed.
    """
    needed(program)
    for package, path in packages:
        needed_path(path, package)
    return Path("/usr/bin")


def jekyll(build: Build) -> Path:
    """Build a site with Jekyll and its default theme."""
    config = {
        "title": BOARD,
        "url": build.url,
        "theme": "minima",
        "timezone": ZONE.key,
        "plugins": ["jekyll-feed"] if build.feeds else [],
    }
    build.write("_config.yml", json.dumps(config))
    build.write("index.md", "---\nlayout: home\n---\n")
    for title, said in PAGES.items():
        head = f"---\nlayout: page\ntitle: {title}\npermalink: /{title.lower()}/\n---\n"
        build.write(f"{title.lower()}.md", f"{head}\n{said}\n")
    for post in build.posts:
        fields = {"layout": "post", "title": post.title, "date": post.published.isoformat()}
        lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
        text = f"---\n{lines}\ncategories: {post.category.split()[0].lower()}\n---\n{post.html}\n"
        build.write(f"_posts/{post.day}-{post.slug}.html", text)
    output = build.folder / "_site"
    done(
        [str(build.programs / "jekyll"), "build", "--quiet", "-d", str(output)], folder=build.folder
    )
    return output


def touch(path: Path, post: Post) -> None:
    """Give a file the time of its post, which these programs show as the post's date."""
    moment = post.published.timestamp()
    os.utime(path, (moment, moment))


def ikiwiki(build: Build) -> Path:
    """Build a blog with ikiwiki."""
    output = build.folder / "output"
    paging = "show=0" if build.theme == "default" else "show=0 archive=yes"
    build.write("source/index.mdwn", f'[[!inline pages="posts/*" {paging} rss=no atom=no]]\n')
    build.write("source/about.mdwn", f"{PAGES['About']}\n")
    for post in build.posts:
        date = post.published.isoformat()
        head = (
            f'[[!meta title="{post.title.replace(chr(34), "&quot;")}"]]\n[[!meta date="{date}"]]\n'
        )
        touch(build.write(f"source/posts/{post.slug}.html", f"{head}\n{post.html}\n"), post)
    switches = (
        *("--wikiname", BOARD),
        *("--url", build.url),
        *("--set", f"timezone={ZONE.key}"),
        *("--plugin", "inline", "--plugin", "html", "--disable-plugin", "openid"),
        "--no-rss",
        "--no-atom",
    )
    program = str(build.programs / "ikiwiki")
    done([program, *switches, str(build.folder / "source"), str(output)], folder=build.folder)
    return output


def staticsite(build: Build) -> Path:
    """Build a site with staticsite and its default theme."""
    front = f"site_name: {json.dumps(BOARD)}\nsite_url: {build.url}"
    build.write("content/index.md", f"---\n{front}\n---\n\n# Welcome\n")
    for post in build.posts:
        head = f"---\ntitle: {json.dumps(post.title)}\ndate: {post.published.isoformat()}\n---\n"
        build.write(f"content/news/{post.slug}.md", f"{head}\n{post.html}\n")
    output = build.folder / "web"
    done([str(build.programs / "ssite"), "build", "-o", str(output), str(build.folder / "content")])
    return output


def blosxom(build: Build) -> Path:
    """Build a weblog with Blosxom's static rendering."""
    data, output = build.folder / "data", build.folder / "output"
    output.mkdir()
    for post in build.posts:
        touch(build.write(f"data/{post.slug}.txt", f"{post.title}\n{post.html}\n"), post)
    config = BLOSXOM_CONFIG.format(title=BOARD, url=build.url, data=data, output=output)
    build.write("blosxom.conf", config)
    environment = {"BLOSXOM_CONFIG_DIR": str(build.folder), "TZ": ZONE.key}
    command = ["perl", str(BLOSXOM), "-password=valley", "-quiet=1"]
    done(command, folder=build.folder, environment=environment)
    return output


JEKYLL: Final = Generator(
    "jekyll", partial(installed, "jekyll", ("jekyll-theme-minima", MINIMA)), jekyll
)
IKIWIKI: Final = Generator(
    "ikiwiki",
    partial(installed, "ikiwiki", ("libtimedate-perl", DATE_PARSER)),
    ikiwiki,
    themes=("default", "archive"),
    has_feeds=False,
)
STATICSITE: Final = Generator(
    "staticsite", partial(installed, "ssite"), staticsite, "/news/", has_feeds=False
)
BLOSXOM_STATIC: Final = Generator(
    "blosxom", partial(installed, "perl", ("blosxom", BLOSXOM)), blosxom, has_feeds=False
)
