"""Which control of a page is clicked for more rows."""

from __future__ import annotations

import pytest

from spiders.listing.paging.labels import control_to_click


@pytest.mark.parametrize(
    ("controls", "place"),
    [
        ([("Menu", "burger"), ("Voir plus ↓", "")], 1),
        ([("Далее", ""), ("Показать ещё", "")], 1),
        ([("Wstecz", ""), ("Następna »", "")], 1),
        ([("", "btn js-load-more"), ("次へ", "")], 0),
        ([("Meer", ""), ("Meer", ""), ("Meer", "")], None),
        ([("Abonnieren", ""), ("Read the article", "")], None),
        ([], None),
    ],
)
def test_more_takes_precedence_over_next_and_labels_of_rows_do_not_count(
    controls: list[tuple[str, str]], place: int | None
) -> None:
    assert control_to_click(controls) == place
