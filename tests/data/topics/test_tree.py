"""Topics as a tree: what stands under what, in which order, with which counts."""

from __future__ import annotations

from data.topics.taxonomy import TopicNode, topic_tree


def test_topics_are_listed_under_their_parents_by_label_with_their_counts() -> None:
    labels = {"a": "Society", "b": "élection", "c": "Politics", "d": "Cabinet"}
    tree = topic_tree(labels, {"b": "c", "d": "c"}, {"a": 1, "b": 2, "c": 5})
    assert tree == (
        TopicNode(
            "c", "Politics", 5, (TopicNode("d", "Cabinet", 0), TopicNode("b", "élection", 2))
        ),
        TopicNode("a", "Society", 1),
    )


def test_a_topic_without_its_parent_is_at_the_top() -> None:
    tree = topic_tree({"b": "Elections"}, {"b": "politics"}, {"b": 1})
    assert tree == (TopicNode("b", "Elections", 1),)
    assert topic_tree({}, {"b": "c"}, {"b": 1}) == ()
