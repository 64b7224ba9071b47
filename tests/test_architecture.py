"""docs/architecture.md names existing modules and functions, and lists every folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLACE = re.compile(r"[\w.-]+(?:/[\w.-]*)+(?::[\w.]+)?")
"""A path from the root of the project, with a function or class of that module after a colon."""

FOR_USERS = {"tutorials", "how-to", "reference"}
"""Folders of documents that name addresses of a site and files of a HOME, and no code."""

PATH = re.compile(r"\b(?:benchmarks|data|deploy|docs|feeds|scheduler|spiders|tests)/[\w./-]*\w")


def section(title: str) -> str:
    """The text below a heading."""
    return re.split(r"^## ", TEXT.partition(f"\n## {title}")[2], maxsplit=1, flags=re.MULTILINE)[0]


def place_exists(place: str) -> bool:
    """Whether a path exists, and defines the function or class after its colon."""
    path, _, name = place.partition(":")
    if not (ROOT / path).exists():
        return False
    scope: list[ast.stmt] = ast.parse((ROOT / path).read_text("utf-8")).body if name else []
    for part in filter(None, name.split(".")):
        found = [
            node
            for node in scope
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and node.name == part
        ]
        if not found:
            return False
        scope = found[0].body
    return True


def test_each_place_that_the_page_names_exists() -> None:
    places = {span for span in re.findall(r"`([^`\n]+)`", TEXT) if PLACE.fullmatch(span)}
    assert len(places) > 100
    assert [place for place in sorted(places) if not place_exists(place)] == []


def test_each_path_that_another_document_names_exists() -> None:
    missing = []
    for document in (ROOT / "docs").rglob("*.md"):
        if document.parent.name not in FOR_USERS:
            text = re.sub(r"https?://\S+", "", document.read_text("utf-8"))
            paths = {path for path in PATH.findall(text) if not (ROOT / path).exists()}
            missing += [f"{document.name}: {path}" for path in paths]
    assert missing == []


def test_each_step_of_a_walk_names_a_function_or_class() -> None:
    walks = re.findall(r"^## (From .+)$", TEXT, re.MULTILINE)
    assert len(walks) > 3
    for title in walks:
        steps = re.findall(r"^\d+\. (.+(?:\n +.+)*)", section(title), re.MULTILINE)
        assert len(steps) > 3
        assert [step for step in steps if not re.search(r"`[\w/]+\.py:\w", step)] == []


def test_the_page_lists_every_folder_of_code() -> None:
    rows = re.findall(r"^\| `([\w/]+)` \|", section("Folders"), re.MULTILINE)
    folders = [
        str(module.parent.relative_to(ROOT))
        for package in ("data", "feeds", "scheduler", "spiders")
        for module in (ROOT / package).rglob("__init__.py")
    ]
    assert sorted(rows) == sorted(folders)
