"""How well, and how fast, the shipped taxonomy finds the topics of real releases.

Precision, recall and time over the labels in topics.toml, for releases of a press room in
``../shared``; run it from the project's root: ``python benchmarks/topics.py``. ``--each`` lists
what was wrong.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
import tomllib
from collections import Counter
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from data.models import Content  # noqa: E402 - found through the path set above
from data.topics.taxonomy import load_taxonomy, text_topics, topics_of  # noqa: E402 - as above

RELEASES = ROOT.parent / "shared" / "corpora" / "dev" / "neardup" / "whitehouse.jsonl.gz"
WORDS = 500
ROUNDS = 3


def main() -> None:
    """Print the figures, or why there are none."""
    if not RELEASES.exists():
        print(f"skipped: there is no {RELEASES.name} in ../shared/corpora/dev/neardup")
        return
    labels = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    with gzip.open(RELEASES, "rt", encoding="utf-8") as lines:
        releases = {key(row["id"]): row for row in map(json.loads, lines)}
    for name, wanted in labels.items():
        measure(name, wanted, releases)
    clock([" ".join(row["text_md"].split()[:WORDS]) for row in releases.values()])


def key(release: str) -> str:
    """The name of a release in topics.toml."""
    return sha256(release.encode()).hexdigest()[:8]


def measure(name: str, wanted: dict[str, str], releases: dict[str, dict[str, str]]) -> None:
    """Print precision and recall, of all topics and by topic."""
    taxonomy = load_taxonomy()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for release, label in wanted.items():
        row = releases[release]
        content = Content(title=row["title"], language="en", body_text=row["text_md"])
        found = set(text_topics(content, taxonomy))
        must = {word for word in label.split() if not word.startswith("?")}
        may = {word[1:] for word in label.split() if word.startswith("?")}
        right.update(found & must)
        wrong.update(found - must - may)
        missed.update(must - found)
        if "--each" in sys.argv and (found - must - may or must - found):
            print(f"  {row['title'][:80]}: wrong {found - must - may}, missed {must - found}")
    precision = right.total() / (right.total() + wrong.total())
    recall = right.total() / (right.total() + missed.total())
    print(f"{name}: {len(wanted)} releases, precision {precision:.2f}, recall {recall:.2f}")
    for topic in sorted({*right, *wrong, *missed}):
        print(
            f"  {topic:15} right {right[topic]:3} wrong {wrong[topic]:3} missed {missed[topic]:3}"
        )


def clock(texts: list[str]) -> None:
    """Print the time for one text of 500 words, and its ratio to only splitting it in words."""
    taxonomy = load_taxonomy()
    full = [text for text in texts if len(text.split()) == WORDS]
    contents = [Content(title=text[:60], language="en", body_text=text) for text in full]
    spent, split = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for content in contents:
            topics_of(content, (), taxonomy)
        spent.append(time.perf_counter() - start)
        start = time.perf_counter()
        for text in full:
            Counter(text.lower().split())
        split.append(time.perf_counter() - start)
    each = min(spent) / len(full) * 1000
    print(
        f"{len(full)} texts of {WORDS} words: {each:.2f} ms each, "
        f"{min(spent) / min(split):.1f} times counting their words"
    )


if __name__ == "__main__":
    main()
