"""A list of releases that is read twice, and what people are told of a mass change."""

from __future__ import annotations

import pytest

from data.models import Published
from data.revisions.extraction_drift import FieldDrift, PagesDrift
from spiders.items import Listing, ListingItem
from spiders.stored.drift import Drift, ListingDrift, compare_listings, harms_of
from tests.drafts import published

URL = "http://harbour.example/news/"


def listing(*items: tuple[int, str]) -> Listing:
    """A list of numbered notices, each with its day, or none."""

    def dated(day: str) -> Published | None:
        return published(day) if day else None

    found = tuple(ListingItem(f"{URL}{n}", f"Notice {n}", dated(day)) for n, day in items)
    return Listing(URL, found)


DATED = [(number, f"2026-03-{number:02}") for number in range(1, 11)]
UNDATED = [(number, "") for number in range(1, 11)]


@pytest.mark.parametrize(
    ("after", "counts", "mass"),
    [
        (DATED, (0, 0, 0, 0), False),
        (DATED[::-1], (0, 0, 0, 0), False),
        (DATED[1:], (1, 0, 0, 0), False),
        (DATED[2:], (2, 0, 0, 0), True),
        ([], (10, 0, 0, 0), True),
        ([*DATED, (11, "2026-03-11"), (12, "2026-03-12")], (0, 2, 0, 0), False),
        ([*DATED, (11, ""), (12, "")], (0, 2, 2, 0), True),
        (UNDATED, (0, 0, 0, 10), True),
        ([(1, "2026-01-03"), *DATED[1:]], (0, 0, 0, 1), False),
    ],
)
def test_a_list_is_compared_item_by_item(
    after: list[tuple[int, str]],
    counts: tuple[int, ...],
    mass: bool,  # noqa: FBT001 - what is expected
) -> None:
    found = compare_listings(listing(*DATED), listing(*after))
    assert (found.lost, found.gained, found.undated, found.redated) == counts
    assert found.is_mass_change is mass


def test_new_rows_of_an_undated_list_are_not_suspicious() -> None:
    more = compare_listings(listing(*UNDATED), listing(*UNDATED, (11, ""), (12, "")))
    assert not more.is_mass_change


def test_a_mass_change_is_reported_by_its_harm() -> None:
    fields = [
        FieldDrift("title", 0, 0, 20, 20),
        FieldDrift("body", 0, 4, 1, 5),
        FieldDrift("section", 0, 9, 0, 0),
    ]
    lost = ListingDrift(URL, 10, 7, lost=3)
    assert harms_of(Drift("file", "archive", PagesDrift(20, 20, fields), lost)) == (
        "of 20 stored pages, title changed on 20, body lost or changed on 5;"
        " of 10 releases on its listing, 3 missing"
    )
