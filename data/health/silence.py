"""Expected day of the next release, and the day from which silence is too long to be chance.

For every day since the last release, the expected number of releases is added up, according to the
source's rhythm and the activity of the country's other sources. Future days are assumed to be
usual. Silence is reported if a wait is so unlikely that a healthy source would be reported about
once a year. A source that publishes on 200 days a year has 200 waits a year.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp
from typing import Final

from data.health.activity import NO_OTHERS, Activity, activity_by_zone, fade
from data.health.codes import Verdict
from data.health.rhythm import (
    MAX_AGE_DAYS,
    MAX_FALSE_ALARMS,
    ReleaseWait,
    calendar_weight,
    days_of_year,
    learn_rhythm,
)
from data.models import Facet, Rhythm, SourceRhythm
from data.store.core.store import Store
from data.wording import counted

LATE_PROBABILITY: Final = 0.02
"""Maximum probability of a wait at which the next release counts as late."""

MAX_WAIT_DAYS: Final = 400
"""Number of days after which a source counts as silent, whatever its rhythm."""


WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""English names of the months, independent of the locale."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The time when the next release of a source is expected.

    ``by`` is the last day on which the release would not be late, and ``silent`` the first day on
    which the source counts as silent. ``last`` is the day of the last release, and ``since`` the
    first usual publication day after it. ``releases`` is the expected number of days with a release
    between ``last`` and the given day.
    """

    last: dt.date
    since: dt.date
    by: dt.date
    silent: dt.date
    releases: float


def expected_after(rhythm: Rhythm, activity: Activity, today: dt.date) -> Expected:
    """Return the time when the next release of a source is expected, as of ``today``'s start."""
    now = today.toordinal()
    last = rhythm.last.toordinal()
    waits = days_of_year(rhythm.hazards)
    usual = sum(rhythm.hazards) / 7
    since = by = silent = None
    releases = before = 0.0
    for day, hazard, wait in waiting(rhythm, activity, now):
        if since is None and hazard >= usual / 2:
            since = day
        if by is None and wait.chance <= LATE_PROBABILITY:
            by = day
        if silent is None and wait.chance * waits <= MAX_FALSE_ALARMS:
            silent = day + 1
        if day < now:
            releases += 1 - exp(before - wait.expected)
            before = wait.expected
        elif silent and by:
            break
    silent = silent or last + MAX_WAIT_DAYS
    by = min(by or silent - 1, silent - 1)
    of = dt.date.fromordinal
    return Expected(rhythm.last, of(since or last + 1), of(by), of(silent), releases)


def waiting(
    rhythm: Rhythm, activity: Activity, now: int
) -> Iterator[tuple[int, float, ReleaseWait]]:
    """Yield each day after the last release, its hazard, and the wait up to this day.

    Days are ordinals. From the day ``now`` on, the activity of other sources is unknown.
    """
    rests = [(first.toordinal(), end.toordinal()) for first, end in rhythm.rests]
    published, asked = list(rhythm.published), list(rhythm.asked)
    wait = ReleaseWait(rhythm.follows, rhythm.evidence)
    last = rhythm.last.toordinal()
    for day in range(last + 1, last + MAX_WAIT_DAYS):
        weekday = (day - 1) % 7
        others = NO_OTHERS
        if day < now:
            others = activity.others(
                day, published=False, heard=published[weekday], asked=asked[weekday]
            )
        hazard = rhythm.hazards[weekday] * calendar_weight(day, activity, rests)
        wait.add(hazard, others)
        yield day, hazard, wait
        fade(published)
        fade(asked)
        asked[weekday] += not activity.is_holiday(day)


def expectations(
    store: Store, days: Mapping[str, dt.date]
) -> tuple[dict[str, Expected | None], dict[str, SourceRhythm]]:
    """Return the expectation for each source on a day (in its time zone), and new rhythms.

    The expectation is None if a source has too few releases. The new rhythms were learned in this
    call. Store them to avoid learning them again.
    """
    if not days:
        return {}, {}
    sources, counts, known = store.sources(), store.facets(), store.rhythms()
    until = max(days.values())
    since = until - dt.timedelta(days=MAX_AGE_DAYS)
    first_days: dict[str, list[dt.date]] = {}
    for name, day in store.first_days().items():
        first_days.setdefault(sources[name].timezone, []).append(day)
    activity = activity_by_zone(
        store.publishing_sources(since), first_days, since=since, until=until
    )
    expected: dict[str, Expected | None] = {}
    fresh = {}
    for name, day in days.items():
        releases = counts.get(Facet(source=name), 0)
        around = activity.get(sources[name].timezone)
        found = known.get(name)
        if found is None or found.releases != releases:
            learned = learn_rhythm(store.release_days(name), around) if around else None
            found = fresh[name] = SourceRhythm(releases, learned)
        rhythm = found.rhythm
        expected[name] = expected_after(rhythm, around, day) if rhythm and around else None
    return expected, fresh


def verdict_of_rhythm(day: dt.date, expected: Expected | None) -> Verdict:
    """Return whether a working source is as usual, late or silent on a day, given its rhythm."""
    if expected is None:
        return Verdict("ok", "it works, but has too few releases to know its rhythm")
    if day <= expected.by:
        return Verdict("ok", "it works")
    if day < expected.silent:
        return Verdict("late", f"a release was expected by {spoken(expected.by, day)}")
    # ``expected.releases`` counts days with a release, because a day may have several releases.
    # Whether the source was always visited is unknown here, so the sentence only compares the page
    # with the rhythm.
    due = counted(max(round(expected.releases), 1), "release")
    since = spoken(expected.since, day)
    last = spoken(expected.last, day, weekday=False)
    return Verdict(
        "silent",
        f"the page responds, but its newest date is {last}; "
        f"its rhythm suggests {due} since {since}",
    )


def spoken(day: dt.date, today: dt.date, *, weekday: bool = True) -> str:
    """Format a day as readable text, relative to ``today``."""
    named = f"{WEEKDAYS[day.weekday()]} " if weekday else ""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{named}{day.day} {MONTHS[day.month - 1]}{year}"
