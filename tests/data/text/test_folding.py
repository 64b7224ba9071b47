"""The forms that text is compared in are what their table says, and keep to what they are for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.text import folding
from data.text.folding import fold_date, fold_keyword, fold_label, fold_search

FORMS: tuple[Callable[[str], str], ...] = (fold_date, fold_keyword, fold_search, fold_label)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (folding.__doc__ or "").splitlines()
    if line.startswith("| ")
][1:]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_form_decodes_a_text_as_in_the_table(row: list[str]) -> None:
    text, *folded = row
    assert [form(text) for form in FORMS] == folded


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_form_is_not_folded_further(row: list[str]) -> None:
    for form, folded in zip(FORMS, row[1:], strict=True):
        assert form(folded) == folded
