"""Dates that readers see are searched for in a bounded number of lines."""

from __future__ import annotations

import pytest
from lxml import html

from data.dates.context import DateContext
from spiders.body.text_blocks import segment
from spiders.release.date import places
from spiders.release.date.places import DatePlace
from spiders.release.date.visible_dates import visible_dates

READING = DateContext("UTC")


@pytest.mark.parametrize("count", [4, 10, 11, 12, 40])
def test_dates_in_the_midst_of_a_long_body_are_not_read(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_INNER_BLOCKS", 5)
    days = [f"{place % 28 + 1} March {2000 + place // 28}" for place in range(count + 9)]
    seen = segment(html.document_fromstring("".join(f"<p>{day}</p>" for day in days)))
    place = DatePlace(1, 2, 2 + count)
    found = [date.raw for _, date in visible_dates(seen, place, READING)]
    top, bottom = days[: 2 + min(count, 5)], days[2 + count - 5 : 2 + count + 6]
    assert found == list(dict.fromkeys([*top, *bottom]))
