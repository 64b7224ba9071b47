"""Names without what calls them official, whatever spaces they have."""

from __future__ import annotations

from spiders.page.phrases import MAX_GENERIC_NAME, is_label, without_frills


def test_runs_of_spaces_are_single_spaces_in_a_name() -> None:
    spaces = " \n" * 50
    assert without_frills(f"Harbour{spaces}board{spaces}official website") == "Harbour board"
    assert without_frills(f"Harbour{spaces}board") == "Harbour board"


def test_a_very_long_text_is_not_a_label() -> None:
    assert is_label("Press release No. 44/2025")
    assert not is_label("Press release" + " " * MAX_GENERIC_NAME + "44")
