"""What the archive costs and what it withstands; one part a file in benchmarks/archive_parts.

    python benchmarks/archive.py [PART …] [--few]

Parts are named by their files; without a name all are run. Each prints its findings, and the last
line is all of them as one object of JSON. With --few each does a small share of its work.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil

from benchmarks import archive_parts


def main() -> None:
    """Run the parts that were asked for."""
    names = sorted(module.name for module in pkgutil.iter_modules(archive_parts.__path__))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *names])
    parser.add_argument("--few", action="store_true")
    options = parser.parse_args()
    found: dict[str, object] = {}
    for name in options.parts or names:
        part = importlib.import_module(f"{archive_parts.__name__}.{name}")
        title, _, _ = str(part.__doc__).partition("\n")
        print(f"{name}: {title}", flush=True)
        for key, value in part.measure(few=options.few).items():
            shown = f"{value:,.3g}" if isinstance(value, float) else f"{value}"
            print(f"  {key}: {shown}", flush=True)
            found[f"{name}.{key}"] = value
    print(json.dumps(found))


if __name__ == "__main__":
    main()
