"""Decide when a missing release is retracted: pure functions over values.

A page that responds with 404 or 410 may be down, moved or hidden for an hour. The release is
retracted only if a later visit still finds it missing and a working listing no longer lists it. If
many releases of a source vanish together, a fault of the site is more likely than a decision of the
publisher. Such releases are held for a person, or for a week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from data.text.words import tokens

MAX_VANISHED: Final = 4
"""Maximum number of releases that may vanish in one visit, whatever share they are."""

MIN_MASS_SHARE: Final = 0.3
"""Minimum share of the requested releases that counts as a mass disappearance."""

MAX_HOLD: Final = dt.timedelta(days=7)
"""Time that a working listing must omit held releases before they are retracted."""

Name: TypeAlias = tuple[tuple[str, ...], str]
"""The title's words and the ISO day (or "") by which a listing identifies a release."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """A release that is missing and not retracted.

    ``keys`` are the canonical forms of its addresses, ``day`` is the ISO day of publication.
    ``since`` is when it was first found missing, ``held`` whether it vanished with many others.
    ``unlisted`` is since when a working listing omits a held release, or None.
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
    """What a source's listings contain in one visit: canonical addresses, and names."""

    keys: frozenset[str]
    names: frozenset[Name]

    def has(self, one: Vanished) -> bool:
        """Whether a release is still listed, by an address or by its title and day.

        A listing without dates identifies it by its title alone.
        """
        return self.names_it(one) or not self.keys.isdisjoint(one.keys)

    def names_it(self, one: Vanished) -> bool:
        """Whether a release is still listed by its title and day, at any address."""
        return not self.names.isdisjoint({name_of(one.title, one.day), name_of(one.title, "")})


def may_have_moved(one: Vanished, listed: Listed | None) -> bool:
    """Whether a missing release may have another address that no visit has found yet.

    That is so if a listing names it at another address, or if no listing could be read.
    """
    return listed is None or (listed.names_it(one) and listed.keys.isdisjoint(one.keys))


Fate: TypeAlias = Literal["waits", "held", "retracted"]


def at_once(gone: int, asked: int) -> bool:
    """Whether so many of the requested releases are missing that a fault of the site is likely."""
    return gone > MAX_VANISHED and gone >= MIN_MASS_SHARE * asked


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
    """Decide about releases that a visit found missing; also return since when they are unlisted.

    ``listed`` is None if a listing could not be read. ``asked`` is the number of stored releases
    that the visit requested, and ``gone`` how many of them are missing; some of these may have
    moved. A release is retracted ``after`` that time, by a visit that ``started`` after the one
    that first found it missing.
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
        over = unlisted is not None and now - unlisted >= MAX_HOLD
        return ("retracted" if over else "held"), unlisted
    confirmed = one.since < started and now - one.since >= after
    return ("retracted" if lacks and confirmed else "waits"), None


def name_of(title: str, day: str) -> Name | None:
    """Return the name by which a listing identifies a release; None for a title without words."""
    words = tuple(tokens(title))
    return (words, day) if words else None
