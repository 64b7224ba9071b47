"""What one visit saw of a source beside its releases, for its health to be judged by.

What lasts over several visits is carried from each report to the next, so the last one is enough.
"""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

import msgspec

Facts = TypeVar("Facts", bound=msgspec.Struct)


class Streak(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was seen in ``visits`` in a row: how many of it, and since when."""

    count: int = 0
    visits: int = 0
    since: dt.datetime | None = None

    def go_on(self, count: int, at: dt.datetime, *, add: bool = False) -> Streak:
        """The streak after one more visit that saw so many; none of them ends it.

        With ``add`` they come to those that were seen before.
        """
        if not count:
            return Streak()
        return Streak(count + self.count * add, self.visits + 1, self.since or at)


class PageFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many pages of releases lack what others have: a text, a date, a title of their own.

    Letters of ``garbled`` ones became others on the way.

    Those that were ``refused`` are not what is stored: where they are again what they were before,
    their server says that they have not changed.
    """

    thin: Streak = Streak()
    undated: Streak = Streak()
    same_title: Streak = Streak()
    same_text: Streak = Streak()
    garbled: Streak = Streak()
    refused: bool = False

    @property
    def most(self) -> int:
        """How many pages lack the same; of those with one title all else is stored."""
        streaks = (self.thin, self.undated, self.same_text)
        return max(streak.count for streak in streaks)


class VisitFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a visit saw; each part is as it was before where the visit could not tell.

    ``rules`` names the listing and how it is read: what was seen by others is not compared.
    ``place`` is the address at which the listing answers where that is not its own, and ``usual``
    the one at which it used to.
    ``rows`` are the releases on its first page, and ``newest`` their last day, as ISO has it;
    ``dateless`` are those rows where none has a date any more, as rows used to;
    ``changes`` counts visits in which what left it was pushed off by what came. ``lost`` are the
    rows that left it otherwise, of ``rows_before``, and ``missing`` their canonical addresses where
    older ones stand in for them; ``replaced`` says that no row of before is
    left. ``behind`` are releases that are known and newer than all that it shows; where that is a
    feed, than all that the page beside it shows, if that has ``page_kept_up`` with it before.
    ``unread`` are listed releases whose pages can't be read, as the last of them is told by
    ``unread_kind`` and ``unread_why``; ``excused`` are those that failed while others were read.
    ``known`` is of the pages of stored releases, read once more, and ``new`` of those of new ones.
    ``unmatched`` are the keys of selectors that matched nothing. ``no_feed`` are the visits in
    which the feed could not be read, though the page was. ``certificate_ended`` is the day on which
    the certificate of its site ended, if that has ``certificate_held`` in a visit before. ``named``
    are the releases that pages ever named, those that were known and those that no listing had
    shown; of the last while these are ``missed``, beside so many ``known_meanwhile``. ``explicit``
    visits were asked for by a person.
    """

    rules: str = ""
    explicit: bool = False
    place: str = ""
    usual: str = ""
    rows: int = 0
    newest: str = ""
    dateless: Streak = Streak()
    changes: int = 0
    lost: Streak = Streak()
    rows_before: int = 0
    missing: tuple[str, ...] = ()
    replaced: bool = False
    behind: Streak = Streak()
    newest_known: str = ""
    page_kept_up: bool = False
    unread: Streak = Streak()
    unread_kind: str = ""
    unread_why: str = ""
    excused: tuple[str, ...] = ()
    known: PageFacts = PageFacts()
    new: PageFacts = PageFacts()
    unmatched: tuple[str, ...] = ()
    no_feed: Streak = Streak()
    certificate_held: bool = False
    certificate_ended: str = ""
    named: tuple[int, int] | None = None
    missed: Streak = Streak()
    known_meanwhile: int = 0


def lean(facts: VisitFacts) -> VisitFacts:
    """The same facts, of which only what says something is written out.

    msgspec leaves out what is the very default of a field, not what is merely equal to it.
    """
    known, new = map(_with_defaults, (facts.known, facts.new))
    return _with_defaults(msgspec.structs.replace(facts, known=known, new=new))


def _with_defaults(facts: Facts) -> Facts:
    empty = type(facts)()
    same = {
        name: getattr(empty, name)
        for name in facts.__struct_fields__
        if getattr(facts, name) == getattr(empty, name)
    }
    return msgspec.structs.replace(facts, **same)
