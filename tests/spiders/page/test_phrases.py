"""Headings of other news are known in the languages that press rooms write in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from babel import Locale

from data.languages.vocabulary import vocabulary
from spiders.page.phrases import comparison_key, is_related, is_tail, letters

RELATED = {tag: found for tag, one in vocabulary().items() if (found := one.headings.related)}
LANGUAGES = """
    af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu ha he hi hr hu
    hy id ig is it ja ka kk km kn ko ku ky lo lt lv mk ml mn mr ms mt my nb ne nl nn or pa
    pl ps pt ro ru si sk sl so sq sr sv sw ta te tg th ti tk fil tr uk ur uz vi xh yo zh zu
"""


def test_each_language_of_the_press_has_headings_of_related_news() -> None:
    shared = {"bs": "hr"}  # they write these headings alike
    assert [tag for tag in LANGUAGES.split() if not RELATED.get(shared.get(tag, tag))] == []


def test_headings_are_whole_lines_of_a_language_that_babel_knows() -> None:
    for tag, headings in RELATED.items():
        assert Locale.parse(tag, sep="-")
        for heading in headings:
            assert is_related(heading.upper()), heading
            assert is_tail(f" {heading}: "), heading
            assert not is_related(f"{heading} 港 harbour plan"), heading


@pytest.mark.parametrize(
    "line", ["Related work on the second lock", "Latest lock opens", "相关部门负责人", "Topics"]
)
def test_a_line_with_more_text_is_not_such_a_heading(line: str) -> None:
    assert not is_related(line)


@pytest.mark.parametrize("key", [letters, comparison_key])
def test_ascii_texts_have_the_same_key_as_with_a_dash_of_another_script(
    key: Callable[[str], str],
) -> None:
    text = "".join(map(chr, range(128)))
    assert key(text) == key(f"{text}—")
