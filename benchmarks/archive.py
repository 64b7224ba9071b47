"""What the archive costs and what it withstands; one part a file in benchmarks/archive_parts.

    python benchmarks/archive.py [PART …] [--few]

Parts are named by their files; without a name all are run. Each prints its findings, and the last
line is all of them as one object of JSON. With --few each does a small share of its work.
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
