"""Which stored release a page at a new address is: the day and the text must agree."""

from __future__ import annotations

import datetime as dt

import pytest

from data.identity.decision import first_release
from data.identity.matching import DraftSignature, MatchCandidate, moved_release
from data.models import Draft, Published
from tests.drafts import BODY, draft, published

SEEN = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
OTHER = BODY.replace("three older towers", "three much older towers")


def is_same(known: Draft, new: Draft, *, gone: bool = False) -> bool:
    """Whether a draft at a new address is a release that an earlier visit recorded."""
    release = first_release(known, SEEN)
    candidate = MatchCandidate(release, gone, DraftSignature(known).fingerprint)
    later = SEEN + dt.timedelta(days=1)
    return moved_release(new, DraftSignature(new), [candidate], later) is not None


@pytest.mark.parametrize("body", [BODY, OTHER])
@pytest.mark.parametrize("gone", [False, True])
def test_the_same_title_on_another_day_is_another_release(body: str, *, gone: bool) -> None:
    known = draft("http://harbour.example/2025/report", published=published("2025-03-02"))
    new = draft("http://harbour.example/2026/report", body_text=body)
    assert not is_same(known, new, gone=gone)


@pytest.mark.parametrize("body", [BODY, OTHER])
def test_a_moved_page_of_the_same_day_is_the_same_release(body: str) -> None:
    new = draft("http://harbour.example/portal/1", body_text=body)
    assert is_same(draft("http://harbour.example/news/1"), new)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        # Of a release without a date, the addresses may name the year.
        ("http://harbour.example/2025/report", "http://harbour.example/2026/report", False),
        ("http://harbour.example/2025/03/02/r", "http://harbour.example/news/20260302_1", False),
        ("http://harbour.example/2025/report", "http://harbour.example/print/2025/report", True),
        ("http://harbour.example/2025/report", "http://harbour.example/print/report", True),
        ("http://harbour.example/report", "http://harbour.example/print/report", True),
    ],
)
@pytest.mark.parametrize("body", [BODY, OTHER])
@pytest.mark.parametrize(("before", "after"), [(None, None), (published("2025-03-02"), None)])
def test_releases_without_a_date_whose_addresses_name_other_years_are_two(
    left: str,
    right: str,
    body: str,
    before: Published | None,
    after: Published | None,
    *,
    same: bool,
) -> None:
    if body != BODY and before != after:
        same = False
    known = draft(left, published=before)
    new = draft(right, published=after, body_text=body)
    assert is_same(known, new) is same
    # A page that is gone from its address may have moved to any.
    assert is_same(known, new, gone=True) is (body == BODY or before == after)
