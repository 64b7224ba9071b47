"""A press room of the demo that continues to publish new texts from day to day."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import msgspec

from benchmarks.breakages_parts.web_server import Answer, Asked
from scheduler.demo.responses import INNER_LINK, View, listing_address, not_found, page
from scheduler.demo.rooms import ReleaseText, Room, Showing, load_releases, load_rooms

FIRST: Final = dt.date(2026, 10, 5)
"""The Monday of the first visit."""

LAST: Final = dt.date(2026, 11, 6)
"""A day after all visits."""

FEED: Final = "/feed.xml"

OPTIONS: Final = 2000
"""From here on releases are numbered, apart from those of the demo."""


@dataclass(frozen=True)
class Habit:
    """How a room publishes: ``before`` releases until the first visit, and ``each`` time how many.

    It does so with a ``chance`` on a weekday, never on weekends, and not on days of ``rest``, but
    surely on the day before these.
    """

    before: int = 20
    chance: float = 0.85
    each: int = 1
    rest: tuple[dt.date, dt.date] | None = None


ORDINARY: Final = Habit()


class LivingRoom:
    """One room under a host of its own, as ``now`` it is; ``listed`` is what its listing shows.

    ``page_of`` may be replaced: it makes the bytes of a listing or release page of a view.
    """

    def __init__(
        self, room: str, host: str, seed: int, habit: Habit = ORDINARY, *, feed: bool = False
    ) -> None:
        self.id = room
        self.room: Room = load_rooms()[room]
        self.host = host
        self.has_feed = feed
        self.chance = random.Random(seed)  # noqa: S311 - the same at each run
        self.releases = sorted(self._written(habit), key=lambda one: one.instant, reverse=True)
        self.now = dt.datetime.combine(FIRST, dt.time(12), dt.UTC)
        self.scheme, self.port = "http", 0
        self.frozen: dt.datetime | None = None
        """When its listing stood still."""
        self.frozen_feed: dt.datetime | None = None
        self.withdrawn: set[str] = set()
        """The keys of releases that are not there any more."""
        self.arranged: Callable[[Sequence[ReleaseText]], Sequence[ReleaseText]] | None = None
        """Chooses and orders what the listing shows."""

    @property
    def base(self) -> str:
        """The origin."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def listing_path(self) -> str:
        """The path of the listing."""
        return self.room.listing_path or "/"

    @property
    def source_file(self) -> str:
        """The source file of who reads it."""
        feed = f'feed = "{self.base}{FEED}"\n' if self.has_feed else ""
        return (
            f'name = "{self.room.name} {self.host}"\nurl = "{self.base}{self.listing_path}"\n'
            f'timezone = "{self.room.timezone}"\n{feed}'
        )

    def answer(self, asked: Asked) -> Answer:
        """The answer of a room where nothing is wrong."""
        if asked.path == "/robots.txt":
            return Answer(self.room.robots.lstrip().encode(), content_type="text/plain")
        if asked.path == FEED and self.has_feed:
            return self.feed_answer(self.shown(self.frozen_feed))
        items = self.listed
        number = self.listing_number(asked.path)
        if number is not None:
            return self._answer(asked, self.listing_page(number, items), self.now)
        release = self.release_at(asked.path)
        if release and release.key not in self.withdrawn:
            return self._answer(asked, self.release_page(release), release.last_modified)
        if asked.path in self.room.pages:
            title, text = self.room.pages[asked.path]
            return self.html(self.view(asked.path).render("page.html", title=title, text=text))
        gone = not_found(self.showing(items), self.base, asked.path)
        return Answer(gone.body, 404, self.room.content_type)

    def shown(self, until: dt.datetime | None = None) -> tuple[ReleaseText, ...]:
        """What was published until now, or until an earlier instant; the newest first."""
        until = until or self.now
        return tuple(
            one for one in self.releases if one.instant <= until and one.key not in self.withdrawn
        )

    @property
    def listed(self) -> tuple[ReleaseText, ...]:
        """What the listing shows, all pages together."""
        shown = self.shown(self.frozen)
        return tuple(self.arranged(shown)) if self.arranged else shown

    def is_listing(self, path: str) -> bool:
        """Whether a path is that of a page of the listing."""
        return self.listing_number(path) is not None

    def listing_number(self, path: str) -> int | None:
        """Which page of the listing is at a path."""
        count = -(-len(self.releases) // self.room.per_page)
        paths = [listing_address(self.room, number) for number in range(1, count + 1)]
        return paths.index(path) + 1 if path in paths else None

    def release_at(self, path: str) -> ReleaseText | None:
        """The release at a path, published or not."""
        return self._by_path.get(path)

    def release_page(self, release: ReleaseText) -> str:
        """The markup of a release's page."""
        return self.view(self.room.address(release)).render("release.html", release=release)

    def listing_page(self, number: int, items: Sequence[ReleaseText]) -> str:
        """The markup of a page of the listing, counted from 1."""
        each = self.room.per_page
        count = max(-(-len(items) // each), 1)
        paths = [listing_address(self.room, one) for one in range(1, count + 1)]
        view = self.view(listing_address(self.room, number))
        shown = items[(number - 1) * each : number * each]
        return view.render("listing.html", items=shown, number=number, paths=paths)

    def html(self, text: str, status: int = 200) -> Answer:
        """An answer in the encoding of the room."""
        body = text.encode(self.room.encoding, "xmlcharrefreplace")
        return Answer(body, status, self.room.content_type)

    def feed_answer(self, items: Sequence[ReleaseText]) -> Answer:
        """An RSS feed of the newest of these."""
        rows = "".join(
            f"<item><title>{escape(one.title)}</title>"
            f"<link>{escape(self.base + self.room.address(one))}</link>"
            f"<pubDate>{View.rfc822(one)}</pubDate>"
            f"<description>{escape(View.summary(one))}</description></item>"
            for one in items[:20]
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>{escape(self.room.name)}</title><link>{self.base}/</link>"
            f"<description>.</description>{rows}</channel></rss>"
        )
        return Answer(text.encode(), content_type="application/rss+xml; charset=utf-8")

    def view(self, path: str) -> View:
        """What a template of the room is given."""
        return View(self.showing(self.listed), self.base, path)

    def showing(self, items: tuple[ReleaseText, ...]) -> Showing:
        """The room as the demo's templates take it."""
        return Showing(self.id, self.room, (self.now.date() - FIRST).days + 1, items, {})

    def _answer(self, asked: Asked, text: str, modified: dt.datetime) -> Answer:
        """A page with the validators that the room sends, or 304."""
        made = page(self.showing(()), text, modified)
        validators = {}
        if made.etag:
            validators["ETag"] = made.etag
        if made.modified:
            validators["Last-Modified"] = f"{modified:%a, %d %b %Y %H:%M:%S} GMT"
        conditions = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
        if made.unchanged(*conditions):
            return Answer(status=304, headers=validators)
        return Answer(made.body, 200, made.content_type, validators)

    @cached_property
    def _by_path(self) -> dict[str, ReleaseText]:
        return {self.room.address(one): one for one in self.releases}

    def replace(self, old: ReleaseText, new: ReleaseText) -> None:
        """Put another text in the place of one."""
        self.releases[self.releases.index(old)] = new
        self.__dict__.pop("_by_path", None)

    def _written(self, habit: Habit) -> Iterator[ReleaseText]:
        """Its releases, each of the words of others."""
        own = [*load_releases(self.id).values()]
        words = [word for one in own for word in one.title.split()]
        days = [*self._days(habit)]
        for number, day in enumerate(days):
            like = own[number % len(own)]
            parts = [part for part in like.body.strip().split("\n\n") if part[0].isalnum()]
            body = "\n\n".join(self._shuffled(INNER_LINK.sub(r"\1", part)) for part in parts)
            key = f"{OPTIONS + number}"
            minute = self.chance.randrange(60)
            at = dt.datetime.combine(day, dt.time(8, minute), dt.UTC)
            yield msgspec.structs.replace(
                like,
                key=key if like.key.isdigit() else f"{like.key}-{key}",
                title=" ".join(self.chance.sample(words, 8)),
                body=body,
                copies="",
                on=day if like.on else None,
                at=None if like.on else at,
                images=(),
                files=(),
            )

    def _shuffled(self, text: str) -> str:
        words = re.sub(r"\s+", " ", text).strip().split(" ")
        self.chance.shuffle(words)
        return " ".join(words)

    def _days(self, habit: Habit) -> Iterator[dt.date]:
        day, before = FIRST - dt.timedelta(days=1), habit.before
        while before > 0:
            if self._publishes(day, habit):
                yield day
                before -= 1
            day -= dt.timedelta(days=1)
        day = FIRST
        while day <= LAST:
            if self._publishes(day, habit):
                yield from [day] * habit.each
            day += dt.timedelta(days=1)

    def _publishes(self, day: dt.date, habit: Habit) -> bool:
        resting = habit.rest and habit.rest[0] <= day <= habit.rest[1]
        if habit.rest and day == habit.rest[0] - dt.timedelta(days=1):
            return True
        saturday = 5
        return day.weekday() < saturday and not resting and self.chance.random() < habit.chance


def path_of(url: str) -> str:
    """The path and query of an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
