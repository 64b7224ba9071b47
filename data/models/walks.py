"""Walk through the pages of a listing, from the newest releases to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import History

ListingKind: TypeAlias = Literal["feed", "page"]
"""Kinds of listings: a feed (or API, or sitemap), and a page for readers."""


@dataclass(frozen=True, slots=True)
class ArchiveLink:
    """The address of a page that lists the releases of a year or month, or all older ones.

    ``period`` is the year (``2019``) or the month (``2019-03``), and empty if it is unknown.
    ``is_below`` is whether the address is closely related to the listing's address.
    """

    url: str
    period: str = ""
    is_below: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """The progress of a walk that began on the page at ``start``.

    ``rules`` names the rules that find the next page; other rules start a new walk. ``number``
    identifies the walk within its source. ``position`` is the last page read, where the walk
    resumes; empty before the first page. ``pages`` counts the pages read, ``idle`` the last of them
    that listed nothing new to this walk, and ``failed`` the successive visits that could not
    continue. ``first`` is true until a walk of this listing has ended.

    ``listed`` counts the releases that this walk listed. ``archives`` are still to be read, newest
    first; ``archived`` counts archives that were read and listed releases. ``remains`` is a clause
    about older releases that the pages mention but do not lead to. ``total`` is the number of
    releases that the listing claims, 0 if it claims none. ``forbidden`` is a clause about the first
    archive that robots.txt forbids.
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
    forbidden: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Canonical addresses of a listing page's items that are ``fresh`` or ``news``.

    Fresh items are new to this walk; ``news`` is new to every walk so far.
    """

    fresh: frozenset[str]
    news: frozenset[str]
