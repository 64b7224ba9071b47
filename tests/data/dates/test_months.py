"""The names of months, as languages write and decline them."""

from __future__ import annotations

import pytest

from data.dates.months import month_of, phrases_in
from data.text.folding import fold_date


@pytest.mark.parametrize(
    ("name", "month"),
    [("noyabr", 11), ("noyabrı", 11), ("noyabrda", 11), ("қараша", 11), ("қарашасы", 11)],
)
def test_a_month_is_known_with_the_ending_of_a_case(name: str, month: int) -> None:
    assert month_of(name) == month


@pytest.mark.parametrize("name", ["נובמבר", "בנובמבר", "לנובמבר"])
def test_a_month_is_known_behind_a_hebrew_prefix(name: str) -> None:
    assert month_of(name) == 11


def test_an_ending_leaves_enough_of_the_name_to_know_it_by() -> None:
    assert month_of("noyx") is None


@pytest.mark.parametrize(
    ("name", "language", "month"),
    [
        # Words of one language that mean another month, or nothing, in another.
        ("here", "br", 10), ("here", "en", None), ("here", "", None),
        ("mai", "ro", 5), ("mei", "af", 5), ("mac", "ms", 3), ("mac", "en", 3),
        ("du", "br", 11), ("du", "fr", None), ("out", "pt", 10),
        ("listopad", "pl", 11), ("listopad", "hr", 10), ("hunyo", "tl", 6), ("hunyo", "", None),
        ("машана", "", None), ("medi", "cy", 9), ("medi", "", None),
        # A script of its own leaves no doubt.
        ("မတ်", "", 3), ("មីនា", "", 3), ("ማርች", "", 3), ("માર્ચ", "", 3), ("ມີນາ", "", 3),
    ],
)  # fmt: skip
def test_an_ordinary_word_is_a_month_only_in_its_language(
    name: str, language: str, month: int | None
) -> None:
    languages = (language,) if language else ()
    assert month_of(fold_date(name), languages) == month


def test_shavian_names_of_months_are_words_behind_the_sign_of_a_name() -> None:
    """Phrases of several words cost a search of each text with a digit on English pages."""
    assert month_of("𐑡𐑵𐑯", ("en",)) == 6
    assert phrases_in(("en",)) == phrases_in(())
