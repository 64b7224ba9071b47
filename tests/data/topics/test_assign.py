"""A draft is filed under its topics and all that these stand under."""

from __future__ import annotations

from pathlib import Path

from data.topics.assign import filed
from data.topics.taxonomy import load_taxonomy
from tests.drafts import draft

HONEY = """
[[topic]]
slug = "farming"
label = "Farming"
[[topic]]
slug = "bees"
label = "Bee keeping"
parent = "farming"
rules.mul = ["varroa"]
[[topic]]
slug = "honey"
label = "Honey"
parent = "bees"
"""


def test_a_section_of_an_earlier_export_is_no_topic_unless_it_is_one_of_its_source(
    tmp_path: Path,
) -> None:
    (tmp_path / "topics.toml").write_text(HONEY)
    own = load_taxonomy(tmp_path / "topics.toml")
    told = draft(section="Pier news")
    known = [("pier-news", "Pier news"), ("harbours", "Harbours")]
    assert filed(told, (), own, known)[0].content.topics == ("harbours",)
    of_source, labels = filed(told, ("Pier news",), own, known)
    assert of_source.content.topics == ("harbours", "pier-news")
    assert labels["pier-news"] == "Pier news"
    assert filed(draft(section="HONEY"), (), own, [("honey", "honey")])[0].content.topics == (
        *("bees", "farming", "honey"),
    )


def test_a_draft_of_a_topic_is_one_of_all_above_it(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(HONEY)
    own = load_taxonomy(tmp_path / "topics.toml")
    spoken, labels = filed(draft(title="Varroa in the valley"), (), own)
    assert spoken.content.topics == ("bees", "farming")
    assert labels == {"bees": "Bee keeping", "farming": "Farming"}
    assert filed(draft(), ("Honey",), own)[0].content.topics == ("bees", "farming", "honey")
    told = filed(draft(), (), own, known=[("honey", "honey")])[0]
    assert told.content.topics == ("bees", "farming", "honey")
