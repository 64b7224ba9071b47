"""What watches cost, and whether what they tell arrives; parts are in benchmarks/watches_parts.

    python benchmarks/watches.py [PART …] [--few]

Parts are named by their files; without a name all are run. Each prints its findings, and the last
line is all of them as one object of JSON. With --few each does a small share of its work. It ends
with exit code 1 where a delivery was lost, or sent again after its receipt, which is no question of
speed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from benchmarks import watches_parts

PARTS = ("matching", "faults", "delay")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    parser.add_argument("--few", action="store_true")
    options = parser.parse_args()
    found: dict[str, object] = {}
    for name in options.parts or PARTS:
        part = importlib.import_module(f"{watches_parts.__name__}.{name}")
        title, _, _ = str(part.__doc__).partition("\n")
        print(f"{name}: {title}", flush=True)
        for key, value in part.measure(few=options.few).items():
            print(f"  {key}: {value}", flush=True)
            found[f"{name}.{key}"] = value
    print(json.dumps(found))
    sys.exit(0 if found.get("faults.reached", True) else 1)


if __name__ == "__main__":
    main()
