"""Generators from PyPI: Nikola, Lektor, the blog of MkDocs Material, ABlog for Sphinx, Blag."""

from __future__ import annotations

import json
import shutil
import textwrap
from functools import partial
from pathlib import Path
from typing import Final

from tests.systems.generators.generator import Build, Generator
from tests.systems.installed import from_pypi
from tests.systems.posts import BOARD, ZONE, Post
from tests.systems.processes import done
from tests.systems.static_pages import PAGES

PER_PAGE: Final = 10

LEKTOR_MODELS: Final = {
    "models/blog.ini": """
[model]
name = Blog
[children]
model = post
order_by = -pub_date, title
[pagination]
enabled = yes
per_page = 10
""",
    "models/post.ini": """
[model]
name = Post
[fields.title]
type = string
[fields.pub_date]
type = date
[fields.body]
type = html
""",
    "models/page.ini": """
[model]
name = Page
[fields.body]
type = html
""",
}

LEKTOR_TEMPLATES: Final = {
    "templates/layout.html": """<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="{{ '/static/style.css'|url }}">
<title>{% block title %}Welcome{% endblock %} — BOARD</title>
<body>
<header><h1>BOARD</h1><nav><ul class="nav navbar-nav">
<li{% if this._path == '/' %} class="active"{% endif %}><a href="{{ '/'|url }}">Welcome</a></li>
{% for href, title in [['/blog', 'Blog'], ['/about', 'About']] %}
<li{% if this.is_child_of(href) %} class="active"{% endif %}>
<a href="{{ href|url }}">{{ title }}</a></li>
{% endfor %}
</ul></nav></header>
<div class="page">{% block body %}{% endblock %}</div>
<footer>&copy; Copyright 2026 by Press desk.</footer>
</body>
""",
    "templates/page.html": """{% extends "layout.html" %}
{% block title %}{{ this._slug }}{% endblock %}
{% block body %}<h2>{{ this._slug }}</h2>{{ this.body }}{% endblock %}
""",
    "templates/blog.html": """{% extends "layout.html" %}
{% from "macros/blog.html" import render_blog_post %}
{% from "macros/pagination.html" import render_pagination %}
{% block title %}Blog{% endblock %}
{% block body %}
{% for child in this.pagination.items %}{{ render_blog_post(child, from_index=true) }}{% endfor %}
{{ render_pagination(this.pagination) }}
{% endblock %}
""",
    "templates/post.html": """{% extends "layout.html" %}
{% from "macros/blog.html" import render_blog_post %}
{% block title %}{{ this.title }}{% endblock %}
{% block body %}{{ render_blog_post(this) }}{% endblock %}
""",
    "templates/macros/blog.html": """{% macro render_blog_post(post, from_index=false) %}
<div class="blog-post">
{% if from_index %}<h2><a href="{{ post|url }}">{{ post.title }}</a></h2>
{% else %}<h2>{{ post.title }}</h2>{% endif %}
<p class="meta">written by Press desk on {{ post.pub_date }}</p>
{{ post.body }}
</div>
{% endmacro %}
""",
    "templates/macros/pagination.html": """{% macro render_pagination(pagination) %}
<div class="pagination">
{% if pagination.has_prev %}<a href="{{ pagination.prev|url }}">&laquo; Previous</a>
{% else %}<span class="disabled">&laquo; Previous</span>{% endif %}
| {{ pagination.page }} |
{% if pagination.has_next %}<a href="{{ pagination.next|url }}">Next &raquo;</a>
{% else %}<span class="disabled">Next &raquo;</span>{% endif %}
</div>
{% endmacro %}
""",
}
"""The templates of Lektor's quickstart, which a project of Lektor begins with."""


def nikola(build: Build) -> Path:
    """Build a site with Nikola."""
    program = str(build.programs / "nikola")
    site = build.folder / "site"
    done([program, "init", "--quiet", str(site)], folder=build.folder)
    settings = {
        "BLOG_TITLE": BOARD,
        "BLOG_AUTHOR": "Press desk",
        "SITE_URL": f"{build.url}/",
        "TIMEZONE": ZONE.key,
        "THEME": build.theme,
        "INDEX_DISPLAY_POST_COUNT": PER_PAGE,
        "INDEX_TEASERS": True,
        "GENERATE_RSS": build.feeds,
        "GENERATE_ATOM": False,
        "POSTS": (("posts/*.html", "news", "post.tmpl"),),
        "PAGES": (("pages/*.html", "", "page.tmpl"),),
    }
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    with (site / "conf.py").open("a", encoding="utf-8") as config:
        config.write("\n" + "\n".join(lines) + "\n")
    for post in build.posts:
        head = nikola_head(post.title, post.slug, post.published.strftime("%Y-%m-%d %H:%M:%S"))
        lead, _, rest = post.html.partition("</p>")
        text = f"{head}{lead}</p>\n<!-- TEASER_END -->\n{rest}"
        build.write(f"site/posts/{post.slug}.html", text)
    for title, said in PAGES.items():
        head = nikola_head(title, title.lower(), "2020-01-01 09:00:00")
        build.write(f"site/pages/{title.lower()}.html", f"{head}<p>{said}</p>")
    done([program, "build", "--quiet"], folder=site)
    return site / "output"


def nikola_head(title: str, slug: str, date: str) -> str:
    """The metadata of one of Nikola's pages."""
    return f"<!--\n.. title: {title}\n.. slug: {slug}\n.. date: {date}\n-->\n\n"


