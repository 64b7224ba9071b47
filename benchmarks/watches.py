"""What watches cost, and whether what they tell arrives; parts are in benchmarks/watches_parts.

    python benchmarks/watches.py [PART …] [--few]

Parts are named by their files; without a name all are run. Each prints its findings, and the last
line is all of them as one object of JSON. With --few each does a small share of its work. It ends
with exit code 1 where a delivery was lost, or sent again after its receipt, which is no question of
speed.
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
