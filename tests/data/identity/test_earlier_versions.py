"""Captures from web archives become earlier versions only if readers see a difference."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.identity.matching import DatedContent, earlier_versions
from data.models import Capture, Content

DAY = dt.datetime(2018, 1, 1, tzinfo=dt.UTC)


def content(text: str) -> Content:
    return Content("Pier opens", None, body_text=text)


def known(day: int, text: str) -> DatedContent:
    return DatedContent(DAY + dt.timedelta(days=day), content(text))


def captured(day: int, text: str) -> DatedContent:
    at = DAY + dt.timedelta(days=day)
    return DatedContent(at, content(text), Capture("urn:uuid:a", "a", 0, 1, "sha256:a", 1, at))


def days_of(found: list[DatedContent]) -> list[int]:
    return [(one.at - DAY).days for one in found]


def test_only_the_first_capture_of_each_text_is_a_version() -> None:
    found = [captured(day, text) for day, text in ((4, "two"), (2, "one"), (3, "one"), (5, "two"))]
    assert days_of(earlier_versions([known(9, "three")], found)) == [2, 4]


def test_a_capture_with_the_text_of_the_next_known_version_is_omitted() -> None:
    assert earlier_versions([known(9, "one")], [captured(2, "one"), captured(3, "one ")]) == []


def test_a_text_that_came_back_is_a_version_each_time() -> None:
    found = [captured(1, "one"), captured(2, "two")]
    assert days_of(earlier_versions([known(9, "one")], found)) == [1, 2]


def test_a_version_between_two_known_ones_is_found() -> None:
    versions = [known(1, "one"), known(9, "three")]
    assert days_of(earlier_versions(versions, [captured(5, "two")])) == [5]


def test_stored_captures_are_not_added_again() -> None:
    versions = [known(2, "one"), known(9, "three")]
    found = [captured(2, "one"), captured(4, "one"), captured(1, "")]
    assert earlier_versions(versions, found) == []


def test_two_captures_of_one_second_are_one_version() -> None:
    found = [captured(1, "one"), captured(1, "two")]
    later = replace(found[1], at=found[1].at + dt.timedelta(milliseconds=300))
    (version,) = earlier_versions([known(9, "three")], [found[0], later])
    assert version.content == content("one")
    assert earlier_versions([known(1, "one"), known(9, "three")], [later]) == []
