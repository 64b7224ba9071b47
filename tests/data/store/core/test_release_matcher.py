"""Which stored texts are worth comparing with a new one, by the marks that they share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pytest

from data.store.core.release_matcher import SimilarTexts, bands_of
from data.store.core.store import Store
from data.store.shared_sql.recording import Tables
from data.stories.copies import SLOT_SECONDS
from data.text.similarity import TextSignature

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
BANDS, ANCHORS = range(100, 106), range(200, 210)


def marked(bands: Iterable[int], anchors: Iterable[int]) -> TextSignature:
    """A text of which only the marks are known."""
    text = TextSignature(np.empty(0, np.uint64))
    text.bands, text.anchors = list(bands), list(anchors)
    return text


@pytest.fixture
def tables(store: Store) -> Tables:
    """The tables of an empty store."""
    return store._tables()  # noqa: SLF001 - of these, stores show none


def enter(tables: Tables, number: int, text: TextSignature, at: dt.datetime = NOON) -> None:
    with tables._writing():  # noqa: SLF001 - as the store does
        tables.add_bands(number, bands_of(text, at), len(text.anchors))
        tables.write()


def test_releases_with_shared_bands_are_ranked_before_those_with_shared_anchors_only(
    tables: Tables,
) -> None:
    enter(tables, 1, marked(range(5), ANCHORS))
    enter(tables, 2, marked([100, 1, 2, 3, 4, 5], range(20)))
    enter(tables, 3, marked(BANDS, range(20)))
    found = SimilarTexts(tables).find(marked(BANDS, ANCHORS), NOON)
    assert found.nearest == (3, 2, 1)


def test_texts_that_share_a_passage_are_not_compared(tables: Tables) -> None:
    """Of ten anchors six are as many as a text has that stands within the other, and five few."""
    enter(tables, 1, marked(range(6), range(200, 205)))
    enter(tables, 2, marked(range(6), [*range(200, 206), *range(4)]))
    enter(tables, 3, marked(range(6), [*range(200, 205), *range(5)]))
    # A band alone is enough, whatever else they have in common.
    enter(tables, 4, marked([105], range(9)))
    assert SimilarTexts(tables).find(marked(BANDS, ANCHORS), NOON).nearest == (4, 2, 1)


def test_a_copy_is_looked_for_in_the_weeks_around_its_day_alone(tables: Tables) -> None:
    enter(tables, 1, marked(BANDS, ANCHORS), NOON - dt.timedelta(days=30))
    enter(tables, 2, marked(BANDS, ANCHORS), NOON - dt.timedelta(seconds=2 * SLOT_SECONDS))
    assert SimilarTexts(tables).find(marked(BANDS, ANCHORS), NOON).nearest == (1,)
    assert SimilarTexts(tables).find(marked([], []), NOON).nearest == ()
