"""The search index of a copy: its releases as scripts, newest first, in several parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.resources import files

from data.models import Release
from data.text.clean import plain
from feeds.catalog import Catalog
from feeds.entries.entry import title_of
from feeds.pages.renderer import PageRenderer

PAGE = "search/index.html"

PART_CHARACTERS = 2_000_000
"""Approximate characters per part; browsers load the parts one by one."""

MAX_TEXT_CHARACTERS = 20_000
"""Maximum characters of a text in the index."""


def search_files(pages: PageRenderer, releases: Iterable[Release]) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files of the search."""
    number = 0
    for part in parts(pages.catalog, releases):
        number += 1
        script = f"addReleases([\n{part}\n]);\n"
        yield f"search/releases-{number}.js", script.encode("utf-8", "replace")
    yield "search/search.js", (files("feeds.offline") / "static" / "search.js").read_bytes()
    yield PAGE, pages.offline_search(PAGE, number)


def parts(catalog: Catalog, releases: Iterable[Release]) -> Iterator[str]:
    """Yield the rows of releases in JSON, joined into parts."""
    rows: list[str] = []
    size = 0
    for release in releases:
        rows.append(row(catalog, release))
        size += len(rows[-1])
        if size > PART_CHARACTERS:
            yield ",\n".join(rows)
            rows, size = [], 0
    if rows:
        yield ",\n".join(rows)


def row(catalog: Catalog, release: Release) -> str:
    """Return a release as a JSON list; ``load`` in search.js reads it in the same order."""
    content = release.content
    return json.dumps(
        [
            release.id,
            title_of(content),
            release.day,
            release.source,
            plain(catalog.source(release.source).name),
            content.topics,
            release.retracted is not None,
            content.body_text[:MAX_TEXT_CHARACTERS],
        ],
        ensure_ascii=False,
    )
