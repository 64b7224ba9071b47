"""Two readings of the same pages: what is gained, lost and changed, and what does harm."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from data.models import Content, Media, Published
from data.revisions.extraction_drift import FieldDrift, PagesDrift, TwoReadings, compare_readings
from data.text.words import tokens
from tests.drafts import published

PAGES = 10


def content(number: int, **changes: Any) -> Content:
    """What a page says, each one something else."""
    said = Content(
        title=f"Notice {number}: pier {number * 3} opens",
        published=published(f"2026-03-{number + 1:02}"),
        body_text=(
            f"Pier {number * 3} opens at {number} o'clock after works of {number + 7} weeks.\n\n"
            f"Harbour master Odile Brandt thanked all {number * 11} pilots for their patience."
        ),
    )
    return replace(said, **changes)


def drift(*pairs: tuple[Content | None, Content | None]) -> PagesDrift:
    """What differs between two readings of some pages."""
    pages = [TwoReadings(f"http://harbour.example/{n}", *pair) for n, pair in enumerate(pairs)]
    return compare_readings(pages)


def of_all(**changes: Any) -> FieldDrift:
    """The one field that differs where all pages are read with these values."""
    (field,) = drift(
        *((content(n), content(n, **changes)) for n in range(PAGES)),
    ).fields
    return field


def counts(field: FieldDrift) -> tuple[str, int, int, int, int]:
    """A field with its numbers."""
    return field.field, field.gained, field.lost, field.changed, field.harmed


def test_what_is_read_as_before_is_not_drift() -> None:
    found = drift(*((content(n), content(n)) for n in range(PAGES)))
    assert (found.pages, found.harmed, found.fields) == (PAGES, 0, [])
    assert not found.is_mass_change


def test_a_field_that_is_lost_everywhere_does_harm() -> None:
    assert counts(of_all(body_text="")) == ("body", 0, PAGES, 0, PAGES)
    assert counts(of_all(published=None)) == ("published", 0, PAGES, 0, PAGES)


def test_a_field_that_few_need_does_none() -> None:
    with_section = [(content(n, section="Ports"), content(n)) for n in range(PAGES)]
    assert [counts(one) for one in drift(*with_section).fields] == [("section", 0, PAGES, 0, 0)]


def test_attachments_that_go_do_harm() -> None:
    files = (Media("http://harbour.example/tides.pdf", "application/pdf"),)
    found = drift(*((content(n, attachments=files), content(n)) for n in range(PAGES)))
    assert [counts(one) for one in found.fields] == [("attachments", 0, PAGES, 0, PAGES)]


def test_added_text_does_no_harm() -> None:
    found = drift(*((content(n, body_text=""), content(n)) for n in range(PAGES)))
    assert [counts(one) for one in found.fields] == [("body", PAGES, 0, 0, 0)]


@pytest.mark.parametrize(("harmed", "mass"), [(0, False), (1, False), (2, True), (10, True)])
def test_a_mass_change_harms_a_fifth_of_the_pages_and_two_at_the_least(
    harmed: int,
    mass: bool,  # noqa: FBT001 - what is expected
) -> None:
    found = drift(
        *((content(n), content(n, body_text="") if n < harmed else content(n)) for n in range(10))
    )
    assert (found.harmed, found.is_mass_change) == (harmed, mass)


def test_the_one_page_that_is_known_is_all() -> None:
    assert drift((content(1), content(1, body_text=""))).is_mass_change


def test_another_day_does_harm_and_a_finer_time_does_none() -> None:
    noon = published("2026-03-05")
    hour = Published(dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC), "second", "UTC", "8:00", "test")
    later = replace(hour, at=hour.at + dt.timedelta(hours=1))
    day = content(1, published=noon)
    timed = content(1, published=hour)
    assert drift((day, timed)).harmed == 0
    assert drift((timed, day)).harmed == 0
    assert drift((timed, content(1, published=later))).harmed == 1
    assert drift((day, content(1, published=published("2026-05-03")))).harmed == 1


def test_an_unknown_date_is_none() -> None:
    undated = replace(published("2026-03-05"), precision="none")
    found = drift((content(1, published=undated), content(1, published=None)))
    assert found.fields == []


def test_a_title_that_is_written_otherwise_is_the_same() -> None:
    found = drift((content(1, title="PIER 3 OPENS!"), content(1, title="Pier 3 opens")))
    assert (found.harmed, len(found.fields)) == (0, 1)


def test_a_site_name_that_disappears_from_all_titles_was_not_part_of_them() -> None:
    def named(number: int) -> Content:
        return content(number, title=f"{content(number).title} | Harbour Board")

    cut = [(named(n), content(n)) for n in range(PAGES)]
    assert drift(*cut).harmed == 0
    assert drift(*((after, before) for before, after in cut)).harmed == PAGES
    assert drift(cut[0]).harmed == 1


def test_a_line_that_disappears_from_all_texts_was_not_part_of_them() -> None:
    junk = "Subscribe to the tide tables of the Harbour Board of Lindmouth today, it costs nothing."

    def with_junk(number: int) -> Content:
        return content(number, body_text=f"{content(number).body_text}\n\n{junk}")

    cut = [(with_junk(n), content(n)) for n in range(PAGES)]
    assert drift(*cut).harmed == 0
    added = drift(*((after, before) for before, after in cut))
    assert [counts(one) for one in added.fields] == [("body", 0, 0, PAGES, PAGES)]
    assert added.fields[0].examples[0].after == junk


def test_a_text_that_becomes_longer_by_its_own_words_gains() -> None:
    def short(number: int) -> Content:
        return content(number, body_text=content(number).body_text.split("\n\n", maxsplit=1)[0])

    longer = [(short(n), content(n)) for n in range(PAGES)]
    assert drift(*longer).harmed == 0
    assert drift(*((after, before) for before, after in longer)).harmed == PAGES


def test_a_page_that_is_not_a_release_any_more_does_harm() -> None:
    found = drift((content(1), None), (content(2), None), (None, content(3)), (None, None))
    assert (found.pages, found.harmed) == (3, 2)
    assert [counts(one) for one in found.fields] == [("release", 1, 2, 0, 2)]


def test_a_constant_difference_to_the_feeds_does_no_harm() -> None:
    pages = [
        TwoReadings(
            f"http://harbour.example/{n}", content(n, title="Search"), content(n), content(n)
        )
        for n in range(PAGES)
    ]
    found = compare_readings(pages)
    assert [counts(one) for one in found.fields] == [("title", 0, 0, PAGES, 0)]


def test_equal_lines_of_a_text_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def count(text: str) -> list[str]:
        read.append(text)
        return tokens(text)

    monkeypatch.setattr("data.revisions.extraction_drift.tokens", count)
    old, new = ("\n".join([word, "", "It is closed."] * 1000) for word in ("Yes.", "No."))
    assert drift((content(1, body_text=old), content(1, body_text=new))).harmed
    assert len(read) < 30
