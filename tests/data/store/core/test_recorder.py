"""When a text that ends earlier than the known one becomes an edit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from data.store.core.recorder import UNENDED_WAIT
from data.store.core.store import Store
from tests.drafts import BODY, draft

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize("has_end", [True, False])
def test_a_shortened_text_waits_longer_if_its_page_has_no_end(
    has_end: bool,  # noqa: FBT001 - a parameter of the test
    store: Store,
    noon: dt.datetime,
) -> None:
    whole = draft(digest="whole")
    shown = replace(draft(body_text=BODY[: len(BODY) // 2], digest="cut"), has_end=has_end)
    store.record(whole, seen=noon, since=noon)
    first = noon + MINUTE
    confirming = MINUTE if has_end else UNENDED_WAIT
    for waited in (dt.timedelta(0), MINUTE, UNENDED_WAIT - MINUTE, UNENDED_WAIT):
        at = first + waited
        decision = store.record(shown, seen=at, since=at)
        if waited >= confirming:
            assert decision.kind == "changed"
            break
        assert (decision.kind, bool(decision.doubt)) == ("unchanged", True)
    assert waited == confirming


def test_a_whole_page_replaces_an_earlier_truncated_one(store: Store, noon: dt.datetime) -> None:
    whole = draft(digest="whole")
    shown = replace(draft(body_text=BODY[: len(BODY) // 2], digest="cut"), has_end=False)
    store.record(whole, seen=noon, since=noon)
    store.record(shown, seen=noon + MINUTE, since=noon + MINUTE)
    at = noon + 2 * MINUTE
    assert not store.record(whole, seen=at, since=at).doubt
    at = noon + 2 * UNENDED_WAIT
    assert store.record(shown, seen=at, since=at).doubt
    assert store.record(shown, seen=at + UNENDED_WAIT, since=at + UNENDED_WAIT).kind == "changed"