def lektor(build: Build) -> Path:
    """Build a site with Lektor, as its quickstart makes one."""
    project = f"[project]\nname = {BOARD}\nurl = {build.url}/\n"
    build.write("site.lektorproject", project)
    for name, text in {**LEKTOR_MODELS, **LEKTOR_TEMPLATES}.items():
        build.write(name, text.replace("BOARD", BOARD))
    build.write("content/contents.lr", "_model: page\n---\nbody: <p>Water for 31 towns.</p>\n")
    build.write("content/about/contents.lr", f"_model: page\n---\nbody: <p>{PAGES['About']}</p>\n")
    build.write("content/blog/contents.lr", "_model: blog\n")
    for post in build.posts:
        fields = {"title": post.title, "pub_date": post.day.isoformat(), "body": f"\n\n{post.html}"}
        text = "\n---\n".join(f"{name}: {value}" for name, value in fields.items())
        build.write(f"content/blog/{post.slug}/contents.lr", f"{text}\n")
    output = build.folder / "output"
    done([str(build.programs / "lektor"), "build", "-O", str(output)], folder=build.folder)
    return output


def mkdocs(build: Build) -> Path:
    """Build the blog of MkDocs Material."""
    config = {
        "site_name": BOARD,
        "site_url": f"{build.url}/",
        "theme": {"name": "material", "font": False},
        "plugins": [{"blog": {"pagination_per_page": PER_PAGE, "post_excerpt": "optional"}}],
        "markdown_extensions": ["md_in_html"],
    }
    # A file of JSON is a file of YAML too.
    build.write("mkdocs.yml", json.dumps(config))
    build.write("docs/index.md", f"# {BOARD}\n\n{PAGES['About']}\n")
    build.write("docs/contact.md", f"# Contact\n\n{PAGES['Contact']}\n")
    build.write("docs/blog/index.md", "# News\n")
    for post in build.posts:
        head = f"---\ndate: {post.day}\ncategories:\n  - {post.category}\n---\n\n# {post.title}\n\n"
        text = f"{head}{post.teaser}\n\n<!-- more -->\n\n{without_lead(post)}\n"
        build.write(f"docs/blog/posts/{post.slug}.md", text)
    done([str(build.programs / "mkdocs"), "build", "--quiet"], folder=build.folder)
    return build.folder / "site"


def without_lead(post: Post) -> str:
    """The HTML of a post after its first paragraph."""
    return post.html.partition("</p>")[2].strip()


def ablog(build: Build) -> Path:
    """Build a blog with Sphinx and ABlog."""
    settings = {
        "project": BOARD,
        "author": "Press desk",
        "extensions": ["ablog"],
        "html_theme": build.theme,
        "blog_title": BOARD,
        "blog_baseurl": build.url,
        "blog_feed_archives": build.feeds,
        "post_auto_excerpt": 1,
        "html_sidebars": {
            "**": ["ablog/postcard.html", "ablog/recentposts.html", "ablog/archives.html"]
        },
    }
    build.write("conf.py", "\n".join(f"{name} = {value!r}" for name, value in settings.items()))
    build.write("index.rst", f"{underlined(BOARD)}\n.. postlist:: 100\n   :date: %d %B %Y\n")
    build.write("about.rst", f"{underlined('About')}\n{PAGES['About']}\n")
    for post in build.posts:
        raw = textwrap.indent(without_lead(post), "   ")
        directive = f".. post:: {post.day:%b %d, %Y}\n   :category: {post.category}\n"
        teaser = post.teaser.replace("*", r"\*")
        text = f"{underlined(post.title)}\n{directive}\n{teaser}\n\n.. raw:: html\n\n{raw}\n"
        build.write(f"posts/{post.slug}.rst", text)
    output = build.folder / "output"
    command = [str(build.programs / "sphinx-build"), "-q", "-b", "html", ".", str(output)]
    done(command, folder=build.folder)
    return output


def underlined(title: str) -> str:
    """A heading of reStructuredText."""
    return f"{title}\n{'=' * 2 * len(title)}\n"


def blag(build: Build) -> Path:
    """Build a site with Blag."""
    config = {
        "base_url": f"{build.url}/",
        "title": BOARD,
        "description": "Clean water for 31 towns",
        "author": "Press desk",
    }
    lines = "\n".join(f"{name} = {value}" for name, value in config.items())
    build.write("config.ini", f"[main]\n{lines}\n")
    for title, said in PAGES.items():
        head = f"title: {title}\ndescription: {title}\n"
        build.write(f"content/{title.lower()}.md", f"{head}\n{said}\n")
    for post in build.posts:
        date = post.published.strftime("%Y-%m-%d %H:%M")
        head = f"title: {post.title}\ndate: {date}\ndescription: {post.teaser[:90]}\n"
        build.write(f"content/news/{post.slug}.md", f"{head}\n{post.html}\n")
    (build.folder / "static").mkdir()
    (templates,) = build.programs.parent.glob("lib/*/site-packages/blag/templates")
    shutil.copytree(templates, build.folder / "templates")
    done([str(build.programs / "blag"), "build"], folder=build.folder)
    return build.folder / "build"


NIKOLA: Final = Generator(
    "nikola", partial(from_pypi, "nikola", "Nikola>=8.3,<9"), nikola, themes=("bootblog4", "base")
)
LEKTOR: Final = Generator(
    "lektor", partial(from_pypi, "lektor", "Lektor>=3.3,<4"), lektor, "/blog/", has_feeds=False
)
MKDOCS: Final = Generator(
    "mkdocs",
    partial(from_pypi, "mkdocs", "mkdocs-material>=9.5,<10"),
    mkdocs,
    "/blog/",
    has_feeds=False,
)
ABLOG: Final = Generator(
    "ablog",
    partial(from_pypi, "ablog", "ablog>=0.11", "Sphinx>=8,<9"),
    ablog,
    themes=("alabaster", "classic"),
)
BLAG: Final = Generator("blag", partial(from_pypi, "blag", "blag>=2"), blag, has_feeds=False)
