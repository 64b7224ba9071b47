"""Measure deposits at web archives, and the comparison with other instances.

    python -m benchmarks.deposit [--few]

1. Versions are deposited at a loopback archive with the API of Save Page Now. It loses answers,
   answers 429 and 500, and is sometimes down. The process that deposits is killed 50 times with
   SIGKILL. The archive counts its captures.
2. Two instances of Communique serve copies of a store with 1,000 releases. One of them altered 100
   releases. `communique mirror corroborate` compares all releases.
3. Three instances collect 100 pages with counters, dates, random words and rotating teasers, at
   different times. The command must accuse nobody.

The last line is JSON. The exit code is 1 if a figure is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.deposit_parts.outbox import measure_outbox
from benchmarks.deposit_parts.voices import measure_forgeries, measure_noise

MAX_TWICE = 0.01
"""Maximum share of versions that are deposited twice."""


def main() -> int:
    """Measure, and print the figures. Returns 1 if a figure is missed."""
    few = "--few" in sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="deposit-") as name:
        folder = Path(name)
        outbox = measure_outbox(folder / "outbox", 60 if few else 300, 8 if few else 50)
        print("deposits:", outbox)
        forged = measure_forgeries(folder / "forged", 100 if few else 1000, 10 if few else 100)
        print("forgeries:", forged)
        noise = measure_noise(folder / "noise", 10 if few else 100)
        print("noise:", noise)
    good = (
        outbox["lost"] == 0
        and outbox["receipts"] == outbox["versions"]
        and outbox["twice"] <= MAX_TWICE * outbox["versions"]
        and forged["named"] == forged["altered"]
        and not forged["false"]
        and not noise["accused"]
        and not noise["contradicted"]
        and noise["compared"] >= noise["pages"]
    )
    print(json.dumps({"deposits": outbox, "forgeries": forged, "noise": noise, "good": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
