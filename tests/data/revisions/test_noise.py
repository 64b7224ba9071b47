"""Noise of single pages: what is never reported, and what is reported nevertheless."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pytest

from data.revisions.noise import NoiseState, Settled, settle

DAY = dt.date(2026, 5, 4)

PAGE = ("Leaders", "Ida Moen, chair", "Tor Berg, treasurer", "North berth 410 NOK", "Pier 1")


class Visits:
    """Successive visits to one page, with the stored lines after them."""

    def __init__(self, first: Sequence[str] = PAGE) -> None:
        self.lines: tuple[str, ...] = tuple(first)
        self.state = NoiseState()
        self.day = DAY
        self.last: Settled | None = None

    def see(self, *versions: Iterable[str], days: int = 0) -> int:
        """Visit the page in each version, and return the number of accepted differences."""
        accepted = 0
        for version in versions:
            self.day += dt.timedelta(days=days)
            self.last = settle(self.lines, [*version], self.state, self.day)
            self.lines, self.state = self.last.lines, self.last.state
            accepted += self.last.accepted
        return accepted


def with_line(number: int, line: str, page: Sequence[str] = PAGE) -> tuple[str, ...]:
    return (*page[:number], line, *page[number + 1 :])


def test_a_change_is_accepted_when_a_second_visit_finds_it() -> None:
    visits = Visits()
    changed = with_line(2, "Kari Vik, treasurer")
    assert visits.see(PAGE, changed) == 0
    assert visits.last is not None
    assert visits.last.waits
    assert visits.see(changed) == 1
    assert visits.lines == changed


def test_a_change_that_the_next_visit_no_longer_finds_is_never_accepted() -> None:
    visits = Visits()
    assert visits.see(with_line(3, "North berth 0 NOK"), PAGE, PAGE) == 0
    assert visits.lines == PAGE


@pytest.mark.parametrize(
    "versions",
    [
        [f"Visitors: {1_000 + 7 * n:,}" for n in range(40)],
        [f"Loaded at 10:{n:02}:{n * 7 % 60:02}" for n in range(40)],
        [f"Changed {n * 5 % 59 + 1} minutes ago" for n in range(40)],
        [f"Request 8f{n * n:x}a{n:x}" for n in range(40)],
        [("Words of a pilot", "A cook on soup", "Late, as ever")[n * 7 % 5 % 3] for n in range(40)],
    ],
)
def test_a_line_that_changes_from_visit_to_visit_is_noise(versions: list[str]) -> None:
    visits = Visits((*PAGE[:2], versions[0], *PAGE[2:]))
    assert visits.see(*((*PAGE[:2], line, *PAGE[2:]) for line in versions)) == 0


def test_the_date_of_today_is_noise_from_the_first_day() -> None:
    def page(day: dt.date) -> list[str]:
        return [*PAGE, f"Today is {day:%A}, {day.day} {day:%B %Y}"]

    visits = Visits(page(DAY))
    for number in range(1, 9):
        day = DAY + dt.timedelta(days=number)
        assert visits.see(page(day), days=1) == 0
        assert visits.see(page(day), page(day)) == 0


def test_a_date_that_does_not_follow_the_calendar_is_a_change() -> None:
    visits = Visits((*PAGE, "In force since 3 March 2020"))
    assert visits.see(*[(*PAGE, "In force since 9 June 2025")] * 2)
    assert visits.lines[-1] == "In force since 9 June 2025"


def test_items_in_another_order_are_no_change() -> None:
    visits = Visits()
    orders = [(PAGE[0], PAGE[2], PAGE[1], *PAGE[3:]), (PAGE[0], *reversed(PAGE[1:])), PAGE]
    assert visits.see(*orders * 4) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The limit is ≤ 5 tons", "The limit is ≥ 5 tons"),
        ("The level is 5 m", "The level is -5 m"),
        ("The level is 5 m", "The level is \u22125 m"),
        ("Ship allowed: ✓", "Ship allowed: ✗"),
        ("Written in C++ by us", "Written in C by us"),
        ("Rating: ★★★★★", "Rating: ★"),
        ("Pay 1,000 euro", "Pay 1.000 euro"),
        ("Rafts ☑ Boats ☐", "Rafts ☐ Boats ☑"),
    ],
)
def test_a_change_of_signs_with_a_meaning_is_a_change(old: str, new: str) -> None:
    visits = Visits(with_line(3, old))
    assert visits.see(*[with_line(3, new)] * 2)
    assert visits.lines == with_line(3, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The pier, which is long", "The pier which is long."),
        ('The "pier" is long', "The “pier” is long"),
        ("Speed 5\u201310 km", "Speed 5-10 km"),
        ("• More ships", "More ships →"),
    ],
)
def test_a_change_of_punctuation_alone_is_no_change(old: str, new: str) -> None:
    visits = Visits(with_line(3, old))
    assert visits.see(*[with_line(3, new)] * 3) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            ("Small ships", "12 euro", "Large ships", "90 euro"),
            ("Small ships", "90 euro", "Large ships", "12 euro"),
        ),
        (("Smith", "Director", "Jones", "Deputy"), ("Jones", "Director", "Smith", "Deputy")),
        (
            ("Chair:", "Smith", "Deputy:", "Jones", "Clerk:", "Brown"),
            ("Chair:", "Jones", "Deputy:", "Brown", "Clerk:", "Smith"),
        ),
    ],
)
def test_values_that_were_exchanged_are_a_change(
    old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    visits = Visits(("Fees", *old))
    assert visits.see(("Fees", *new), ("Fees", *old)) == 0
    visits = Visits(("Fees", *old))
    assert visits.see(*[("Fees", *new)] * 2) == sum(map(str.__ne__, old, new))
    assert visits.lines == ("Fees", *new)


def test_rows_in_another_order_are_no_change() -> None:
    rows = [("Small ships", "12 euro"), ("Large ships", "90 euro"), ("Rafts", "3 euro")]
    visits = Visits(("Fees", *(cell for row in rows for cell in row)))
    orders = [[rows[at] for at in order] for order in ((1, 0, 2), (2, 1, 0), (1, 2, 0))]
    for order in orders:
        assert visits.see(*[("Fees", *(cell for row in order for cell in row))] * 3) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Ships pay. Boats too", "Ships pay (not rafts). Boats too"),
        ("Ships pay a fee or leave", "Ships pay a fee, or leave"),
        ("Ships pay a fee or leave", "Ships pay a fee, a tax or leave"),
        ("Ships pay (small ones too).", "Ships pay."),
        ("Ships pay.", "Ships pay (now)!"),
        ("Ships pay a fee", "Ships and boats pay a fee"),
    ],
)
def test_inserted_and_removed_words_keep_the_spaces_of_the_page(old: str, new: str) -> None:
    words = "at the pier in the harbour of the town"
    visits = Visits(with_line(3, f"{old} {words}"))
    visits.see(*[with_line(3, f"{new} {words} 2")] * 2)
    assert visits.lines[3].replace(",", "") == f"{new} {words} 2".replace(",", "")


def test_a_change_beside_noise_in_the_same_line_is_accepted() -> None:
    def page(name: str, number: int) -> tuple[str, ...]:
        return with_line(1, f"{name} leads the board, {number} people read this today")

    visits = Visits(page("Ida Moen", 1))
    assert visits.see(*(page("Ida Moen", 3 * n) for n in range(1, 15))) == 0
    assert visits.see(*(page("Kari Moen", 3 * n) for n in range(15, 20))) == 1
    assert visits.lines[1].startswith("Kari Moen leads the board")


def test_a_new_line_among_rotating_lines_is_accepted() -> None:
    def page(number: int, *more: str) -> tuple[str, ...]:
        teasers = [
            f"A tale of ship {number % 7} and its crew",
            f"Fish number {number % 5} was sold",
        ]
        return (*PAGE[:2], *more, *teasers, *PAGE[2:])

    visits = Visits(page(0))
    assert visits.see(*map(page, range(1, 20))) == 0
    assert visits.see(*(page(n, "Siv Lund, harbour master") for n in range(20, 45))) == 1
    assert "Siv Lund, harbour master" in visits.lines


def test_noise_that_holds_still_is_accepted_later() -> None:
    visits = Visits((*PAGE, "Quote 0"))
    assert visits.see(*((*PAGE, f"Quote {n} of a pilot") for n in range(1, 20))) == 0
    assert visits.see(*[(*PAGE, "The quotes have ended")] * 45)
    assert visits.lines[-1] == "The quotes have ended"


def test_a_page_that_changes_wholly_at_every_visit_is_restless() -> None:
    visits = Visits()
    random = ([f"{word} {n * 31 % 97}" for word in ("Eel", "Cod", "Ray")] for n in range(9))
    assert visits.see(*random) == 0
    assert visits.last is not None
    assert visits.last.is_restless
    assert visits.see(*[PAGE] * 3) == 0
    assert not visits.last.is_restless


def test_a_long_page_is_compared_as_a_whole() -> None:
    long = [f"Row {n}" for n in range(6_000)]
    visits = Visits(long)
    assert visits.see([*long, "The last row"], [*long, "The last row"]) == 1
    assert visits.lines[-1] == "The last row"


def test_a_long_page_that_differs_at_every_visit_is_restless() -> None:
    long = [f"Row {n}" for n in range(6_000)]
    visits = Visits(long)
    assert visits.see(*([*long, f"Visitor {n * 31 % 97}"] for n in range(9))) == 0
    assert visits.last is not None
    assert visits.last.is_restless


def test_a_state_of_another_version_is_relearned() -> None:
    visits = Visits()
    visits.see(with_line(1, "Kari Vik, chair"))
    visits.lines = with_line(4, "Pier 2")
    assert visits.see(with_line(4, "Pier 2")) == 0
    assert visits.lines[4] == "Pier 2"
