"""When a release whose page is gone is retracted: pure decisions over values.

A page that answers 404 or 410 may be down, moved or hidden for an hour. It is taken for retracted
only by a later visit that finds it gone still, while a listing that works no longer names it. Where
much of a source vanishes at once, that is a fault of its site far sooner than a decision of its
publisher, and so a person's to judge, or a week's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from data.text.words import tokens

MOST: Final = 4
"""Releases that may vanish in one visit, whatever part they are of those that it asks for."""

LEAST_SHARE: Final = 0.3
"""Part of the releases that a visit asks for, from which on more than `MOST` vanish at once."""

WEEK: Final = dt.timedelta(days=7)
"""How long a working listing must lack what is held, until that is let go."""

Name: TypeAlias = tuple[tuple[str, ...], str]
"""What a listing calls a release: the words of the title, and the day as ISO has it, or empty."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """A release that is gone and not retracted.

    ``keys`` are the canonical forms of its addresses, ``day`` is that of its publication as ISO has
    it. ``since`` is when it was first found gone, ``held`` whether it vanished with many others,
    and ``unlisted`` since when a working listing lacks it then, or None.
    """

    id: str
    url: str
    title: str
    day: str
    keys: frozenset[str]
    since: dt.datetime
    held: bool = False
    unlisted: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """What the listings of a source name in one visit: addresses in canonical form, and names."""

    keys: frozenset[str]
    names: frozenset[Name]

    def has(self, one: Vanished) -> bool:
        """Whether a release is named still, by an address or by its title and day.

        A listing that states no day names it by its title alone.
        """
        return self.names_it(one) or not self.keys.isdisjoint(one.keys)

    def names_it(self, one: Vanished) -> bool:
        """Whether a release is named still by its title and day, at whichever address."""
        return not self.names.isdisjoint({name_of(one.title, one.day), name_of(one.title, "")})


def may_have_moved(one: Vanished, listed: Listed | None) -> bool:
    """Whether a release that is gone may be at another address, which no visit has found yet.

    So it is if a listing names it there, or if no listing could be read.
    """
    return listed is None or (listed.names_it(one) and listed.keys.isdisjoint(one.keys))


Fate: TypeAlias = Literal["waits", "held", "retracted"]


def at_once(gone: int, asked: int) -> bool:
    """Whether too many releases are gone, of those that were asked for, to believe it."""
    return gone > MOST and gone >= LEAST_SHARE * asked


def fates(
    vanished: Iterable[Vanished],
    listed: Listed | None,
    *,
    gone: int,
    asked: int,
    started: dt.datetime,
    now: dt.datetime,
    after: dt.timedelta,
) -> dict[Vanished, tuple[Fate, dt.datetime | None]]:
    """What becomes of releases that a visit found gone, each with since when a listing lacks it.

    ``listed`` is None if a listing could not be read. ``asked`` is the number of stored releases
    that the visit requested, and ``gone`` how many of them are gone from their addresses; some of
    those may have moved. A release is retracted ``after`` that time, by a visit that ``started``
    after the one that found it gone first.
    """
    many = at_once(gone, asked)
    return {one: _fate(one, listed, started, now, after, many=many) for one in vanished}


def _fate(
    one: Vanished,
    listed: Listed | None,
    started: dt.datetime,
    now: dt.datetime,
    after: dt.timedelta,
    *,
    many: bool,
) -> tuple[Fate, dt.datetime | None]:
    lacks = listed is not None and not listed.has(one)
    if one.held or many:
        unlisted = (one.unlisted or now) if lacks else None
        over = unlisted is not None and now - unlisted >= WEEK
        return ("retracted" if over else "held"), unlisted
    confirmed = one.since < started and now - one.since >= after
    return ("retracted" if lacks and confirmed else "waits"), None


def name_of(title: str, day: str) -> Name | None:
    """What a listing calls a release by, or None where it has no words for it."""
    words = tuple(tokens(title))
    return (words, day) if words else None
