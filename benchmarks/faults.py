"""Check that the project handles each of 60 external faults correctly.

    python -m benchmarks.faults [NUMBER …]

benchmarks/faults_parts describes each fault, the correct result, and the tests that check it.
pytest runs all these tests at once. A fault is handled correctly if all its tests pass. A skipped
test proves nothing, and the reason is printed. The last line is a JSON object: ``faults``, which of
them are ``right``, ``wrong`` and ``unproven`` by their numbers, and the number of ``tests`` that
ran. The exit code is 1 if a fault is not handled correctly.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

from benchmarks.faults_parts.content import CONTENT
from benchmarks.faults_parts.fault import Fault
from benchmarks.faults_parts.machine import MACHINE
from benchmarks.faults_parts.network import NETWORK
from benchmarks.faults_parts.silent import SILENT

ROOT: Final = Path(__file__).parents[1]

FAULTS: Final = (*NETWORK, *CONTENT, *MACHINE, *SILENT)

Outcome = Literal["right", "wrong", "unproven"]


def main() -> None:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    wanted = set(parser.parse_args().numbers) or {one.number for one in FAULTS}
    faults = [one for one in FAULTS if one.number in wanted]
    results = ran(dict.fromkeys(test for one in faults for test in one.tests))
    outcomes = {one.number: outcome(one, results) for one in faults}
    table = Table("fault", "", "what happens", "what is right", "tests")
    for one in faults:
        count = sum(len(results.get(test, [])) for test in one.tests)
        table.add_row(str(one.number), outcomes[one.number], one.what, one.right, str(count))
    Console().print(table)
    for one in faults:
        for test in one.tests:
            if set(results.get(test, ["did not run"])) != {"passed"}:
                print(f"{one.number}: {test}: {', '.join(sorted({*results.get(test, ['no'])}))}")
    by_outcome = {
        name: [number for number, told in outcomes.items() if told == name]
        for name in ("wrong", "unproven")
    }
    right = len(faults) - sum(map(len, by_outcome.values()))
    tests = sum(map(len, results.values()))
    print(json.dumps({"faults": len(faults), "right": right, **by_outcome, "tests": tests}))
    sys.exit(right < len(faults))


def ran(tests: Iterable[str]) -> dict[str, list[str]]:
    """What became of each run of these tests, by the names of their functions."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", ""),
                *("-o", "junit_family=xunit1", f"--junitxml={report}", *tests),
            ],
            cwd=ROOT,
            stdout=sys.stderr,
            check=False,
        )
        cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 - pytest wrote it
        found: dict[str, list[str]] = {}
        for case in cases:
            name = f"{case.get('file')}::{str(case.get('name')).partition('[')[0]}"
            ends = [one.tag for one in case if one.tag in {"failure", "error", "skipped"}]
            found.setdefault(name, []).append(ends[0] if ends else "passed")
    return found


def outcome(fault: Fault, results: Mapping[str, Sequence[str]]) -> Outcome:
    """Whether a fault is right, by what became of its tests."""
    ends = [end for test in fault.tests for end in results.get(test, ["skipped"])]
    if {"failure", "error"} & {*ends}:
        return "wrong"
    return "unproven" if "skipped" in ends else "right"


if __name__ == "__main__":
    main()
