"""Real and changed texts of press rooms, for which it is known which texts are copies.

The texts come from ../shared: White House releases, and Sri Lankan releases in English, Sinhala and
Tamil. If more are needed, new texts are made from their paragraphs, so that unrelated texts share
passages as real press releases do. Each text starts a family: either alone, or with copies in which
up to half of the words were replaced, removed or added, or with longer texts that contain it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

MOST = 0.12
"""The greatest share of words that a copy changes: down to a similarity of about a half."""

LEAST_WORDS, LEAST_PARAGRAPHS, WAITING = 8, 3, 40
REPLACED, ADDED = 0.4, 0.7

LONGEST = 120
"""Words of a paragraph that is spliced into new texts. One that made up most of several of them
would make them alike in truth, though they are of different families."""

WORD = re.compile(r"[^\W_]+(?:[^\s\W_]|[\u0300-\u036f\u0900-\u0dff])*")


@dataclass(frozen=True)
class Text:
    """A text and the number of its family; ``holds`` if it is longer and holds the first whole."""

    number: int
    family: int
    text: str
    holds: bool = False


def seeds(shared: Path) -> list[str]:
    """The real texts."""
    folder = shared / "corpora" / "dev" / "neardup"
    found = []
    for name, field in (("whitehouse", "text_md"), ("lk_pmd", "text")):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [json.loads(line)[field] for line in lines]
    return found


def distinct(real: list[str]) -> list[str]:
    """The texts without those that are like an earlier one: their families would be one."""
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    kept: list[str] = []
    for text in real:
        triples = true_triples(text)
        shared = Counter(other for triple in triples for other in index[triple])
        if any(count > 0.3 * len(triples) for count in shared.values()):
            continue
        for triple in triples:
            index[triple].append(len(kept))
        kept.append(text)
    return kept


def texts(real: list[str], count: int) -> Iterator[Text]:
    """Families of texts, those of one family within some days of each other."""
    chance = random.Random(7)  # noqa: S311 - data that repeats, no secret
    parted = [
        [p for p in re.split(r"\n\s*\n", text) if len(p.split()) > LEAST_WORDS] for text in real
    ]
    paragraphs = [
        p
        for parts in parted
        if len(parts) > LEAST_PARAGRAPHS
        for p in parts
        if len(p.split()) <= LONGEST
    ]
    vocabulary = sorted({word for text in real for word in text.split()})
    chance.shuffle(real)
    waiting: list[Text] = []
    number = family = 0
    while number < count:
        if family < len(real):
            first = real[family]
        else:
            first = "\n\n".join(chance.sample(paragraphs, chance.randint(3, 8)))
        waiting.append(Text(0, family, first))
        waiting += [
            Text(0, family, mutated(first, chance.random() * MOST, vocabulary, chance))
            for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 4]))
        ]
        if family % 20 == 0:
            around = [text for text in chance.sample(paragraphs, 60) if text not in first]
            half = len(first.split()) * chance.uniform(0.5, 2)
            while around and len(" ".join(around).split()) > 2 * half:
                around.pop()
            middle = len(around) // 2
            longer = "\n\n".join([*around[:middle], first, *around[middle:]])
            waiting.append(Text(0, family, longer, holds=True))
        family += 1
        chance.shuffle(waiting)
        while len(waiting) > WAITING and number < count:
            one = waiting.pop()
            yield replace(one, number=number)
            number += 1


def mutated(text: str, rate: float, vocabulary: list[str], chance: random.Random) -> str:
    """A copy in which some words were replaced, dropped or added."""
    lines = []
    for line in text.split("\n"):
        words = []
        for word in line.split(" "):
            roll = chance.random() / rate if rate else 1.0
            if roll >= 1.0:
                words.append(word)
            elif roll < REPLACED:
                words.append(chance.choice(vocabulary))
            elif roll < ADDED:
                words += [word, chance.choice(vocabulary)]
        lines.append(" ".join(words))
    return "\n".join(lines)


def true_triples(text: str) -> frozenset[tuple[str, ...]]:
    """The word triples of a text, by code that is not ours."""
    words = WORD.findall(text.casefold())
    return frozenset(zip(words, words[1:], words[2:], strict=False))
