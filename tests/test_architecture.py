"""docs/architecture.md names modules and functions that are there, and answers what it promises."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLACE = re.compile(r"[\w.-]+(?:/[\w.-]*)+(?::[\w.]+)?")
"""A path from the root of the project, and behind a colon a function or class of that module."""

PLACES = sorted({span for span in re.findall(r"`([^`\n]+)`", TEXT) if PLACE.fullmatch(span)})
ROOMS = sorted(
    path.parent.relative_to(ROOT)
    for room in ("data", "feeds", "scheduler", "spiders")
    for path in (ROOT / room).rglob("__init__.py")
)


FOR_USERS = {"tutorials", "how-to", "reference"}
"""Folders of documents that name addresses of a site and files of a HOME, and no code."""

DOCS = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name not in FOR_USERS)
PATH = re.compile(r"\b(?:benchmarks|data|deploy|docs|feeds|scheduler|spiders|tests)/[\w./-]*\w")


def section(title: str) -> str:
    """The text below a heading."""
    return re.split(r"^## ", TEXT.partition(f"\n## {title}")[2], maxsplit=1, flags=re.MULTILINE)[0]


def walk(title: str) -> list[str]:
    """The places that the steps of a walk name, one a step."""
    steps = re.findall(r"^\d+\. .+$", section(title), re.MULTILINE)
    named = [[one for one in re.findall(r"`([^`\n]+)`", step) if ":" in one] for step in steps]
    assert [len(one) for one in named] == [1] * len(named), "a step names one function"
    return [one for (one,) in named]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_named_is_there(place: str) -> None:
    path, _, name = place.partition(":")
    assert (ROOT / path).exists()
    scope: list[ast.stmt] = ast.parse((ROOT / path).read_text("utf-8")).body if name else []
    for part in filter(None, name.split(".")):
        found = [
            node
            for node in scope
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.name == part
        ]
        assert found, f"{path} has no {name}"
        scope = found[0].body


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.stem)
def test_what_other_documents_name_is_there(document: Path) -> None:
    named = set(PATH.findall(re.sub(r"https?://\S+", "", document.read_text("utf-8"))))
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_a_response_comes_to_the_store_in_twelve_steps_and_from_there_to_a_file_in_six() -> None:
    assert 6 <= len(walk("From a response to a stored release")) <= 12
    assert 3 <= len(walk("From the store to a file")) <= 6


def test_the_questions_have_one_answer_each() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section("Where do I change"), re.MULTILINE)[1:]
    answers = [answer for question, answer in rows if not question.startswith("--")]
    assert len(answers) >= 25
    for answer in answers:
        assert PLACE.fullmatch(answer.strip("`")), answer


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_every_folder_of_code_stands_in_the_picture(room: Path) -> None:
    picture = TEXT.partition("```")[2].partition("```")[0]
    assert re.search(rf"\b{room.name}\b", picture), f"{room} is not in the picture"
