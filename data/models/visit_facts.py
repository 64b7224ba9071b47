"""Facts from a visit, apart from releases, by which the health of a source is judged.

Facts about several visits are copied from each report to the next, so the last report is enough.
"""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

import msgspec

Facts = TypeVar("Facts", bound=msgspec.Struct)


class Streak(msgspec.Struct, frozen=True, omit_defaults=True):
    """Number of successive ``visits`` with the same finding, the time of the first, and a count."""

    count: int = 0
    visits: int = 0
    since: dt.datetime | None = None

    def go_on(self, count: int, at: dt.datetime, *, add: bool = False) -> Streak:
        """Return the streak after one more visit that counted ``count`` cases of the finding.

        A count of 0 ends the streak. With ``add``, the count is added to the earlier count.
        """
        if not count:
            return Streak()
        return Streak(count + self.count * add, self.visits + 1, self.since or at)


class PageFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers of release pages without a text or date, or with the title or text of other pages.

    ``garbled`` pages have wrongly decoded letters. ``refused`` is true if such pages were not
    stored. In that case, a later 304 response does not mean that the stored version is right.
    """

    thin: Streak = Streak()
    undated: Streak = Streak()
    same_title: Streak = Streak()
    same_text: Streak = Streak()
    garbled: Streak = Streak()
    refused: bool = False

    @property
    def most(self) -> int:
        """Return the number of pages with the most frequent fault that prevents storing pages."""
        streaks = (self.thin, self.undated, self.same_text)
        return max(streak.count for streak in streaks)


class VisitFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Findings of a visit. Facts that the visit could not determine are copied from the last visit.

    - ``rules`` identifies the listing and its rules; facts under other rules are not compared.
    - ``explicit`` is true for visits that an operator requested.
    - ``is_page`` is true if the source is a single page, which has no rhythm.
    - ``waits`` is true if a single page shows a change that the next visit may confirm.
    - ``place`` is the address where the listing was found if it differs from its own address.
    - ``usual`` is the ``place`` in the first visit that found rows.
    - ``rows`` is the number of releases on the first page, ``newest`` their last ISO day.
    - ``dateless`` counts rows if none has a date although rows used to have dates.
    - ``changes`` counts visits in which new rows replaced old rows.
    - ``lost`` counts rows, of ``rows_before``, that disappeared for another reason.
    - ``missing`` lists the canonical addresses of lost rows if older rows replaced them.
    - ``replaced`` means that no earlier row remains.
    - ``behind`` counts known releases that are newer than all releases in the listing. For a
      feed, these are releases newer than all releases on its page, if that ``page_kept_up``
      before.
    - ``unread`` counts listed releases with unreadable pages. ``unread_kind`` and ``unread_why``
      describe the last failure. ``excused`` pages failed while other pages were read.
    - ``known`` is about pages of stored releases that were read again, ``new`` about new pages.
    - ``unmatched`` lists the keys of selectors that matched nothing.
    - ``no_feed`` counts visits that could not read the feed although the page was readable.
    - ``certificate_ended`` is the day on which the site's TLS certificate expired, if it was valid
      (``certificate_held``) in an earlier visit.
    - ``named`` counts the releases that pages linked to: known releases (``known_meanwhile`` counts
      these), and releases that no listing had shown (their streak is ``missed``).
    """

    rules: str = ""
    explicit: bool = False
    is_page: bool = False
    waits: bool = False
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
    """Return equal facts that are encoded without default values.

    msgspec omits a field only if its value is the default object itself, not an equal object.
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
