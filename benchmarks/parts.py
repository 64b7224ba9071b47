"""A benchmark of several parts, each a module of one package with a function ``measure(few=…)``."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Sequence


def run_parts(description: str | None, package: str, names: Sequence[str]) -> dict[str, object]:
    """Run the parts that the command line names, or all, and print what they find, by part.

    Each measures a small share with ``--few``.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("parts", nargs="*", choices=[[], *names])
    parser.add_argument("--few", action="store_true")
    options = parser.parse_args()
    found: dict[str, object] = {}
    for name in options.parts or names:
        part = importlib.import_module(f"{package}.{name}")
        title, _, _ = str(part.__doc__).partition("\n")
        print(f"{name}: {title}", flush=True)
        for key, value in part.measure(few=options.few).items():
            shown = f"{value:,.3g}" if isinstance(value, float) else f"{value}"
            print(f"  {key}: {shown}", flush=True)
            found[f"{name}.{key}"] = value
    return found


def print_line(found: dict[str, object]) -> None:
    """Print all that was found as the last line, an object of JSON."""
    print(json.dumps(found))
