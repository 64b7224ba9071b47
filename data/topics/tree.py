"""Topics as a tree, with how many releases stand under each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic, how many releases are of it, and the topics below it by label.

    A release of a topic below is one of this topic too, so ``releases`` is no sum.
    """

    slug: str
    label: str
    releases: int
    below: tuple[TopicNode, ...] = ()


def topic_tree(
    labels: Mapping[str, str], parents: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[TopicNode, ...]:
    """The topics of the top level, by label, each with those below it.

    All three are by slug: what the topics are called, which topic they stand under, and how many
    releases each has. Only topics with a label are in the tree; one whose parent has none stands at
    the top.
    """
    below: dict[str | None, list[str]] = {}
    for slug in labels:
        parent = parents.get(slug)
        # None is no slug: one of a hostile file may be empty.
        below.setdefault(parent if parent in labels else None, []).append(slug)

    def nodes(parent: str | None) -> tuple[TopicNode, ...]:
        slugs = sorted(below.get(parent, ()), key=lambda slug: (labels[slug].casefold(), slug))
        return tuple(
            TopicNode(slug, labels[slug], counts.get(slug, 0), nodes(slug)) for slug in slugs
        )

    return nodes(None)
