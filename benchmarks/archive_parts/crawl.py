"""A crawl with the archive, as a ratio to the same crawl without; the bar is 0.90.

Both visit the sites of benchmarks/crawl.py, in turn, each a new process with a HOME of its own;
attachments are left out, so that both ask for the same. The median of the rounds counts. Two ratios
are told: of elapsed time, from the first answer to the last report, and of CPU time, which other
work on the machine disturbs less and which counts the start of the process too.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.crawl import WITHOUT_ARCHIVE, ours, served, spent

WITH = "[archive]\nattachments = false\n"

BAR = 0.90


def measure(*, few: bool = False) -> dict[str, Any]:
    """The ratios, and the pages a second of the fastest round."""
    pages, rounds = (300, 1) if few else (1200, 5)
    speeds: dict[str, list[float]] = {WITH: [], WITHOUT_ARCHIVE: []}
    used: dict[str, list[float]] = {WITH: [], WITHOUT_ARCHIVE: []}
    with served(pages) as sites:
        for number in range(rounds):
            for settings in (WITHOUT_ARCHIVE, WITH) if number % 2 else (WITH, WITHOUT_ARCHIVE):
                before = spent()
                speeds[settings].append(ours(sites, settings=settings))
                used[settings].append(spent() - before)
    cpu = median(a / b for a, b in zip(used[WITHOUT_ARCHIVE], used[WITH], strict=True))
    elapsed = median(a / b for a, b in zip(speeds[WITH], speeds[WITHOUT_ARCHIVE], strict=True))
    return {
        "pages_per_second": round(max(speeds[WITH])),
        "pages_per_second_without": round(max(speeds[WITHOUT_ARCHIVE])),
        "ratio": round(elapsed, 3),
        "ratio_of_cpu": round(cpu, 3),
        "reached": cpu >= BAR,
    }
