"""The pages that list all topics, those below a topic right after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from data.models import Facet
from data.topics.tree import TopicNode
from feeds.pages.indexes.index_page import index_pages
from feeds.pages.renderer import PageRenderer
from feeds.urls import page_file

DEEPEST = 3
"""Levels that are told apart."""


@dataclass(frozen=True, slots=True)
class TopicLine:
    """The line of a topic, ``depth`` levels below the top, where it stands under ``above``."""

    name: str
    file: str
    releases: int
    depth: int
    above: str


def topics_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of the list of topics, and how to make each."""
    tree = pages.catalog.topic_tree(pages.navigation.counts)
    title = pages.catalog.texts.gettext("Topics")
    return index_pages(pages, "topics", "topics.html", [*lines(tree)], title=title)


def lines(nodes: Iterable[TopicNode], depth: int = 0, above: str = "") -> Iterator[TopicLine]:
    """The lines of topics, each before those below it."""
    for node in nodes:
        file = page_file(Facet(topic=node.slug))
        yield TopicLine(node.label, file, node.releases, min(depth, DEEPEST), above)
        yield from lines(node.below, depth + 1, node.label)
