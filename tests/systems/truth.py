"""What a system holds, what was collected from it, and how far the two agree."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

ENOUGH = 0.95
"""The share of words, as F1, that makes a body right."""

SAME = 0.85
"""The share of words, as F1, from which a release under another title is the post."""

CAPTION = re.compile(r"<figcaption.*?</figcaption>", re.DOTALL)
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Held:
    """One post as its system holds it: ``html`` is its body."""

    title: str
    day: dt.date
    html: str

    @classmethod
    def of(cls, title: str, date: str, html: str) -> Held:
        """A post of which a system says an ISO 8601 date in its own zone."""
        return cls(title, dt.date.fromisoformat(date[:10]), html)


@dataclass(frozen=True)
class Kept:
    """One release as `communique export` writes it."""

    id: str
    url: str
    title: str
    published: str
    text: str
    revision: int = 1
    retracted: str | None = None


@dataclass(frozen=True)
class Verdict:
    """How far what was collected agrees with what the system holds; empty lists are right.

    ``lost`` are posts that were not collected, ``strays`` releases that are no posts, ``doubles``
    posts that were collected twice.
    """

    held: int
    lost: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()

    @property
    def recall(self) -> float:
        """The share of posts that were collected."""
        return 1 - len(self.lost) / max(self.held, 1)

    @property
    def precision(self) -> float:
        """The share of what was collected that is a post, each counted once."""
        found = self.held - len(self.lost)
        return found / max(found + len(self.strays) + len(self.doubles), 1)

    @property
    def complete(self) -> bool:
        """Whether the history was collected back to the first post."""
        return not self.lost

    @property
    def right(self) -> bool:
        """Whether all of it is right."""
        return not any(self.wrongs().values())

    def wrongs(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, by kind."""
        return {
            "lost": self.lost,
            "strays": self.strays,
            "doubles": self.doubles,
            "titles": self.titles,
            "days": self.days,
            "bodies": self.bodies,
        }


def compare(held: Sequence[Held], kept: Sequence[Kept]) -> Verdict:
    """Pair every release with the post that it is, and say what differs.

    A release is the post whose title it bears, or else the one that its words are from.
    """
    by_title = {folded(post.title): post for post in held}
    of: dict[str, list[Kept]] = {}
    strays = []
    for release in kept:
        post = by_title.get(folded(release.title)) or nearest(release, held)
        if post is None:
            strays.append(f"{release.title} <{release.url}>")
        else:
            of.setdefault(post.title, []).append(release)
    pairs = [(post, of[post.title][0]) for post in held if post.title in of]
    return Verdict(
        len(held),
        lost=tuple(post.title for post in held if post.title not in of),
        strays=tuple(strays),
        doubles=tuple(r.url for releases in of.values() for r in releases[1:]),
        titles=tuple(
            f"{release.title!r} is {post.title!r}"
            for post, release in pairs
            if folded(release.title) != folded(post.title)
        ),
        days=tuple(
            f"{release.published[:10]} is {post.day} ({post.title})"
            for post, release in pairs
            if release.published[:10] != post.day.isoformat()
        ),
        bodies=tuple(
            f"{agreement(post, release):.2f} {post.title} <{release.url}>"
            for post, release in pairs
            if agreement(post, release) < ENOUGH
        ),
    )


def nearest(release: Kept, held: Sequence[Held]) -> Held | None:
    """The post that most of a release's words are from."""
    best = max(held, key=lambda post: agreement(post, release), default=None)
    return best if best and agreement(best, release) >= SAME else None


def agreement(post: Held, release: Kept) -> float:
    """F1 of the words that a post and a release share, counted as often as they stand.

    The captions of images may be part of the text or left to the images.
    """
    there = words(release.text)
    bare = CAPTION.sub("", post.html)
    return max(shared_words(words(text_of(html)), there) for html in {post.html, bare})


def shared_words(here: Counter[str], there: Counter[str]) -> float:
    """F1 of two counts of words."""
    shared = sum((here & there).values())
    both = sum(here.values()) + sum(there.values())
    return 2 * shared / both if both else 1.0


def words(text: str) -> Counter[str]:
    """The words of a text, folded, and how often each stands."""
    return Counter(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def folded(title: str) -> str:
    """A title without what typography changes."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", title).casefold()))


class Text(HTMLParser):
    """Gathers the text of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        self.parts.append(data)


def text_of(html: str) -> str:
    """The text of a body."""
    parser = Text()
    parser.feed(html)
    parser.close()
    return " ".join(parser.parts)
