"""A crawl with the archive, as a ratio to the same crawl without; the bar is 0.90.

Both visit the sites of benchmarks/crawl.py, each a new process with a HOME of its own; attachments
are left out, so that both ask for the same. Each round makes one crawl with and one without, one
right after the other and in another order each time, and gives one ratio. Their median is told, and
the quartiles, between which half of the rounds are: where these lie far apart, the machine was busy
and the ratio says little. So it is by elapsed time and by CPU time, each from the first answer to
the last report; other work on the machine disturbs the second less, and by that the bar is judged.
"""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any

from benchmarks.crawl import WITHOUT_ARCHIVE, Spent, ours, served

WITH = "[archive]\nattachments = false\n"

BAR = 0.90


def measure(*, few: bool = False) -> dict[str, Any]:
    """The ratios, and microseconds of a page in the median round."""
    pages, rounds = (300, 2) if few else (1200, 9)
    made: list[dict[str, Spent]] = []
    with served(pages) as sites:
        for number in range(rounds):
            order = (WITHOUT_ARCHIVE, WITH) if number % 2 else (WITH, WITHOUT_ARCHIVE)
            made.append({settings: ours(sites, settings=settings) for settings in order})
    found: dict[str, Any] = {}
    for kind in ("elapsed", "cpu"):
        with_, without = (
            [getattr(one[key], kind) for one in made] for key in (WITH, WITHOUT_ARCHIVE)
        )
        ratios = [b / a for a, b in zip(with_, without, strict=True)]
        low, middle, high = quantiles(ratios, n=4)
        found |= {
            f"{kind}, microseconds a page": round(median(with_) * 1e6),
            f"{kind}, microseconds without": round(median(without) * 1e6),
            f"{kind}, ratio": round(middle, 3),
            f"{kind}, quartiles": f"{low:.3f} to {high:.3f}",
        }
    return found | {"reached": found["cpu, ratio"] >= BAR}
