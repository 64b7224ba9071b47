"""Measure the cost of watches, and check that their alerts arrive.

    python benchmarks/watches.py [PART …] [--few]

A part is named by its file in benchmarks/watches_parts; without a name, all parts run. Each part
prints its results. The last line is a JSON object with all results. With --few, each part does only
a small share of its work. The exit code is 1 if a delivery was lost, or sent again after its
receipt, whatever the speed.
"""

from __future__ import annotations

import sys

from benchmarks import watches_parts
from benchmarks.parts import print_line, run_parts

PARTS = ("matching", "faults", "delay")


def main() -> None:
    """Run the parts that were asked for."""
    found = run_parts(__doc__, watches_parts.__name__, PARTS)
    print_line(found)
    sys.exit(0 if found.get("faults.reached", True) else 1)


if __name__ == "__main__":
    main()
