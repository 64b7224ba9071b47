"""The pages that list all topics, those below a topic right after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from data.models import Facet
from data.topics.tree import TopicNode
from feeds.pages.indexes.index_page import CountedLine, counted_pages
from feeds.pages.renderer import PageRenderer
from feeds.urls import page_file

DEEPEST = 3
"""Levels that are told apart."""


def topics_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of the list of topics, and how to make each."""
    tree = pages.catalog.topic_tree(pages.navigation.counts)
    rows, texts = [*lines(tree)], pages.catalog.texts
    lead = texts.ngettext("%(num)s topic.", "%(num)s topics.", len(rows))
    return counted_pages(pages, "topics", rows, title=texts.gettext("Topics"), lead=lead)


def lines(nodes: Iterable[TopicNode], depth: int = 0, above: str = "") -> Iterator[CountedLine]:
    """The lines of topics, each before those below it."""
    for node in nodes:
        file = page_file(Facet(topic=node.slug))
        yield CountedLine(node.label, file, node.releases, min(depth, DEEPEST), above)
        yield from lines(node.below, depth + 1, node.label)
