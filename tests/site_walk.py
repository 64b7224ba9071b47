"""Walks through the files of a site by its links, as a visitor of a static host does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from lxml import html

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def links_of(site: Path, file: str) -> Iterator[str]:
    """The files of the site that a page links, whether they are there or not."""
    tree: Any = html.fromstring((site / file).read_bytes())
    for link in tree.xpath("//body//a/@href | //head/link[@rel!='canonical']/@href | //@src"):
        address = re.split("[?#]", str(link))[0]
        if not SCHEME.match(str(link)) and address:
            path = unquote(urljoin(f"/{file}", address))
            yield path[1:] + ("index.html" if path.endswith("/") else "")


def walked(site: Path) -> tuple[set[str], set[tuple[str, str]]]:
    """The files that are reached from the first page, and dead links: from where, and where to."""
    reached, dead, waiting = {"index.html"}, set(), ["index.html"]
    while waiting:
        page = waiting.pop()
        for file in links_of(site, page):
            if not (site / file).is_file():
                dead.add((page, file))
            elif file not in reached:
                reached.add(file)
                if file.endswith(".html"):
                    waiting.append(file)
    return reached, dead


def pages_of(site: Path) -> set[str]:
    """All pages of a site but the one for what is not there."""
    return {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
