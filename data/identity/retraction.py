"""Decision when a missing release counts as retracted, by pure functions.

A page that responds with 404 or 410 may be down, moved or hidden for an hour. The release is
retracted only if a later visit also finds it missing and a readable listing no longer contains it.
If many releases of a source disappear together, the site has probably failed. They are then held
until an operator decides, or for a week.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from data.text.words import tokens

MAX_VANISHED: Final = 4
"""Maximum number of releases that may disappear in one visit, whatever their share, before they are
held for review by an operator."""

MIN_MASS_SHARE: Final = 0.3
"""A mass disappearance affects at least this share of the requested releases."""

MAX_HOLD: Final = dt.timedelta(days=7)
"""Time after which releases that are held for review are retracted if a readable listing does not
contain them."""

Name: TypeAlias = tuple[tuple[str, ...], str]
"""Name of a release in a listing: the words of its title, and its ISO day or ""."""

Fate: TypeAlias = Literal["waits", "held", "retracted"]


@dataclass(frozen=True, slots=True)
class Vanished:
    """A release that is missing but not retracted yet.

    ``keys`` are the canonical forms of its addresses. ``day`` is the ISO day of publication.
    ``since`` is the time when it was first found missing. ``held`` is true if it disappeared with
    many others. For a held release, ``unlisted`` is the time of the first readable listing without
    it, or None.
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
class ListedReleases:
    """Canonical addresses and names (title and day) of the releases listed in a visit."""

    keys: frozenset[str]
    names: frozenset[Name]

    def has(self, one: Vanished) -> bool:
        """Return whether a release is still listed, by its address or by its title and day.

        In a listing without dates, the title is enough.
        """
        return self.names_it(one) or not self.keys.isdisjoint(one.keys)

    def names_it(self, one: Vanished) -> bool:
        """Return whether the listing still has a row with a release's title and day."""
        return not self.names.isdisjoint(
            {listing_name(one.title, one.day), listing_name(one.title, "")}
        )


def may_have_moved(one: Vanished, listed: ListedReleases | None) -> bool:
    """Return whether a missing release may have a new address that no visit has found yet.

    This is possible if a listing contains the release's title and day at another address, or if no
    listing could be read.
    """
    return listed is None or (listed.names_it(one) and listed.keys.isdisjoint(one.keys))


def at_once(gone: int, asked: int) -> bool:
    """Return whether so many releases are missing that the site has probably failed.

    ``asked`` is the number of requested releases, and ``gone`` the number of missing ones.
    """
    return gone > MAX_VANISHED and gone >= MIN_MASS_SHARE * asked


def fates(
    vanished: Iterable[Vanished],
    listed: ListedReleases | None,
    *,
    gone: int,
    asked: int,
    started: dt.datetime,
    now: dt.datetime,
    after: dt.timedelta,
) -> dict[Vanished, tuple[Fate, dt.datetime | None]]:
    """Decide about missing releases, and return the time since which each has been unlisted.

    ``listed`` is None if a listing could not be read. ``asked`` is the number of stored releases
    that the visit requested, and ``gone`` the number of them that were missing, including moved
    ones. A release is retracted if it has been missing for longer than ``after``, in a visit that
    ``started`` after the visit that first found it missing.
    """
    many = at_once(gone, asked)
    found: dict[Vanished, tuple[Fate, dt.datetime | None]] = {}
    for one in vanished:
        lacks = listed is not None and not listed.has(one)
        if one.held or many:
            unlisted = (one.unlisted or now) if lacks else None
            over = unlisted is not None and now - unlisted >= MAX_HOLD
            found[one] = ("retracted" if over else "held"), unlisted
        else:
            confirmed = one.since < started and now - one.since >= after
            found[one] = ("retracted" if lacks and confirmed else "waits"), None
    return found


def listing_name(title: str, day: str) -> Name | None:
    """Return the name of a release in a listing: the words of its title, and its day.

    Returns None for a title without words.
    """
    words = tuple(tokens(title))
    return (words, day) if words else None
