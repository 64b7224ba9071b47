"""Texts whose topics a person labelled, in two halves: one for writing rules, one held out.

``invented`` contains press releases of invented institutions, one file per language. For each
release, a line that begins with ``# `` lists its topics; its title and body follow. ``pages.toml``
contains labels of real pages in ``../shared`` by their ids, and none of their text. One person
wrote the invented releases, labelled everything (pages by their title and beginning) and wrote the
rules, so a label is an opinion.

A label contains the slugs of topics. A topic after a question mark may be found or not. A topic
also stands for its parent topics.
"""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from data.clock import utc_now
from data.dates.context import DateContext
from data.models import Content
from data.topics.taxonomy import Taxonomy
from spiders.page.page import Page
from spiders.release.read import read_release

HERE = Path(__file__).parent
HALF = 8
"""Of the sixteen first digits of a hash, those below are the half that rules were written by."""


@dataclass(frozen=True)
class Labelled:
    """A text, the topics that it has, and those that it may have."""

    set: str
    key: str
    content: Content
    topics: frozenset[str]
    may: frozenset[str]
    is_kept_back: bool
    """Whether no rule was written or weighed by it."""


def key_of(name: str) -> str:
    """What stands for the id of a text."""
    return sha256(name.encode()).hexdigest()[:8]


def invented(taxonomy: Taxonomy) -> Iterator[Labelled]:
    """The releases of invented institutions."""
    for path in sorted((HERE / "invented").glob("*.txt")):
        for block in path.read_text("utf-8").split("# ")[1:]:
            label, title, body = block.split("\n", 2)
            content = Content(title=title, language=path.stem, body_text=body.strip())
            yield _labelled("invented", key_of(title), content, label, taxonomy)


def pages(folder: Path, taxonomy: Taxonomy) -> Iterator[Labelled]:
    """The real pages that have a label, as Communique reads them."""
    labels: Mapping[str, str] = tomllib.loads((HERE / "pages.toml").read_text("utf-8"))["pages"]
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            key = key_of(row["id"])
            if key in labels:
                body = gzip.decompress((folder / row["html_path"]).read_bytes())
                page = Page(row["url"] or "http://page.example/", body)
                content = read_release(page, DateContext("UTC", now=utc_now())).content
                yield _labelled("pages", key, content, labels[key], taxonomy)


def press_room(releases: Path, taxonomy: Taxonomy) -> Iterator[Labelled]:
    """The labelled releases of one real press room; its halves were named before."""
    labels = tomllib.loads((HERE.parent / "topics.toml").read_text("utf-8"))
    with gzip.open(releases, "rt", encoding="utf-8") as lines:
        rows = {key_of(row["id"]): row for row in map(json.loads, lines)}
    for half, back in (("tuned", False), ("held_out", True)):
        for key, label in labels[half].items():
            row = rows[key]
            content = Content(title=row["title"], language="en", body_text=row["text_md"])
            both = f"{label} {labels[f'{half}_below'][key]}"
            yield _labelled("one press room", key, content, both, taxonomy, is_kept_back=back)


def _labelled(
    name: str,
    key: str,
    content: Content,
    label: str,
    taxonomy: Taxonomy,
    *,
    is_kept_back: bool | None = None,
) -> Labelled:
    words = [word for word in label.split() if word != "-"]
    topics = {word for word in words if not word.startswith("?")}
    may = {word[1:] for word in words if word.startswith("?")}
    for slugs in (topics, may):
        slugs |= {above for slug in [*slugs] for above in taxonomy.above(slug)}
    back = int(key[0], 16) >= HALF if is_kept_back is None else is_kept_back
    return Labelled(name, key, content, frozenset(topics), frozenset(may - topics), back)
