"""A crawl with the archive, as a ratio to the same crawl without it; the requirement is 0.90.

The crawls visit the sites of benchmarks/crawl.py, each in a new process with its own HOME.
Attachments and requisites are not requested, so both crawls send the same requests. Each round
makes one crawl with the archive and one without, immediately after each other and in alternating
order, and gives one ratio. A third crawl also archives the requisites of pages, which gives another
ratio, without a requirement. The medians of the ratios are reported, and their quartiles. If the
quartiles are far apart, the machine was busy and the ratio means little. Ratios are given for
elapsed time and for CPU time, both from the first response to the last report. Other work on the
machine affects CPU time less, so the requirement is checked with CPU time.
"""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any

from benchmarks.crawl import WITHOUT_ARCHIVE, Spent, ours, served

REQUISITES = "[archive]\nattachments = false\n"
WITH = f'{REQUISITES}requisites = "none"\n'

BAR = 0.90


def measure(*, few: bool = False) -> dict[str, Any]:
    """The ratios, and microseconds of a page in the median round."""
    pages, rounds = (300, 2) if few else (1200, 9)
    made: list[dict[str, Spent]] = []
    with served(pages) as sites:
        for number in range(rounds):
            order = (WITHOUT_ARCHIVE, WITH, REQUISITES)[:: 1 if number % 2 else -1]
            made.append({settings: ours(sites, settings=settings) for settings in order})
    found: dict[str, Any] = {}
    for kind in ("elapsed", "cpu"):
        with_, without, requisites = (
            [getattr(one[key], kind) for one in made] for key in (WITH, WITHOUT_ARCHIVE, REQUISITES)
        )
        ratios = [b / a for a, b in zip(with_, without, strict=True)]
        low, middle, high = quantiles(ratios, n=4)
        found |= {
            f"{kind}, microseconds a page": round(median(with_) * 1e6),
            f"{kind}, microseconds without": round(median(without) * 1e6),
            f"{kind}, ratio": round(middle, 3),
            f"{kind}, quartiles": f"{low:.3f} to {high:.3f}",
            f"{kind}, ratio with requisites": round(
                median(b / a for a, b in zip(requisites, without, strict=True)), 3
            ),
        }
    return found | {"reached": found["cpu, ratio"] >= BAR}
