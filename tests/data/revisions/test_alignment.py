"""Alignment of two sequences within a bounded number of steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.revisions.alignment import ComparisonBudget, aligned, matched
from data.revisions.diff import MAX_LINE_STEPS, MAX_WORD_STEPS, compare

sequences = st.lists(st.sampled_from("abcd"), max_size=30)


@given(sequences, sequences, st.integers(0, 60))
def test_blocks_cover_both_sequences_whatever_the_budget(
    old: list[str], new: list[str], steps: int
) -> None:
    blocks = aligned(old, new, steps=steps)
    assert [one for block in blocks for one in old[block.old]] == old
    assert [one for block in blocks for one in new[block.new]] == new
    assert all(old[block.old] == new[block.new] for block in blocks if block.is_same)


@given(sequences, sequences)
def test_within_the_budget_the_alignment_is_that_of_difflib(old: list[str], new: list[str]) -> None:
    budget = ComparisonBudget(10_000)
    expected = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    found = [
        (block.is_same, block.old.start, block.old.stop, block.new.start, block.new.stop)
        for block in matched(old, new, budget)
    ]
    assert found == [(tag == "equal", *places) for tag, *places in expected]
    assert not budget.is_spent


def test_beyond_the_budget_unique_lines_still_align() -> None:
    old = [line for n in range(100) for line in (f"Paragraph {n}", "")]
    new = [line for n in range(100) if n % 5 for line in (f"Paragraph {n}", "")]
    # 100 by 80 blank lines are more pairs than the budget allows.
    blocks = [block for block in aligned(old, new, steps=2_000) if not block.is_same]
    gone = [line for block in blocks for line in old[block.old] if line]
    assert gone == [f"Paragraph {n}" for n in range(0, 100, 5)]


def steps_of(called: Callable[[], Any]) -> int:
    """Count the lines of code that run in difflib to find matches."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code.co_name == "find_longest_match" and "difflib" in frame.f_code.co_filename:
            frame.f_trace_opcodes = False
            count += event == "line"
            return trace
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        called()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["Yes.", "No."] * 300, ["No.", "Yes.", "No."] * 200),
        ([f"Paragraph {n}." for n in range(900)], [f"Paragraph {n}." for n in range(900) if n % 5]),
    ],
)
def test_a_comparison_of_many_paragraphs_takes_a_bounded_number_of_steps(
    old: list[str], new: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.revisions.diff.MAX_LINE_STEPS", MAX_LINE_STEPS // 40)
    monkeypatch.setattr("data.revisions.diff.MAX_WORD_STEPS", MAX_WORD_STEPS // 40)
    steps = steps_of(lambda: compare("body", "\n\n".join(old), "\n\n".join(new)))
    # difflib runs at most eight lines of code per step that the budgets count.
    assert steps < 8 * (2 * MAX_LINE_STEPS + MAX_WORD_STEPS) // 40
