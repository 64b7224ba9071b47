"""Check that backups made during work restore a HOME completely, and that kills lose nothing.

    python benchmarks/backup.py [PART …] [--few]

A part is named by its file in benchmarks/backup_parts; without a name, both parts run. Each part
prints its results. The last line is a JSON object with all results. With --few, each part does only
a small share of its work. The exit code is 1 if anything is lost, duplicated or different.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import backup_parts
from benchmarks.parts import print_line, run_parts

PARTS = ("load", "kills")

WRONG = ("lost", "doubled", "made up", "changed", "missing", "wrong", "differ")
"""How the names of findings end that must be 0."""


def main() -> None:
    """Run the parts that were asked for."""
    found = run_parts(__doc__, backup_parts.__name__, PARTS)
    found["exact"] = not any(value for key, value in found.items() if key.endswith(WRONG))
    print_line(found)
    sys.exit(0 if found["exact"] else 1)


if __name__ == "__main__":
    main()
