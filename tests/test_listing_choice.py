"""Which list of a page is its list of releases, and at what cost."""

from __future__ import annotations

import datetime as dt

import pytest

from data.reading import Reading
from spiders.dated_marks import date_marks
from spiders.listing_choice import Candidates
from spiders.listing_witnesses import Page as Known
from spiders.outline import outline
from spiders.page import Page
from tests.listing_markup import SYSTEMS, posts, render_listing

READING = Reading("Europe/Dublin", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_block_is_worth_more_than_it_promised_before_its_items_were_read(system: str) -> None:
    read = 0
    for dated in (True, False):
        url, text = render_listing(system, posts(), "everything", dated=dated)
        flat = outline(Page(url, text.encode(), "text/html"))
        candidates = Candidates(flat, date_marks(flat, url, READING), Known(url))
        for candidate in candidates.found:
            choice = candidates.choice(candidate)
            assert choice is None or choice.score <= candidate.most + 1e-9
            read += choice is not None
    assert read
