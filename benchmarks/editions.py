"""Measure how well translations of a release are found by the figures and names in their texts.

    python benchmarks/editions.py [--shared SHARED]

The texts are 990 releases of Sri Lanka's presidential office in ../shared, in English, Sinhala and
Tamil. Their addresses have nothing in common. Pairs of days are treated as one day, so that half of
all possible partners are certainly wrong: a pair from two days is a false pair. About as many false
pairs are made within the days, where they can't be seen; precision counts these, too. Recall is
measured on days with one release in each of two languages, which are assumed to be translations of
each other. Some of them are not, so recall is a lower bound.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from data.stories.translations import Translation, commonness, marks_in, translation_pairs

PRECISION = 0.95
BESIDE = Path(__file__).resolve().parents[2] / "shared"
ROUNDS = 10


def read(shared: Path) -> dict[str, list[Translation]]:
    """The releases by day."""
    path = shared / "corpora" / "dev" / "neardup" / "lk_pmd.jsonl.gz"
    days: dict[str, list[Translation]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            one = json.loads(line)
            found = Translation(number, one["lang"], one["url"], marks_in(one["text"]))
            days[one["date"]].append(found)
    return days


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=BESIDE)
    given = parser.parse_args()
    if not given.shared.is_dir():
        sys.exit(f"no texts in {given.shared}; give the folder that holds corpora/dev/neardup")
    days = read(given.shared)
    background = commonness(one for some in days.values() for one in some)
    where = {one.number: day for day, some in days.items() for one in some}
    chance = random.Random(7)  # noqa: S311 - data that repeats, no secret
    joined = false = 0
    for _ in range(ROUNDS):
        order = list(days)
        chance.shuffle(order)
        for first, second in zip(order[::2], order[1::2], strict=False):
            for left, right in translation_pairs([*days[first], *days[second]], background):
                joined += 1
                false += where[left.number] != where[right.number]
    precision = 1 - 2 * false / joined
    print(f"precision: {precision:.4f} of {joined:,} pairs in {ROUNDS} rounds (target {PRECISION})")
    pairs = {
        frozenset([a.number, b.number])
        for some in days.values()
        for a, b in translation_pairs(some, background)
    }
    for languages in combinations(sorted(background), 2):
        alone = []
        for some in days.values():
            both = [one for one in some if one.language in languages]
            if sorted(one.language for one in both) == list(languages):
                alone.append(frozenset(one.number for one in both))
        found = sum(pair in pairs for pair in alone)
        print(f"recall, {' and '.join(languages)}: {found / len(alone):.2f} of {len(alone)} pairs")
    releases = sum(map(len, days.values()))
    linked = {n for pair in pairs for n in pair}
    print(f"{len(linked)} of {releases} releases have an edition in another language")
    if precision < PRECISION:
        sys.exit("precision is below its target")


if __name__ == "__main__":
    main()
