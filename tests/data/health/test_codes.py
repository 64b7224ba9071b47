"""The codes of health are a closed list, and the documentation lists all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from data.health.codes import CODES, State
from data.health.run_errors import BAD_ANSWER, KINDS, FixedErrorKind, code_of

DOCS = Path(__file__).parents[3] / "docs" / "health.md"
KINDS_PAGE = DOCS.parent / "reference" / "codes.md"
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", re.MULTILINE)


def test_the_documentation_lists_each_code_with_its_state() -> None:
    _, _, table = DOCS.read_text("utf-8").partition("## Codes\n")
    listed = ROW.findall(table.partition("\n## ")[0])
    assert listed == [(code, one.state) for code, one in CODES.items()]


def test_the_documentation_lists_the_faults_with_which_a_source_may_work() -> None:
    _, _, section = DOCS.read_text("utf-8").partition("## Faults of working sources\n")
    listed = re.findall(r"^- `([^`]+)`", section.partition("\n## ")[0], re.MULTILINE)
    assert listed == [code for code, one in CODES.items() if one.may_degrade]


def test_every_state_has_a_code_and_every_code_a_state() -> None:
    assert {one.state for one in CODES.values()} == set(get_args(State))


@pytest.mark.parametrize("kind", [*KINDS, "http:503", "http:418", "size", "never heard of"])
def test_every_kind_of_error_has_a_code_of_the_list(kind: str) -> None:
    assert code_of(kind) in CODES


def test_every_kind_of_error_has_a_chosen_code_and_is_documented() -> None:
    fixed = set(get_args(FixedErrorKind))
    assert fixed <= set(KINDS)
    _, _, section = KINDS_PAGE.read_text("utf-8").partition("## Kinds of run errors\n")
    assert fixed <= set(re.findall(r"`([^`]+)`", section.partition("\n## ")[0]))


def test_kinds_that_differ_by_their_status_share_a_code() -> None:
    assert code_of("http:500") == code_of("http:522") == "site.server_error"
    assert code_of("http:418") == code_of("size") == BAD_ANSWER
