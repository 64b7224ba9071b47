"""Text and addresses in one form."""

from __future__ import annotations

import ftfy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text.clean import MAX_MENDED, clean_line, clean_text, excerpt


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\u00a0 b\t c", "a b c"),
        ("one\r\n\r\n\r\n\r\ntwo", "one\n\ntwo"),
        ("soft\u00adhyphen zero\u200bwidth \u202eright", "softhyphen zerowidth right"),
        ("e\u0301tat", "\u00e9tat"),
        ("bell\x07 \ufffe\ud800", "bell"),
        ("schÃ¶n und gut gemeint", "schön und gut gemeint"),
        ("РџСЂРёРІРµС‚ РІСЃРµРј РіСЂР°Р¶РґР°РЅР°Рј", "Привет всем гражданам"),
        ("so â€œquotedâ€\x9d text", "so “quoted” text"),
        ("« été » – l’année “propre” »", "« été » – l’année “propre” »"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_text_is_mended(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text())
@example("\x81á\x99\x98")
@example("\xa0Â¡")
def test_cleaning_is_idempotent_and_keeps_only_characters_that_xml_allows(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert not set(once) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE]))
    assert "\n" not in clean_line(text)


def test_an_excerpt_ends_with_a_whole_word() -> None:
    assert excerpt("one two three", 9) == "one two…"
    assert excerpt("one two three", 13) == "one two three"
    assert excerpt("one two, three", 11) == "one two…"


@pytest.mark.parametrize(
    "text", ["東京都は本日、発表した。" * 40, "NHK " + "東京都は本日" * 60, "x" * 900]
)
def test_an_excerpt_of_a_text_without_spaces_is_as_long_as_any_other(text: str) -> None:
    said = excerpt(text)
    assert 290 <= len(said) <= 300
    assert said[-1] == "…"
    assert text.startswith(said[:-1])


PIECES = ["a", "b ", "  ", "\n", " \n\n\n", "Ã©", "é", "e\u0301", "\t", "\xa0", "\u2003", "ﬁ", "Д"]


@example("\xa0Ã©e\u0301")
@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_a_text_has_the_same_form_by_the_fast_path(text: str) -> None:
    # An invisible character that is dropped leads by the long way.
    assert clean_text(text) == clean_text(f"{text}\u200b")


def test_only_the_beginning_of_a_very_long_text_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    mended = ftfy.fix_encoding

    def noted(text: str) -> str:
        lengths.append(len(text))
        return mended(text)

    monkeypatch.setattr(ftfy, "fix_encoding", noted)
    found = clean_text("le cafÃ© du port\n" * 20_000)
    assert found.startswith("le café du port\nle café")
    assert found.endswith("le cafÃ© du port")
    assert found.count("\n") == 19_999
    # Text that becomes shorter makes no room for more.
    whole_lines = MAX_MENDED // len("le caf\u00c3\u00a9 du port\n")
    assert whole_lines <= found.count("caf\u00e9") <= whole_lines + 1
    assert max(lengths) <= MAX_MENDED


def test_a_very_long_text_is_cut_between_words_for_mending(monkeypatch: pytest.MonkeyPatch) -> None:
    mended = ftfy.fix_encoding
    read: list[str] = []

    def mend(text: str) -> str:
        read.append(text)
        return mended(text)

    monkeypatch.setattr(ftfy, "fix_encoding", mend)
    clean_text("caf\u00c3\u00a9 " * MAX_MENDED)
    # ftfy calls itself for parts of a text.
    long = [text for text in read if len(text) > 1000]
    assert long
    assert all(text.endswith(" caf\u00c3\u00a9") for text in long)


def test_a_very_long_text_keeps_its_unmended_rest() -> None:
    start = "caf\u00c3\u00a9 " * (MAX_MENDED // 6)
    rest = "a\u200b b  \x07c " * 100
    found = clean_text(f"{start}\n\n\n\n \u200b{rest}")
    assert found == f"{clean_text(start)}\n\n{clean_text(rest)}"


def test_a_letter_and_its_mark_are_composed_at_the_cut_of_a_very_long_text() -> None:
    found = clean_text("\u00c3\u00a9" + "e" * (MAX_MENDED - 2) + "\u0301")
    assert found == "\u00e9" + "e" * (MAX_MENDED - 3) + "\u00e9"
