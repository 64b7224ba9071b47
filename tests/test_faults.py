"""The table of faults names tests that there are, for each of the faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.faults import FAULTS, outcome
from benchmarks.faults_parts.fault import Fault

ROOT = Path(__file__).parents[1]


def test_there_are_60_faults_each_by_its_number() -> None:
    assert [one.number for one in FAULTS] == [*range(1, 61)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: str(one.number))
def test_each_test_of_a_fault_is_there(fault: Fault) -> None:
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"there is no {test}"


def test_a_fault_counts_as_handled_only_if_all_its_tests_ran_and_passed() -> None:
    fault = Fault(1, "", "", ("a", "b"))
    assert outcome(fault, {"a": ["passed"], "b": ["passed", "passed"]}) == "right"
    assert outcome(fault, {"a": ["passed"], "b": ["passed", "failure"]}) == "wrong"
    assert outcome(fault, {"a": ["passed"], "b": ["passed", "skipped"]}) == "unproven"
    assert outcome(fault, {"a": ["passed"]}) == "unproven"
