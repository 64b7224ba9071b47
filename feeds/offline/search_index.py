"""What the page of a folder searches: its releases as scripts, newest first, in parts."""

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

PART = 2_000_000
"""Characters of one part; a browser reads them one after the other."""

LONGEST = 20_000
"""Characters of one text that are searched."""


def search_files(pages: PageRenderer, releases: Iterable[Release]) -> Iterator[tuple[str, bytes]]:
    """The files of the search, by their names in the folder."""
    number = 0
    for part in parts(pages.catalog, releases):
        number += 1
        script = f"addReleases([\n{part}\n]);\n"
        yield f"search/releases-{number}.js", script.encode("utf-8", "replace")
    yield "search/search.js", (files("feeds.offline") / "static" / "search.js").read_bytes()
    yield PAGE, pages.offline_search(PAGE, number)


def parts(catalog: Catalog, releases: Iterable[Release]) -> Iterator[str]:
    """The releases as rows of JSON, as many together as make a part."""
    rows: list[str] = []
    size = 0
    for release in releases:
        rows.append(row(catalog, release))
        size += len(rows[-1])
        if size > PART:
            yield ",\n".join(rows)
            rows, size = [], 0
    if rows:
        yield ",\n".join(rows)


def row(catalog: Catalog, release: Release) -> str:
    """A release as the script takes it, field by field: see the beginning of ``load`` there."""
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
            content.body_text[:LONGEST],
        ],
        ensure_ascii=False,
    )
