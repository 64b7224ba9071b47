"""The tree of topics with numbers of releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic, its number of releases, and its child topics sorted by label.

    Releases of a child are releases of this topic too, so ``releases`` is not a sum.
    """

    slug: str
    label: str
    releases: int
    below: tuple[TopicNode, ...] = ()


def topic_tree(
    labels: Mapping[str, str], parents: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[TopicNode, ...]:
    """Return the top-level topics sorted by label, each with its descendants.

    All parameters are by slug: labels, parents and numbers of releases. Only topics with a label
    are included. A topic whose parent has no label is at the top level.
    """
    below: dict[str | None, list[str]] = {}
    for slug in labels:
        parent = parents.get(slug)
        # None can't be a slug, while a hostile file may contain an empty one.
        below.setdefault(parent if parent in labels else None, []).append(slug)

    def nodes(parent: str | None) -> tuple[TopicNode, ...]:
        slugs = sorted(below.get(parent, ()), key=lambda slug: (labels[slug].casefold(), slug))
        return tuple(
            TopicNode(slug, labels[slug], counts.get(slug, 0), nodes(slug)) for slug in slugs
        )

    return nodes(None)
