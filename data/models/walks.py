"""The walk through the pages of a listing, from the newest releases back to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import History

ListingKind: TypeAlias = Literal["feed", "page"]
"""What lists the releases of a source: its feed (or API, or sitemap), and its page for readers."""


@dataclass(frozen=True, slots=True)
class ArchiveLink:
    """The address of a page that lists the releases of a year, of a month, or all older ones.

    ``period`` is the year (``2019``) or the month (``2019-03``), and empty if it is unknown.
    ``is_below`` says that its address is part of the listing's.
    """

    url: str
    period: str = ""
    is_below: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a walk has come that began on the page at ``start``.

    ``rules`` names the rules that find the next page: by others it begins anew. ``number`` tells
    the walks of a source apart. ``position`` is the last page that was read, empty before the
    first; the walk goes on from there. ``pages`` were read so far, ``idle`` the last of them that
    listed nothing which this walk had not listed before, and ``failed`` counts the visits in a row
    that could not go on. ``first`` says that no walk of this listing has come to its end yet.

    ``listed`` counts the releases that this walk listed. ``archives`` are still to be read, newest
    first; ``archived`` archives were read and listed releases. ``remains`` is a clause about older
    releases that the pages show but do not lead to, and ``total`` the number of releases that the
    list claims to have (0 if it claims none).
    """

    start: str
    rules: str
    number: int
    position: str = ""
    pages: int = 0
    idle: int = 0
    failed: int = 0
    history: History = "walking"
    bound: str = ""
    first: bool = True
    begun: float = 0.0
    listed: int = 0
    archives: tuple[ArchiveLink, ...] = ()
    archived: int = 0
    remains: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """Of the items of one listing page, by canonical address, those that are ``fresh``.

    Fresh is what this walk had not listed before, and ``news`` what no walk ever had.
    """

    fresh: frozenset[str]
    news: frozenset[str]
