"""Measure the cost and the robustness of the archive. The parts are in benchmarks/archive_parts.

    python benchmarks/archive.py [PART …] [--few]

A part is named by its file; without a name, all parts run. Each part prints its results. The last
line is a JSON object with all results. With --few, each part does only a small share of its work.
"""

from __future__ import annotations

import pkgutil

from benchmarks import archive_parts
from benchmarks.parts import print_line, run_parts


def main() -> None:
    """Run the parts that were asked for."""
    names = sorted(module.name for module in pkgutil.iter_modules(archive_parts.__path__))
    print_line(run_parts(__doc__, archive_parts.__name__, names))


if __name__ == "__main__":
    main()
