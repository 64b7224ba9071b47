"""Forty-five invented posts over three years: the same ones fill every system.

They are of an invented water board. Texts are put together by chance that repeats, so that no two
are alike, and hold what editors put into posts: headings, lists, quotes, tables, images with
captions, attachments, links to other hosts and characters that HTML escapes.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from tests.systems.phrases import CLAUSES, PEOPLE, PLACES, TITLES, WORKS

BOARD = "Marrow Valley Water Board"
ZONE = ZoneInfo("Europe/Berlin")
"""The board's own time zone, which the newcomer names too."""

SPAN = 1080
"""Days from the first post to the newest."""

YOUNGEST = 2
"""Days from the newest post until now."""

LATELY = (10, 8, 5, 3, 0)
"""Days from the newest posts to the very newest: every visit looks at them again."""

NEWEST = 6
"""Posts that are one paragraph each, where the newest are."""


@dataclass(frozen=True)
class Post:
    """One post: ``html`` is its body as an editor wrote it, ``published`` an aware time."""

    number: int
    title: str
    slug: str
    category: str
    published: dt.datetime
    html: str
    teaser: str
    lone: bool = False

    @property
    def day(self) -> dt.date:
        """The day on which it was published, where it was published."""
        return self.published.astimezone(ZONE).date()


def posts(*, brief: bool = False, now: dt.datetime | None = None) -> tuple[Post, ...]:
    """All posts, oldest first; with ``brief`` the newest are one paragraph each."""
    end = (now or dt.datetime.now(ZONE)).astimezone(ZONE) - dt.timedelta(days=YOUNGEST)
    chance = random.Random(19)
    middle = chance.sample(range(LATELY[0] + 9, SPAN), len(TITLES) - len(LATELY) - 1)
    made = []
    for number, ((category, title), days) in enumerate(
        zip(TITLES, (SPAN, *sorted(middle, reverse=True), *LATELY), strict=True), 1
    ):
        day = end.date() - dt.timedelta(days=days)
        hour, minute = chance.choice(((9, 5), (11, 30), (14, 0), (16, 45), (0, 20), (23, 40)))
        published = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
        lead = paragraph(chance, number)
        whole = body(chance, number, lead)
        lone = brief and number > len(TITLES) - NEWEST
        made.append(
            Post(
                number,
                title,
                slug(title),
                category,
                published,
                f"<p>{escape(lead, quote=False)}</p>" if lone else whole,
                lead,
                lone,
            )
        )
    return tuple(made)


def slug(title: str) -> str:
    """The title as systems write it into an address."""
    letters = (letter if letter.isascii() and letter.isalnum() else "-" for letter in title.lower())
    return "-".join("".join(letters).split("-")).strip("-").replace("--", "-").replace("--", "-")


def sentence(chance: random.Random) -> str:
    """One sentence of invented news."""
    return chance.choice(CLAUSES).format(
        place=chance.choice(PLACES),
        other=chance.choice(PLACES),
        work=chance.choice(WORKS),
        person=chance.choice(PEOPLE),
        count=chance.randrange(12, 990),
        million=f"{chance.randrange(2, 60)}.{chance.randrange(1, 9)}",
        year=chance.randrange(2027, 2033),
    )


def paragraph(chance: random.Random, number: int) -> str:
    """Three to five sentences, as text."""
    first = f"In matter no. {number * 17} the board met in {chance.choice(PLACES)}."
    rest = (sentence(chance) for _ in range(chance.randrange(3, 5)))
    return " ".join((first, *rest) if chance.random() < 0.4 else tuple(rest))


def body(chance: random.Random, number: int, lead: str) -> str:
    """A whole body: the lead, two to five more blocks, and a paragraph that ends it."""
    blocks = [f"<p>{escape(lead, quote=False)}</p>"]
    blocks += [
        chance.choice(BLOCKS)(chance, number * 10 + part) for part in range(chance.randrange(2, 6))
    ]
    blocks.append(text(chance, number))
    return "\n".join(blocks)


def text(chance: random.Random, number: int) -> str:
    """A paragraph, now and then with marks inside."""
    said = escape(paragraph(chance, number), quote=False)
    if chance.random() < 0.3:
        head, _, tail = said.partition(" ")
        said = f"<strong>{head}</strong> {tail}"
    if chance.random() < 0.3:
        said += f' See also <a href="https://rivers.example/report/{number}">the rivers report</a>.'
    return f"<p>{said}</p>"


def heading(chance: random.Random, number: int) -> str:
    """A heading and its paragraph."""
    return f"<h2>{escape(chance.choice(WORKS).capitalize())}</h2>\n{text(chance, number)}"


def points(chance: random.Random, number: int) -> str:
    """A paragraph and a list."""
    rows = "".join(f"<li>{escape(sentence(chance), quote=False)}</li>" for _ in range(3))
    return f"{text(chance, number)}\n<ul>{rows}</ul>"


def quote(chance: random.Random, number: int) -> str:
    """Somebody's words."""
    said = escape(sentence(chance), quote=False)
    return (
        f"<blockquote><p>“{said}”</p><p>{escape(chance.choice(PEOPLE))}, engineer {number}</p>"
        "</blockquote>"
    )


def image(chance: random.Random, number: int) -> str:
    """An image with its caption."""
    place = escape(chance.choice(PLACES))
    return (
        f'<figure><img src="/media/pump-{number}.jpg" alt="The works at {place}" width="640"'
        f' height="360"><figcaption>The works at {place}, seen from the weir</figcaption></figure>'
    )


def table(chance: random.Random, number: int) -> str:
    """A small table."""
    rows = "".join(
        f"<tr><td>{escape(place)}</td><td>{chance.randrange(100, 900)} m³</td></tr>"
        for place in chance.sample(PLACES, 3)
    )
    head = "<tr><th>Intake</th><th>Flow</th></tr>"
    return f"{text(chance, number)}\n<table><tbody>{head}{rows}</tbody></table>"


def attachment(chance: random.Random, number: int) -> str:
    """A document to load."""
    return (
        f"{text(chance, number)}\n"
        f'<p><a href="/media/notice-{number}.pdf">Notice {number} as a document (PDF, 240 kB)</a>'
        "</p>"
    )


BLOCKS: tuple[Callable[[random.Random, int], str], ...] = (
    text,
    text,
    text,
    heading,
    points,
    quote,
    image,
    table,
    attachment,
)
