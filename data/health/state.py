"""How a source is: whether it works, and whether it is heard of as often as it used to be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from data.clock import zone_or_utc
from data.health.expected import Expected
from data.models import Run, RunError, Source
from data.text.redaction import redacted
from data.wording import counted

State: TypeAlias = Literal["ok", "late", "silent", "failing", "blocked", "new"]

WELL: Final = {"ok", "late", "new"}
"""States in which nobody has to look at a source; late is still well."""

KEEPS_OUT = {"robots", "blocked", "http:401", "http:403", "http:429", "http:451", "wait:429"}
"""Kinds of errors of a site that does not want us, not of one that is broken."""

VANISHED = "vanished"
"""The kind of error by which much of a source is gone at once: a person has to look."""

WAIT = "wait"
"""The family of errors by which a host asks us to stay away for a while."""

LOST = {"bug", "store"}
"""Kinds of errors by which we ourselves lose what a page says, until a later visit."""

ARCHIVE = "archive"
"""The kind of error by which the archive failed and what was served is not kept: see the disk."""

FILE = "file"
"""The family of errors of files that belong to releases: a source works without them."""


WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""As English has them, whatever the locale."""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a source as of its last run, and why: ``expected`` is None without a rhythm."""

    source: str
    state: State
    last_release: str | None
    expected: Expected | None
    last_run: dt.datetime | None
    reason: str

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at it."""
        return self.state in WELL


def health_of(
    source: Source, run: Run | None, last_release: str | None, expected: Expected | None
) -> Health:
    """The health of a source after its last run."""
    last_run = run.started if run else None
    state, reason = state_of(source, run, expected, has_releases=last_release is not None)
    return Health(source.id, state, last_release, expected, last_run, reason)


def state_of(
    source: Source, run: Run | None, expected: Expected | None, *, has_releases: bool
) -> tuple[State, str]:
    """The state of a source after its last run, and why.

    Silence is judged by the day of that run: whoever does not look can't say that nothing came.
    """
    if run is None:
        return "new", "it was not visited yet"
    lost = [error for error in run.errors if error.kind in LOST]
    if not works(run):
        urgent = [error for error in run.errors if error.kind in {VANISHED, ARCHIVE}]
        first = next(iter(urgent or lost or errors_of_pages(run)))
        reason = redacted(f"{first.family}: {first.message} ({first.url})")
        return "blocked" if is_blocked(run) else "failing", reason
    state: State = "new"
    reason = "no release of it has been found yet"
    if has_releases:
        state, reason = heard(day_of_run(source, run), expected)
    if lost:
        pages = counted(len({error.url for error in lost}), "page")
        reason = f"{reason}; {pages} of its last visit could not be dealt with: {lost[0].message}"
    return state, reason


def day_of_run(source: Source, run: Run) -> dt.date:
    """The day on which a run began, in the zone of its source."""
    return run.started.astimezone(zone_or_utc(source.timezone)).date()


def heard(day: dt.date, expected: Expected | None) -> tuple[State, str]:
    """Whether a source that works is heard of, as of a day, and why."""
    if expected is None:
        return "ok", "it works; its releases are too few to know its rhythm"
    if day <= expected.by:
        return "ok", "it works"
    if day < expected.silent:
        return "late", f"a release was expected by {spoken(expected.by, day)}"
    # Days with a release are counted: each may bring several.
    due = counted(max(round(expected.releases), 1), "release")
    since = spoken(expected.since, day)
    last = spoken(expected.last, day, weekday=False)
    return (
        "silent",
        f"{due} expected since {since}, none came; the page answers, its newest date is {last}",
    )


def spoken(day: dt.date, today: dt.date, *, weekday: bool = True) -> str:
    """A day as people say it, with its year where that is not today's."""
    named = f"{WEEKDAYS[day.weekday()]} " if weekday else ""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{named}{day.day} {MONTHS[day.month - 1]}{year}"


def works(run: Run) -> bool:
    """Whether a run could read any release, or had nothing to complain of.

    One that found releases and lost all of them on the way to the store does not work, nor does one
    that could read none of them, from which many vanished at once, or whose pages could not be
    archived.
    """
    errors = errors_of_pages(run)
    if not {VANISHED, ARCHIVE}.isdisjoint(error.kind for error in errors):
        return False
    if not errors:
        return True
    if run.found and run.new + run.changed + run.unchanged + run.retracted:
        return True
    # A site that is only asked for what is new may have one page that fails, and work.
    failed = len({error.url for error in errors})
    return failed < run.found and {error.family for error in errors}.isdisjoint(LOST | {WAIT})


def errors_of_pages(run: Run) -> list[RunError]:
    """What went wrong in a run but for files that belong to releases."""
    return [error for error in run.errors if error.family != FILE]


def is_blocked(run: Run) -> bool:
    """Whether all that went wrong in a run says that the site keeps us out."""
    return all(error.kind in KEEPS_OUT for error in errors_of_pages(run))
