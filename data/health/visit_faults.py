"""Detection of faults in the extraction of a source whose visits succeed.

The checks use only the facts of the last visit (data.models.VisitFacts), which include facts about
earlier visits. An alert is sent only after further visits confirm the fault
(data.health.health_changes).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from data.health.codes import CODES, Verdict, state_of_code
from data.health.run_errors import code_of
from data.models import Run, Streak, VisitFacts
from data.wording import counted

MIN_MISSED: Final = 5
"""A fault is reported only if at least this many linked releases are missing in all listings."""
MIN_MISSED_SHARE: Final = 0.2
"""A fault is reported only if at least this share of linked releases is missing in all listings."""

MIN_PAGES: Final = 2
"""Minimum number of release pages with the same problem for which a fault is reported. A single
page may be chance."""


def first_sign(run: Run) -> Verdict | None:
    """Return the verdict about the first fault shown by the last successful visit, or None.

    The source counts as degraded, not as failed, if it works despite all faults of the visit.
    """
    if run.facts is None:
        return None
    found = [verdict for sign in SIGNS if (verdict := sign(run, run.facts))]
    if not found:
        return None
    works = all(CODES[one.code].may_degrade for one in found)
    return found[0]._replace(degraded=works)


def unread(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if releases are listed, but their pages can't be extracted."""
    if not facts.unread.count:
        return None
    code = code_of(facts.unread_kind)
    if state_of_code(code) != "blocked":
        code = "release.unread"
    releases = counted(facts.unread.count, "release")
    verb = "is" if facts.unread.count == 1 else "are"
    reason = f"{releases} {verb} listed, but could not be read {since(facts.unread, run)}"
    return Verdict(code, f"{reason}: {facts.unread_why}")


def moved_listing(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if the listing redirects to a page that does not list the releases."""
    del run
    if facts.replaced and facts.place and facts.place != facts.usual:
        return Verdict(
            "listing.moved",
            f"its listing redirects to {facts.place} now, which lists none of its releases",
        )
    return None


def lost_rows(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if rows disappeared from the listing and no newer rows replaced them."""
    if not facts.lost.count:
        return None
    when = since(facts.lost, run)
    if facts.replaced:
        reason = f"none of the {facts.rows_before} releases listed before has been listed {when}"
    else:
        gone = f"{facts.lost.count} of the {facts.rows_before} releases listed before"
        reason = f"{gone} have disappeared {when}, but nothing newer took their place"
    return Verdict("listing.lost_rows", reason)


def stands_still(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if known releases are newer than all releases in the listing."""
    if not facts.behind.count:
        return None
    reason = (
        f"the newest release in its listing is from {facts.newest}, but one from"
        f" {facts.newest_known} is known {since(facts.behind, run)}"
    )
    return Verdict("listing.stands_still", reason)


@dataclass(frozen=True, slots=True)
class PageFault:
    """A fault found on single release pages: its code, and the PageFacts field that counts it.

    ``least`` is the minimum number of pages with this fault, and ``pages_with`` describes them.
    """

    code: str
    field: str
    least: int
    pages_with: str

    def __call__(self, run: Run, facts: VisitFacts) -> Verdict | None:
        """Return a verdict if enough pages have the fault."""
        found = (getattr(facts.known, self.field), getattr(facts.new, self.field))
        streak = most(*found, least=self.least)
        if streak is None:
            return None
        return Verdict(self.code, f"{pages(streak)} {since(streak, run)} {self.pages_with}")


def undated(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if releases have no date although earlier releases had dates."""
    # A single date may have been forgotten, unless the rows of the listing have no dates either.
    least = 1 if facts.dateless.count else MIN_PAGES
    streak = most(facts.known.undated, facts.new.undated, least=least)
    if streak is None:
        return None
    return Verdict(
        "release.fields_lost",
        f"{pages(streak)} {since(streak, run)} without a date, but earlier releases have dates",
    )


def selectors(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if selectors in the source file match nothing."""
    del run
    if not facts.unmatched:
        return None
    named = ", ".join(facts.unmatched)
    verb = "matches" if len(facts.unmatched) == 1 else "match"
    return Verdict("selector.no_match", f"{named} in its source file {verb} nothing on its pages")


def feed(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if the feed can't be read, or lacks new releases that the page has."""
    stale = next((error for error in run.errors if error.kind == "stale"), None)
    if stale:
        return Verdict("feed.stale", stale.message)
    if not facts.no_feed.count:
        return None
    reason = f"its feed can't be read {since(facts.no_feed, run)}; its HTML page is read instead"
    return Verdict("feed.unread", reason)


def restless(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if most of a followed single page changes at every visit."""
    del facts
    error = next((error for error in run.errors if error.kind == "restless"), None)
    return Verdict("page.restless", error.message) if error else None


def recall(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if pages link to many releases that the listing does not show."""
    named = facts.missed.count + facts.known_meanwhile
    if facts.missed.count < MIN_MISSED or facts.missed.count < MIN_MISSED_SHARE * named:
        return None
    reason = (
        f"{facts.missed.count} of {named} releases linked from its pages"
        f" {since(facts.missed, run)} were found only through these links, not in its listings"
    )
    return Verdict("recall.low", reason)


def certificate(run: Run, facts: VisitFacts) -> Verdict | None:
    """Return a verdict if the TLS certificate of the site has expired.

    Visits continue, but browsers refuse the site.
    """
    del run
    if not facts.certificate_ended:
        return None
    return Verdict(
        "site.certificate",
        f"the certificate of its site expired on {facts.certificate_ended}: browsers refuse the"
        " site, but visits continue",
    )


SIGNS: Final[tuple[Callable[[Run, VisitFacts], Verdict | None], ...]] = (
    *(moved_listing, unread, selectors),
    PageFault("release.texts_alike", "same_text", MIN_PAGES, "with the same text"),
    PageFault("release.titles_alike", "same_title", 1, "with the same title"),
    PageFault(
        *("release.garbled", "garbled", MIN_PAGES),
        "with garbled letters, probably because of a wrong character set",
    ),
    PageFault(
        *("release.thin", "thin", MIN_PAGES),
        "with less than half of the usual text, or none",
    ),
    *(undated, lost_rows, stands_still, feed, recall, restless, certificate),
)
"""All checks for faults, in order. Only the first fault is reported, because it may cause the later
ones."""


def most(*streaks: Streak, least: int = MIN_PAGES) -> Streak | None:
    """Return the streak with the highest count, or None if no streak has a count of ``least``."""
    found = max(streaks, key=lambda streak: streak.count)
    return found if found.count >= least else None


def pages(streak: Streak) -> str:
    """Return a phrase for a sentence: the number of release pages with a fault."""
    return f"{counted(streak.count, 'release')} {'was' if streak.count == 1 else 'were'} read"


def since(streak: Streak, run: Run) -> str:
    """Return a phrase for a sentence: the time since which a fault has been seen."""
    at = (streak.since or run.started).astimezone(dt.UTC)
    return f"since {at:%Y-%m-%d %H:%M} UTC"
