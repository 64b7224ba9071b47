"""The parts of a source's history: a press room, the events in it, and the times of visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from benchmarks.breakages_parts.living_room import FIRST, ORDINARY, Habit, LivingRoom
from benchmarks.breakages_parts.web_server import Answer, Asked
from data.health.codes import CODES

Fault = Callable[[LivingRoom, Asked], Answer | None]
"""What a room answers in place of its own answer; None leaves it."""

Happening = Callable[[LivingRoom], None]
"""Something that happens to a room at one time."""

Line = Literal["open", "closed", "no name", "plain", "expired"]
"""How a site is reached: nothing listens, its name or TLS is gone, its certificate has ended."""

ROOMS: Final = ("merrow", "wolkenried", "lunnogorsk", "qamaristan", "guneshqala")

NOON: Final = dt.time(12)


def noon(days: int, minutes: int = 0) -> dt.datetime:
    """Noon of a day counted from the first one, and some minutes."""
    day = FIRST + dt.timedelta(days=days)
    return dt.datetime.combine(day, NOON, dt.UTC) + dt.timedelta(minutes=minutes)


GOOD: Final = (noon(0), noon(1), noon(3))
"""On the Monday, Tuesday and Thursday."""

BEGUN: Final = noon(3, 60)
"""When what breaks does so."""

FOR_EVER: Final = noon(1000)

DAILY: Final = (noon(4), noon(7), noon(8))
QUICK: Final = (noon(4), noon(4, 3), noon(4, 6))
WEEKLY: Final = (noon(8), noon(18), noon(25))
LATER: Final = (noon(8), noon(9), noon(10))
"""The three visits after a break: by the day, as the service confirms a failure, by the week for
silence, and from the Tuesday after where a lag of a day is none."""


@dataclass(frozen=True)
class History:
    """A source: what happens at its room, when it is visited, and what is to be told by the end.

    ``states`` and ``codes`` are those that a person would choose; where there are none, nothing is
    to be told. ``faults`` say from when until when a room answers otherwise. ``rules`` are added to
    its source file. From BEGUN on it is reached by another ``line``, by HTTPS before if ``tls``.
    """

    kind: str
    name: str
    room: str
    states: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    happens: Sequence[tuple[dt.datetime, Happening]] = ()
    faults: Sequence[tuple[dt.datetime, dt.datetime, Fault]] = ()
    visits: Sequence[dt.datetime] = (*GOOD, *DAILY, noon(18))
    line: Line = "open"
    tls: bool = False
    feed: bool = False
    rules: str = ""
    habit: Habit = ORDINARY


def breakage(
    kind: str,
    name: str,
    room: str,
    *,
    codes: str,
    state: str = "failing",
    fault: Fault | None = None,
    begin: Happening | None = None,
    visits: Sequence[dt.datetime] = DAILY,
    **more: Any,
) -> History:
    """A source that breaks after its good visits; several codes have spaces between.

    From then on its room answers by a ``fault``, or something has happened to it. A source that
    still delivers in spite of its fault is ``ok``, and its alert says that it is degraded.
    """
    states = {*state.split()}
    if any(code in CODES and CODES[code].may_degrade for code in codes.split()):
        states.add("ok")
    return History(
        kind,
        name,
        room,
        frozenset(states),
        frozenset(codes.split()),
        happens=[(BEGUN, begin)] if begin else (),
        faults=[(BEGUN, FOR_EVER, fault)] if fault else (),
        visits=(*GOOD, *visits),
        **more,
    )


def family(
    kind: str, codes: str, faults: Mapping[str, Fault], *, state: str = "failing", first: int = 0
) -> Iterator[History]:
    """Breakages of one kind at one room after the other, each other one confirmed within minutes.

    ``first`` is the number of the first room.
    """
    for number, (name, fault) in enumerate(faults.items()):
        visits = QUICK if number % 2 else DAILY
        room = ROOMS[(number + first) % len(ROOMS)]
        yield breakage(kind, name, room, codes=codes, state=state, fault=fault, visits=visits)
