"""The names of months, as languages write and decline them."""

from __future__ import annotations

import pytest

from data.dates.months import month_of


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
