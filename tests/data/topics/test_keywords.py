"""Keyword rules: which words they hold for, and which not."""

from __future__ import annotations

import unicodedata

import pytest

from data.text.folding import fold_keyword
from data.topics.keywords import MAX_WORD_LENGTH, KeywordMatcher, read_rule


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("işsizlik", "İŞSİZLİK"),
        ("ışık", "IŞIK"),
        ("istanbul*", "İstanbul'da"),
        ("straße", "STRASSE"),
        ("œuvre*", "Œuvres"),
        ("élève*", "ELEVES"),
        ("təhsil", "TƏHSİL"),
        ("ёлка", "Ёлка"),
        ("ministère de l'intérieur", "le Ministère de l’Intérieur"),
        ("außenminister*", "Außenministerin"),
        ("quận", unicodedata.normalize("NFD", "quận")),
        ("نرم افزار", "نرم\u200cافزار"),
        ("کتاب", "كتاب"),
    ],
)
def test_case_and_accents_hide_no_word(rule: str, text: str) -> None:
    assert KeywordMatcher([read_rule("x", 1, rule)]).find(text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("port", "report portrait"),
        ("port*", "report"),
        ("prime minister", "prime time"),
        ("prime minister", "prime"),
        ("prime min* of", "prime minister"),
    ],
)
def test_a_rule_holds_for_whole_words_only(rule: str, text: str) -> None:
    assert not KeywordMatcher([read_rule("x", 1, rule)]).find(text)


def test_words_of_a_matched_phrase_count_for_no_other_topic() -> None:
    matcher = KeywordMatcher(
        [read_rule("sport", 1, "tennis court*"), read_rule("crime", 1, "court*")]
    )
    assert [rule.topic for rule in matcher.find("A court by the tennis courts")] == [
        "crime",
        "sport",
    ]


def test_of_two_phrases_the_longer_one_speaks() -> None:
    matcher = KeywordMatcher(
        [read_rule("x", 1, "state bank"), read_rule("y", 1, "state bank holiday*")]
    )
    assert [rule.topic for rule in matcher.find("State bank holidays at the state bank")] == [
        "y",
        "x",
    ]


def test_a_word_counts_once_for_each_of_its_topics() -> None:
    matcher = KeywordMatcher(
        [
            read_rule("sport", 0.5, "kind*"),
            read_rule("sport", 1, "kinder"),
            read_rule("society", 1, "kinder*"),
        ]
    )
    assert {(rule.topic, rule.points) for rule in matcher.find("Kinder")} == {
        ("sport", 1),
        ("society", 1),
    }
    assert len(matcher.find("Kinder")) == 2


def test_endless_words_are_not_remembered() -> None:
    matcher = KeywordMatcher([read_rule("x", 1, "ab*")])
    assert matcher.find("ab" * (MAX_WORD_LENGTH // 2))
    assert not matcher.find("ab" * 50_000)
    assert list(matcher) == ["ab" * (MAX_WORD_LENGTH // 2)]


def test_folding_leaves_plain_words_alone() -> None:
    assert fold_keyword("Ministry") == "ministry"


def test_no_rule_or_text_causes_repeated_backtracking() -> None:
    """What makes a matcher that goes back take longer than anybody lives ends at once here."""
    rule = " ".join(["ab*"] * 40) + " end"
    matcher = KeywordMatcher([read_rule("topic", 1, rule)])
    assert not matcher.find("abc " * 20_000)
    assert matcher.find("abc " * 20_000 + "end")
