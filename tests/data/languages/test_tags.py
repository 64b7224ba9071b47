"""Language tags have one form, feeds name those that readers know, and scripts have a direction."""

from __future__ import annotations

import pytest

from data.languages.tags import feed_language, is_right_to_left, language_tag


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("EN-us", "en-US"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("de, en", "de"),
        ("gsw", "gsw"),
        ("x-default", None),
        ("mul", None),
        ("german", None),
        ("", None),
        (None, None),
    ],
)
def test_declarations_of_pages_have_one_form(declared: str | None, tag: str | None) -> None:
    assert language_tag(declared) == tag


@pytest.mark.parametrize(
    ("language", "named"),
    [("pt-BR", "pt-BR"), ("gsw", "gsw"), ("zxx", None), ("xyz", None), ("e", None), (None, None)],
)
def test_feeds_name_languages_that_readers_know(language: str | None, named: str | None) -> None:
    assert feed_language(language) == named


@pytest.mark.parametrize("tag", ["ar", "AR-EG", "az-Arab", "pa-Arab-PK", "ks", "yi", "ku-arab-IQ"])
def test_what_is_written_from_right_to_left(tag: str) -> None:
    assert is_right_to_left(tag)


@pytest.mark.parametrize("tag", ["en", "az", "ar-Latn", "he-Latn-IL", "uz-Cyrl", "", None])
def test_what_is_written_from_left_to_right(tag: str | None) -> None:
    assert not is_right_to_left(tag)
