"""Invented pages: parts that change by script, and noise of many kinds.

All words are made of random syllables, so that nothing depends on words that the detection knows.
Month and weekday names are those of Babel.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from babel.dates import format_date

SYLLABLES: Final = ("ka", "lo", "mi", "ren", "tu", "ves", "po", "dar", "nel", "si", "gum", "or")

MIN_VISITS_BETWEEN: Final = 10
"""Minimum number of visits between two changes of the same part."""

LAST_VISITS: Final = 15
"""Minimum number of visits after the last change of a page."""

LANGUAGES: Final = ("en", "de", "fr", "es", "nb", "pl", "tr", "ru", "el", "ar")

Noise = Callable[[Random, int, dt.datetime], list[str]]
"""Returns the lines of a piece of noise at a visit, given its number and time."""


def word(random: Random) -> str:
    """Return an invented word."""
    return "".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 4)))


def sentence(random: Random, least: int = 6, most: int = 18) -> str:
    """Return an invented sentence."""
    words = [word(random) for _ in range(random.randint(least, most))]
    return " ".join(words).capitalize() + "."


def name(random: Random) -> str:
    """Return an invented name."""
    return f"{word(random).capitalize()} {word(random).capitalize()}"


def day_in(language: str, day: dt.date, style: str) -> str:
    """Return a day as people of a language write it."""
    return str(format_date(day, style, locale=language))


@dataclass
class Part:
    """A part of a page that a script may change: its lines, and how its next version is made.

    ``kind`` is ``p``, ``li``, ``td``, ``h1`` or ``file``.
    """

    kind: str
    change: str
    lines: list[str]
    renew: Callable[[Random, list[str]], list[str]]


def other_sentence(random: Random, lines: list[str]) -> list[str]:
    """Replace a few words of a paragraph."""
    words = lines[0].split()
    for _ in range(random.randint(1, 3)):
        words[random.randrange(len(words))] = word(random)
    return [" ".join(words)]


def with_figure(random: Random, _: list[str]) -> list[str]:
    """Return a line with an amount."""
    return [f"{word(random).capitalize()} {random.randint(10, 9_999)} {word(random)}"]


def other_figure(random: Random, lines: list[str]) -> list[str]:
    """Change the amount of a line."""
    words = lines[0].split()
    while True:
        figure = str(random.randint(10, 9_999))
        if figure != words[1]:
            return [f"{words[0]} {figure} {words[2]}"]


def other_name(random: Random, lines: list[str]) -> list[str]:
    """Change the name in a line with an office."""
    return [f"{name(random)}, {lines[0].rpartition(', ')[2]}"]


def other_day(language: str) -> Callable[[Random, list[str]], list[str]]:
    """Return a function that changes the date in a line to another of an earlier year."""

    def renew(random: Random, lines: list[str]) -> list[str]:
        day = dt.date(random.randint(2017, 2024), random.randint(1, 12), random.randint(1, 28))
        return [f"{lines[0].partition(': ')[0]}: {day_in(language, day, 'long')}"]

    return renew


def more_items(random: Random, lines: list[str]) -> list[str]:
    """Insert an item into a list."""
    at = random.randint(0, len(lines))
    return [*lines[:at], f"{name(random)}, {word(random)}", *lines[at:]]


def fewer_items(random: Random, lines: list[str]) -> list[str]:
    """Remove an item from a list."""
    at = random.randrange(len(lines))
    return [*lines[:at], *lines[at + 1 :]] if len(lines) > 1 else lines


@dataclass
class InventedPage:
    """A page with its parts, in order. A noise is a function of the visit."""

    title: str
    language: str
    parts: list[Part | tuple[str, Noise]]
    script: dict[int, list[Part]] = field(default_factory=dict)

    def lines(self, random: Random, visit: int, now: dt.datetime) -> list[str]:
        """Return all lines at a visit."""
        found = [self.title]
        for one in self.parts:
            found += one.lines if isinstance(one, Part) else one[1](random, visit, now)
        return found

    def html(self, random: Random, visit: int, now: dt.datetime) -> str:
        """Return the page at a visit as HTML, with tokens in its links."""
        token = f"{random.getrandbits(64):x}"
        rows = []
        for one in self.parts:
            if isinstance(one, Part):
                rows += [f"<{one.kind}>{line}</{one.kind}>" for line in one.lines]
            else:
                rows += [
                    f'<p><a href="/more?token={token}">{line}</a></p>'
                    for line in one[1](random, visit, now)
                ]
        form = f'<form><input type="hidden" name="csrf" value="{token}"></form>'
        return (
            f'<!DOCTYPE html><html lang="{self.language}"><head><title>{self.title}</title>'
            f'<link rel="stylesheet" href="/s.css?v={token}"></head><body><nav><a href="/">x</a>'
            f"</nav><main><h1>{self.title}</h1>{''.join(rows)}{form}</main></body></html>"
        )


def noises(random: Random, language: str) -> dict[str, Noise]:
    """Return one noise of each kind, with texts of their own."""
    label, other = word(random).capitalize(), word(random)
    teasers = [sentence(random, 4, 9) for _ in range(12)]
    quotes = [f"«{sentence(random)}» {name(random)}" for _ in range(15)]
    gallery = [name(random) for _ in range(7)]
    tags = [word(random) for _ in range(20)]
    variants = [sentence(random), sentence(random)]
    start, step = random.randint(100, 90_000), random.randint(1, 40)

    def moment(now: dt.datetime, pattern: str) -> str:
        return now.strftime(pattern)

    return {
        "visitor counter": lambda r, n, _: [f"{label}: {start + n * step + r.randint(0, 3):,}"],
        "date of today": lambda _r, _n, now: [f"{label} {day_in(language, now.date(), 'full')}"],
        "date of today, alone": lambda _r, _n, now: [day_in(language, now.date(), "long")],
        "date of today in digits": lambda _r, _n, now: [f"{label} {moment(now, '%d.%m.%Y')}"],
        "time of day": lambda _r, _n, now: [f"{label} {moment(now, '%H:%M:%S')}"],
        "rotating teasers": lambda r, _n, _t: r.sample(teasers, 3),
        "teasers in varying number": lambda r, _n, _t: r.sample(teasers, r.randint(2, 4)),
        "random quote": lambda r, _n, _t: [r.choice(quotes)],
        "minutes ago": lambda r, _n, _t: [f"{label} {r.randint(1, 59)} {other}"],
        "order of a gallery": lambda r, _n, _t: r.sample(gallery, len(gallery)),
        "people online": lambda r, _n, _t: [f"{r.randint(1, 30)} {other} {label}"],
        "duration of the request": lambda r, _n, _t: [f"{label} 0.{r.randint(100, 999)} s"],
        "rate": lambda r, _n, _t: [f"{label}/{other} 1.{r.randint(1000, 1999)}"],
        "session number": lambda r, _n, _t: [f"{label} {r.getrandbits(48):012x}"],
        "one of two texts": lambda r, _n, _t: [r.choice(variants)],
        "random words": lambda r, _n, _t: [" ".join(r.sample(tags, 8))],
        "weather": lambda r, _n, _t: [f"{label} {r.randint(-9, 30)} °C, {r.randint(0, 20)} m/s"],
        "random number of items": lambda r, _n, _t: [label] * r.randint(0, 1),
    }


CHANGES: Final = (
    "figure", "name", "date", "sentence", "item added", "item removed", "cell", "paragraph",
)  # fmt: skip


def part_of(random: Random, change: str, language: str) -> Part:
    """Return a part that changes in one way."""
    office = word(random)
    if change in {"figure", "cell"}:
        kind = "p" if change == "figure" else "td"
        return Part(kind, change, with_figure(random, []), other_figure)
    if change == "name":
        return Part("li", change, [f"{name(random)}, {office}"], other_name)
    if change == "date":
        renew = other_day(language)
        return Part("p", change, renew(random, [f"{office.capitalize()}: "]), renew)
    if change == "sentence":
        return Part("p", change, [sentence(random, 10, 25)], other_sentence)
    if change == "paragraph":
        return Part("p", change, [sentence(random)], lambda r, _: [sentence(r)])
    items = [f"{name(random)}, {word(random)}" for _ in range(random.randint(3, 6))]
    return Part("li", change, items, more_items if change == "item added" else fewer_items)


def invent(random: Random, visits: int) -> InventedPage:
    """Return a page with three to eight kinds of noise and three to six scripted changes."""
    language = random.choice(LANGUAGES)
    own = noises(random, language)
    parts: list[Part | tuple[str, Noise]] = []
    changes = random.sample(CHANGES, random.randint(4, len(CHANGES)))
    parts += [part_of(random, change, language) for change in changes]
    parts += [Part("p", "never", [sentence(random, 10, 30)], other_sentence) for _ in range(8)]
    parts += random.sample([*own.items()], random.randint(3, 8))
    random.shuffle(parts)
    page = InventedPage(sentence(random, 2, 5).rstrip("."), language, parts)
    changing = [one for one in parts if isinstance(one, Part) and one.change != "never"]
    last: dict[int, int] = {}
    for visit in sorted(random.sample(range(2, visits - LAST_VISITS), random.randint(3, 6))):
        at = random.randrange(len(changing))
        if visit - last.get(at, -MIN_VISITS_BETWEEN) >= MIN_VISITS_BETWEEN:
            page.script[visit] = [changing[at]]
            last[at] = visit
    return page
