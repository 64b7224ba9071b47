"""Measure how many small mistakes in our code the tests find.

Each mutant is one changed comparison, constant or branch in one module, in a copy of the project.
It is checked with the tests of the folder that mirrors the module's folder (`tests/spiders/listing`
for `spiders/listing/paging/pagination.py`), or of the whole package if there is no such folder. The
choice is seeded: the mutants are the same each time, as long as the modules do not change.

    python benchmarks/mutants.py [--count 40] [--seed 12] [--only N ...]
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("data", "feeds", "scheduler", "spiders")
LIMIT = 600
"""Seconds after which tests that do not end count as failed: some mutants loop for ever."""

LARGEST = 20
"""A larger number is mostly a bound, and one more or less of it nobody's business."""

OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


class Mutant(NamedTuple):
    """A change to the node of a module that ``ast.walk`` comes to as number ``node``."""

    path: Path
    node: int
    line: int
    change: str

    @property
    def code(self) -> str:
        """The module with the change."""
        tree = ast.parse((ROOT / self.path).read_text("utf-8"))
        for number, node in enumerate(ast.walk(tree)):
            if number == self.node:
                changed(node)
        return ast.unparse(tree)

    @property
    def tests(self) -> Path:
        """The folder of tests that judge it."""
        folder = Path("tests", *self.path.parent.parts[:2])
        while not any((ROOT / folder).rglob("test_*.py")):
            folder = folder.parent
        return folder


def changed(node: ast.AST) -> str:
    """Change a node in its place, and say how; empty where it can't be."""
    said = ""
    match node:
        case ast.Compare(ops=[operator, *_]):
            other = OPPOSITE[type(operator)]
            node.ops[0] = other()
            said = f"{type(operator).__name__} to {other.__name__}"
        case ast.Constant(value=bool() as value):
            node.value = not value
            said = f"{value} to {not value}"
        case ast.Constant(value=int() as value) if abs(value) <= LARGEST:
            node.value = value + 1
            said = f"{value} to {value + 1}"
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Compare):
            node.test = ast.UnaryOp(ast.Not(), test)
            said = "branch negated"
        case ast.BoolOp(op=operator):
            node.op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            said = f"{type(operator).__name__} to {type(node.op).__name__}"
    return said


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of the functions of a module."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    within = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    }
    for number, node in enumerate(ast.walk(tree)):
        if node in within and (change := changed(node)):
            yield Mutant(path, number, getattr(node, "lineno", 0), change)


def chosen(count: int, seed: int) -> list[Mutant]:
    """So many mutants, of all rooms alike."""
    source = random.Random(seed)  # noqa: S311 - chance that repeats
    found: list[Mutant] = []
    for number in range(count):
        modules = sorted((ROOT / ROOMS[number % len(ROOMS)]).rglob("*.py"))
        every = [one for path in modules for one in mutants_of(path.relative_to(ROOT))]
        found.append(source.choice(every))
    return found


def fails(copy: Path, tests: Path) -> bool:
    """Whether tests fail in a copy of the project."""
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, str(tests)],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> None:
    """Judge the mutants one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of mutants")
    given = parser.parse_args()
    mutants = chosen(given.count, given.seed)
    survived, judged = [], 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        if (ROOT.parent / "shared").is_dir():
            (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        for number, mutant in enumerate(mutants):
            if given.only and number not in given.only:
                continue
            place = copy / mutant.path
            kept = place.read_bytes()
            place.write_text(mutant.code, "utf-8")
            caught = fails(copy, mutant.tests)
            place.write_bytes(kept)
            judged += 1
            said = f"{mutant.path}:{mutant.line} {mutant.change}"
            if not caught:
                survived.append(said)
            print(f"{number:2} {'caught' if caught else 'SURVIVED'} {said}", flush=True)
    print(f"{judged - len(survived)} of {judged} caught")
    print(json.dumps({"mutants": judged, "caught": judged - len(survived), "survived": survived}))


if __name__ == "__main__":
    main()
