"""Topics of a release: by its text, its source and its section; the taxonomy's file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from data.errors import SettingsError
from data.models import Content
from data.topics.taxonomy import Taxonomy, load_taxonomy, text_topics, topics_of, with_topics
from tests.drafts import draft

HERE = Path(__file__).parent
RELEASES = tomllib.loads((HERE / "releases.toml").read_text("utf-8"))["release"]
LANGUAGES = {"en", "de", "fr", "es", "ru", "tr", "az"}


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy()


@pytest.mark.parametrize("release", RELEASES, ids=[release["title"][:40] for release in RELEASES])
def test_a_release_gets_the_topics_that_it_speaks_of(
    release: dict[str, Any], taxonomy: Taxonomy
) -> None:
    content = Content(
        title=release["title"], language=release["language"], body_text=release["body"]
    )
    found = text_topics(content, taxonomy)
    below = [slug for slug in found if slug in taxonomy.parents]
    top = set(found).difference(below)
    assert top >= set(release["topics"])
    assert top <= {*release["topics"], *release.get("also", ())}
    assert sorted(below) == release.get("below", [])


def test_the_shipped_taxonomy_is_of_the_iptc_media_topics(taxonomy: Taxonomy) -> None:
    topics = taxonomy.topics.values()
    top = [topic.code for topic in topics if not topic.parent]
    assert {*top} == {f"medtop:{number:02}000000" for number in range(1, 18)}
    below = [topic.code for topic in topics if topic.parent]
    assert len({*below}) == len(below) >= 40
    assert all(re.fullmatch("medtop:200[0-9]{5}", code) for code in below)
    assert {*taxonomy.parents.values()} <= taxonomy.topics.keys() - taxonomy.parents.keys()


def test_every_shipped_topic_has_a_label_and_rules_in_every_core_language(
    taxonomy: Taxonomy,
) -> None:
    for topic in taxonomy.topics.values():
        assert {"en", *topic.labels} >= LANGUAGES, topic.slug
        for language in LANGUAGES:
            assert len(topic.rules[language]) >= 9, (topic.slug, language)


def test_one_word_in_passing_is_not_a_topic_but_one_in_the_title_is(taxonomy: Taxonomy) -> None:
    passing = Content(title="A word from the chair", language="en", body_text="We saw a museum.")
    titled = Content(title="The museum opens", language="en", body_text="A word from the chair.")
    assert text_topics(passing, taxonomy) == ()
    assert text_topics(titled, taxonomy) == ("arts", "cultural-life")


def test_a_text_has_three_topics_of_a_level_at_the_most(tmp_path: Path) -> None:
    topics = "".join(
        f'[[topic]]\nslug="{name}"\nlabel="{name}"\nrules.mul=["{name}"]\n'
        f'[[topic]]\nslug="{name}-below"\nlabel="-{name}"\nparent="{name}"\nrules.mul=["{name}"]\n'
        for name in ("ore", "peat", "salt", "tar")
    )
    own = load_taxonomy(write(tmp_path, topics))
    found = text_topics(Content(title="Ore, peat, salt, tar", language="en"), own)
    assert found == ("ore", "peat", "salt", "ore-below", "peat-below", "salt-below")


def test_a_certain_topic_brings_its_parent(tmp_path: Path) -> None:
    topics = """
        [[topic]]
        slug = "sea"
        label = "Sea"
        rules.mul = ["sea"]
        [[topic]]
        slug = "ships"
        label = "Ships"
        parent = "sea"
        rules.mul = ["ship", "mast", "keel", "rudder"]
        """
    own = load_taxonomy(write(tmp_path, topics))
    assert text_topics(Content(title="A ship", language="en"), own) == ()
    assert text_topics(Content(title="A ship at sea", language="en"), own) == ("sea", "ships")
    unnamed = Content(title="-", language="en", body_text="Ship, mast, keel and rudder.")
    assert text_topics(unnamed, own) == ("sea", "ships")


def test_words_of_another_language_do_not_mislead(taxonomy: Taxonomy) -> None:
    # "sel" is a flood in Turkish and salt in French; "elever" are pupils in Swedish.
    assert text_topics(Content(title="Le sel de Sarenne", language="fr"), taxonomy) == ()
    assert text_topics(Content(title="Elever på besök", language="sv"), taxonomy) == ()
    assert text_topics(Content(title="Le sel de Sarenne"), taxonomy) == ()
    assert text_topics(Content(title="Sel Akçaova'yı vurdu", language="tr"), taxonomy) == (
        "disaster",
        "natural-disasters",
    )


def test_a_language_that_is_unknown_hides_no_topic(taxonomy: Taxonomy) -> None:
    for title in ("Neue Arbeitslosenzahlen", "Новые школьники", "Depremden sonra"):
        assert text_topics(Content(title=title), taxonomy)


def test_a_script_without_spaces_has_no_text_topics(taxonomy: Taxonomy) -> None:
    assert text_topics(Content(title="経済と教育について", language="ja"), taxonomy) == ()


def test_the_topics_of_a_source_do_not_include_sections(taxonomy: Taxonomy) -> None:
    content = Content(title="Opening hours", language="en", section=" Annual  reports ")
    assert topics_of(content, ("Wool trade", "industry"), taxonomy) == (
        ("economy", "Economy, business and finance"),
        ("wool-trade", "Wool trade"),
    )


@pytest.mark.parametrize(
    "name", ["economy", "WIRTSCHAFT", "Économie", "İqtisadiyyat", "Экономика", "اقتصاد"]
)
def test_a_name_of_a_topic_in_any_language_is_that_topic(name: str, taxonomy: Taxonomy) -> None:
    content = Content(title="-", section=name)
    assert topics_of(content, (), taxonomy) == (("economy", "Economy, business and finance"),)


def test_a_topic_found_in_several_ways_counts_once(taxonomy: Taxonomy) -> None:
    content = Content(title="New schools", language="en", section="Schulen")
    assert topics_of(content, ("education",), taxonomy) == (
        ("education", "Education"),
        ("schools", "School"),
    )


def test_a_label_that_is_empty_is_not_a_topic(taxonomy: Taxonomy) -> None:
    assert topics_of(Content(title="-", section=" \u200b\n"), ("", "\0"), taxonomy) == ()


def write(folder: Path, text: str) -> Path:
    path = folder / "topics.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_of_the_user_replaces_the_shipped_one_completely(tmp_path: Path) -> None:
    own = load_taxonomy(
        write(
            tmp_path,
            """
            [[topic]]
            slug = "bees"
            label = "Bee keeping"
            rules.mul = ["Varroa"]
            rules.en = ["honey bee*"]
            """,
        )
    )
    english = Content(title="Honey-bees for the museum", language="en-GB")
    assert topics_of(english, (), own) == (("bees", "Bee keeping"),)
    for language in ("ja", "en", None):
        assert text_topics(Content(title="Varroa 日本", language=language), own) == ("bees",)
    assert text_topics(Content(title="Honey bees", language="fr"), own) == ()


def test_topics_of_the_user_are_added_to_the_shipped_ones(
    taxonomy: Taxonomy, tmp_path: Path
) -> None:
    topics = """
        shipped = true
        [[topic]]
        slug = "bees"
        label = "Bee keeping"
        names = ["Wildlife"]
        parent = "nature"
        rules.mul = ["varroa"]
        [[topic]]
        slug = "weather"
        label = "Wind and weather"
        """
    own = load_taxonomy(write(tmp_path, topics))
    assert own.topics.keys() == taxonomy.topics.keys() | {"bees"}
    assert [*own.above("bees")] == ["nature", "environment"]
    # A name of theirs is theirs, whoever else has it; a topic of the same slug takes its place.
    assert own.named("Wildlife") == ("bees", "Bee keeping")
    assert taxonomy.named("Wildlife")[0] == "nature"
    assert own.label("weather", "de") == "Wind and weather"


@pytest.mark.parametrize("name", ["Crime", "Culture", "Disaster", "Economy"])
def test_a_name_that_a_topic_shares_with_its_parent_is_that_of_the_parent(
    name: str, taxonomy: Taxonomy
) -> None:
    slug, _ = taxonomy.named(name)
    assert slug in taxonomy.parents.values()


def test_the_shipped_file_is_used_without_one_of_the_user(tmp_path: Path) -> None:
    assert load_taxonomy(tmp_path / "topics.toml").topics == load_taxonomy().topics


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("topic = [", "syntax"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\ncolour = "red"', "topic[0].colour"),
        ('[[topic]]\nslug = "../x"\nlabel = "A"', "topic[0].slug"),
        ('[[topic]]\nslug = "a\\n"\nlabel = "A"', "topic[0].slug"),
        ('[[topic]]\nslug = "a"\nlabel = ""', "topic[0].label"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nrules.English = ["x"]', "topic[0].rules"),
        ('[[topic]]\nslug = "con"\nlabel = "A"', "topic con"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\n' * 2, "topic a"),
        (
            '[[topic]]\nslug = "a"\nlabel = "A"\n[[topic]]\nslug = "b"\nlabel = "B"\nnames = ["A"]',
            "topic b",
        ),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nparent = "b"', "topic a.parent"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nparent = "a"', "topic a.parent"),
        (
            "[[topic]]\nslug='a'\nlabel='A'\nparent='b'\n[[topic]]\nslug='b'\nlabel='B'\nparent='a'",
            "topic b.parent",
        ),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nrules.en = ["*"]', "topic a.rules.en"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nrules.en = ["s*"]', "topic a.rules.en"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nhints.en = ["a*b"]', "topic a.hints.en"),
        ('[[topic]]\nslug = "a"\nlabel = "A"\nhints.en = [" "]', "topic a.hints.en"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_the_key_and_the_fix(
    text: str, key: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_taxonomy(path)
    assert (caught.value.path, caught.value.key) == (str(path), key)
    assert len(caught.value.fix) > 10


def test_a_topic_is_called_by_the_readers_language_or_in_english(taxonomy: Taxonomy) -> None:
    assert taxonomy.label("education", "az") == taxonomy.labels("az")["education"] == "Təhsil"
    assert taxonomy.label("education", "de-AT") == "Bildung"
    assert taxonomy.label("education", "ja") == taxonomy.label("education", "en") == "Education"


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=re.escape(str(path))):
        load_taxonomy(path)


@pytest.mark.parametrize(
    ("section", "topics"),
    [
        ("Elections", {"elections", "politics"}),
        ("Klimaschutz", {"climate-change", "environment"}),
        ("Droits humains", {"fundamental-rights", "politics"}),
        ("Seçkilər", {"elections", "politics"}),
        ("Здравоохранение", {"health"}),
        ("Igualdad", {"society"}),
    ],
)
def test_a_section_that_is_called_as_a_topic_is_that_and_all_above_it(
    section: str, topics: set[str], taxonomy: Taxonomy
) -> None:
    one, _ = with_topics(draft(title="-", body_text="-", section=section), (), taxonomy)
    assert {*one.content.topics} == topics


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


def test_a_section_of_an_earlier_export_is_not_a_topic_unless_it_is_one_of_its_source(
    tmp_path: Path,
) -> None:
    (tmp_path / "topics.toml").write_text(HONEY)
    own = load_taxonomy(tmp_path / "topics.toml")
    told = draft(section="Pier news")
    known = [("pier-news", "Pier news"), ("harbours", "Harbours")]
    assert with_topics(told, (), own, known)[0].content.topics == ("harbours",)
    of_source, labels = with_topics(told, ("Pier news",), own, known)
    assert of_source.content.topics == ("harbours", "pier-news")
    assert labels["pier-news"] == "Pier news"
    assert with_topics(draft(section="HONEY"), (), own, [("honey", "honey")])[0].content.topics == (
        *("bees", "farming", "honey"),
    )


def test_a_draft_of_a_topic_is_one_of_all_above_it(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(HONEY)
    own = load_taxonomy(tmp_path / "topics.toml")
    spoken, labels = with_topics(draft(title="Varroa in the valley"), (), own)
    assert spoken.content.topics == ("bees", "farming")
    assert labels == {"bees": "Bee keeping", "farming": "Farming"}
    assert with_topics(draft(), ("Honey",), own)[0].content.topics == ("bees", "farming", "honey")
    told = with_topics(draft(), (), own, known=[("honey", "honey")])[0]
    assert told.content.topics == ("bees", "farming", "honey")
