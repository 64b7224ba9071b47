"""Measure how well, and how fast, the bundled taxonomy finds the topics of releases.

Precision and recall are measured on texts that one person labelled (benchmarks/topics_parts). They
are press releases of invented institutions in seven languages and, if ``../shared`` exists, real
pages and releases of one real press room from this folder. One half of each set was used to write
the rules, the other half is held out. Run the benchmark from the project's root: ``python
benchmarks/topics.py``. ``--each`` lists the errors in the half that was used for the rules.
``--weak`` lists the topics below the top level that must be removed: those with a precision below
0.8 in both halves together, or with fewer than three correct assignments.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.topics_parts.counts import Counts  # noqa: E402 - found through the path set above
from benchmarks.topics_parts.labelled import (  # noqa: E402 - as above
    Labelled,
    invented,
    pages,
    press_room,
)
from data.models import Content  # noqa: E402 - as above
from data.topics.taxonomy import Taxonomy, load_taxonomy, text_topics  # noqa: E402 - as above

DEV = ROOT.parent / "shared" / "corpora" / "dev"
RELEASES = DEV / "neardup" / "whitehouse.jsonl.gz"
BAR = 0.8
FEWEST = 3
WORDS = 500
ROUNDS = 3


def main() -> None:
    """Print the figures."""
    taxonomy = load_taxonomy()
    texts = [*invented(taxonomy)]
    if DEV.exists():
        texts += [*pages(DEV, taxonomy), *press_room(RELEASES, taxonomy)]
    else:
        print("there is no ../shared/corpora/dev: real pages and releases are left out")
    found = {one.key: text_topics(one.content, taxonomy) for one in texts}
    report(texts, found, taxonomy)
    clock(" ".join(one.content.body_text for one in texts if one.content.language == "en").split())


def report(
    texts: Iterable[Labelled], found: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy
) -> None:
    """Print precision and recall by level, half, set and language, and by topic."""
    levels = {
        "top level": taxonomy.topics.keys() - taxonomy.parents.keys(),
        "second level": taxonomy.parents.keys(),
    }
    halves: dict[bool, Counts] = {False: Counts(), True: Counts()}
    parts: dict[tuple[str, bool], Counts] = {}
    for one in texts:
        names = (one.set, f"{one.set} {(one.content.language or '-')[:2]}")
        for counts in (
            halves[one.is_kept_back],
            *(parts.setdefault((name, one.is_kept_back), Counts()) for name in names),
        ):
            counts.add(one, found[one.key])
        if "--each" in sys.argv and not one.is_kept_back:
            tell(one, {*found[one.key]})
    for level, topics in levels.items():
        for (name, back), counts in sorted(parts.items()):
            print(f"{level}, {name}, {half(kept_back=back)}: {counts.of(topics)}")
        for back, counts in halves.items():
            print(f"{level}, all, {half(kept_back=back)}: {counts.of(topics)}")
    for topic in sorted(levels["second level"]):
        first, second = (halves[back].of([topic]) for back in (False, True))
        print(f"  {topic:24} written by: {first}; kept back: {second}")
    if "--weak" in sys.argv:
        print(*weak(halves.values(), levels["second level"]))


def weak(halves: Iterable[Counts], topics: Iterable[str]) -> Iterator[str]:
    """The topics whose precision is below the bar, or that hardly any text shows."""
    halves = [*halves]
    for topic in sorted(topics):
        right, wrong = (
            sum(getattr(half, kind)[topic] for half in halves) for kind in ("right", "wrong")
        )
        if right < FEWEST or right / (right + wrong) < BAR:
            yield topic


def half(*, kept_back: bool) -> str:
    """What a half is called."""
    return "kept back" if kept_back else "rules written by"


def tell(one: Labelled, found: set[str]) -> None:
    """Print what was wrong."""
    wrong, missed = found - one.topics - one.may, one.topics - found
    if wrong or missed:
        text = " ".join(one.content.title.split())[:80]
        print(f"  {one.content.language} {one.key} {text}: wrong {wrong}, missed {missed}")


def clock(words: list[str]) -> None:
    """Print the time for one text of 500 words, and its ratio to only counting its words."""
    taxonomy = load_taxonomy()
    full = [" ".join(words[at : at + WORDS]) for at in range(0, len(words) - WORDS, WORDS // 4)]
    contents = [Content(title=text[:60], language="en", body_text=text) for text in full]
    spent, split = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for content in contents:
            text_topics(content, taxonomy)
        spent.append(time.process_time() - start)
        start = time.process_time()
        for text in full:
            Counter(text.lower().split())
        split.append(time.process_time() - start)
    print(
        f"{len(full)} texts of {WORDS} words: {min(spent) / len(full) * 1e6:.0f} µs each,"
        f" {min(spent) / min(split):.1f} times counting their words"
    )


if __name__ == "__main__":
    main()
