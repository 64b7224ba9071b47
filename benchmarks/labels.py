"""Find which blocks of a page are in its body, given the text of the body, to train the models."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

SHINGLE = 4
HALF, TEASER = 0.5, 25
"""The share from which a block is in a text, and tokens up to which one may be there by chance."""

LONG = 300
"""Tokens from which a block that says what others say already is a copy of the page."""

Tokens = list[str]


def tokens(text: str) -> Tokens:
    """The words of a text, as the measure of the pages counts them."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text))


def shingles(words: Tokens) -> list[tuple[str, ...]]:
    """The runs of four words, or the one run of fewer."""
    return [tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))]


def f1(text: str, known: str) -> float:
    """The harmonic mean of precision and recall over shingles."""
    ours, theirs = Counter(shingles(tokens(text))), Counter(shingles(tokens(known)))
    both = sum((ours & theirs).values())
    return 2 * both / (sum(ours.values()) + sum(theirs.values()))


def labels(texts: Sequence[str], known: str) -> list[float]:
    """For each block the share of it that stands in the known text.

    Long blocks are looked up by their shingles. Of those found, the heaviest chain in the order of
    the known text is kept, so that a teaser that repeats a sentence elsewhere is none. A block of
    fewer words counts where it stands between its neighbours in the chain.
    """
    words = [tokens(text) for text in texts]
    wanted = tokens(known)
    line = f" {' '.join(wanted)} "
    held = set(shingles(wanted))
    seen = Counter(shingle for part in words for shingle in set(shingles(part)))
    shares: list[float | None] = [None] * len(words)
    places: dict[int, tuple[int, int]] = {}
    for number, part in enumerate(words):
        runs = shingles(part)
        if len(part) > LONG and sum(seen[run] > 1 for run in set(runs)) > 0.8 * len(set(runs)):
            shares[number] = 0.0
        elif len(part) >= SHINGLE:
            shares[number] = sum(run in held for run in runs) / len(runs)
            whole = f" {' '.join(part)} "
            start = line.find(whole)
            if start >= 0:
                shares[number] = 1.0
                places[number] = (start, start + len(whole) - 1)
            elif (shares[number] or 0) > HALF:
                start = line.find(f" {' '.join(part[:SHINGLE])} ")
                if start >= 0:
                    places[number] = (start, start + 1)
    chain = heaviest_chain(places, [len(part) for part in words])
    for number in places.keys() - chain:
        if len(words[number]) < TEASER:
            shares[number] = 0.0
    return between(words, line, shares, {number: places[number] for number in chain})


def heaviest_chain(places: dict[int, tuple[int, int]], weights: list[int]) -> set[int]:
    """The blocks whose places in the known text rise with their order, of the greatest weight."""
    order = sorted(places)
    best: list[tuple[int, int]] = []
    for at, number in enumerate(order):
        before = max(
            (
                (best[other][0], other)
                for other in range(at)
                if places[order[other]][1] <= places[number][0]
            ),
            default=(0, -1),
        )
        best.append((before[0] + weights[number], before[1]))
    chain: set[int] = set()
    at = max(range(len(best)), key=lambda place: best[place][0], default=-1)
    while at >= 0:
        chain.add(order[at])
        at = best[at][1]
    return chain


def between(
    words: list[Tokens],
    line: str,
    shares: list[float | None],
    chain: dict[int, tuple[int, int]],
) -> list[float]:
    """The shares with those of short blocks, which count where the chain leaves room for them."""
    limits = [len(line)] * len(words)
    limit = len(line)
    for number in range(len(words) - 1, -1, -1):
        limits[number] = limit
        limit = chain.get(number, (limit, 0))[0]
    done: list[float] = []
    cursor = 0
    for number, part in enumerate(words):
        share = shares[number]
        if number in chain:
            cursor = chain[number][1]
        elif share is None:
            start = line.find(f" {' '.join(part)} ", max(0, cursor - 1), limits[number] + 1)
            share = 1.0 if part and start >= 0 else 0.0
            cursor = start + len(" ".join(part)) + 1 if share else cursor
        done.append(share or 0.0)
    return done
