"""The limit of the CPU time of one page."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from scheduler.children.page_limit import PageLimit, is_safe


@pytest.fixture
def limit() -> Iterator[PageLimit]:
    """A limit of this process, whose signal handlers are restored at the end."""
    handlers = {one: signal.getsignal(one) for one in (signal.SIGPROF, signal.SIGVTALRM)}
    yield PageLimit(1000.0, None, separate=False)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_page_can_be_stopped_except_at_the_edges_of_its_time_limit(limit: PageLimit) -> None:
    """A page that reached its limit at its very end would leave the limit on for all others."""
    found: dict[str, set[bool]] = {}

    def seen(frame: FrameType, event: str, argument: object) -> Any:
        del event, argument
        module = frame.f_globals["__name__"]
        found.setdefault(module, set()).add(is_safe(frame))
        return seen

    def read() -> None:
        return

    before = sys.gettrace()
    sys.settrace(seen)
    with limit("harbour", "http://harbour.example/news/1"):
        read()
    sys.settrace(before)
    assert found[contextlib.__name__] == found["scheduler.children.page_limit"] == {False}
    assert found[__name__] == {True}
