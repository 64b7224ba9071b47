"""A crawl with the archive as a ratio to the same crawl without, in one run.

    python -m benchmarks.archive_crawl [--pages N] [--rounds N]

Both visit the sites of benchmarks/crawl.py, in turn, each a new process with a HOME of its own;
attachments are left out, so that both ask for the same. Of the rounds the fastest of each counts.
Two ratios are told: of elapsed time, from the first answer to the last report, and of CPU time,
which other work on the machine disturbs less and which counts the start of the process too. The
last line is JSON: the bar is 0.90.
"""

from __future__ import annotations

import argparse
import json

from benchmarks.crawl import ours, served, spent

WITH = "[archive]\nattachments = false\n"
WITHOUT = "[archive]\nenabled = false\n"


def measured(pages: int, rounds: int) -> dict[str, float]:
    """The ratios, and the pages a second that they are made of."""
    speeds: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    used: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    with served(pages) as sites:
        for _ in range(rounds):
            for settings in (WITHOUT, WITH):
                before = spent()
                speeds[settings].append(ours(sites, settings=settings))
                used[settings].append(spent() - before)
    archived, plain = max(speeds[WITH]), max(speeds[WITHOUT])
    return {
        "pages": pages,
        "with": round(archived),
        "without": round(plain),
        "crawl": round(archived / plain, 3),
        "crawl_cpu": round(min(used[WITHOUT]) / min(used[WITH]), 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = measured(given.pages, given.rounds)
    print(f"with the archive {found['with']} pages/s, without {found['without']}")
    print(f"ratio {found['crawl']}, of CPU time {found['crawl_cpu']}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
