"""The 100 histories for which nothing must be reported: events at press rooms that work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from benchmarks.breakages_parts.faults import ROBOTS, at_listing, everywhere, themed
from benchmarks.breakages_parts.history import FOR_EVER, ROOMS, Fault, History, noon
from benchmarks.breakages_parts.interstitials import leads_to, said, shown
from benchmarks.breakages_parts.living_room import FIRST, Habit, LivingRoom
from benchmarks.breakages_parts.relaunch import Theme
from benchmarks.breakages_parts.web_server import Answer, Asked

HALF_AN_HOUR: Final = dt.timedelta(minutes=30)


def unbroken_histories() -> list[History]:
    """All of them: each kind at each room."""
    return [
        History(kind, "unbroken", room, **more(room) if callable(more) else more)
        for kind, more in KINDS.items()
        for room in ROOMS
    ]


def at(days: int, fault: Fault, minutes: int = 30) -> dict[str, Any]:
    """A room that answers otherwise for a while around the visit of a day."""
    for_ = dt.timedelta(minutes=minutes)
    return {"faults": [(noon(days) - for_, noon(days) + for_, fault)]}


def since(days: int, fault: Fault) -> dict[str, Any]:
    """A room that answers otherwise from the visit of a day on."""
    return {"faults": [(noon(days) - HALF_AN_HOUR, FOR_EVER, fault)]}


def edit(room: LivingRoom) -> None:
    """The last releases get another paragraph."""
    for one in room.shown()[:3]:
        more = msgspec.structs.replace(
            one, body=f"{one.body}\n\nUpdate 2: 4 711 more.", modified=room.now
        )
        room.replace(one, more)


def retract(room: LivingRoom) -> None:
    """One release of the last ones is taken down."""
    room.withdrawn.add(room.shown()[2].key)


def retract_some(room: LivingRoom) -> None:
    """Three are."""
    room.withdrawn.update(one.key for one in room.shown()[1:6:2])


def pin(room: LivingRoom) -> None:
    """An old release leads the listing."""
    old = room.shown()[-1].key
    room.arranged = lambda items: sorted(items, key=lambda one: one.key != old)


def shorten(room: LivingRoom) -> None:
    """The listing ends after two pages from now on."""
    room.arranged = lambda items: items[: 2 * room.room.per_page]


def slow_page(room: LivingRoom, asked: Asked) -> Answer | None:
    """The newest release does not answer."""
    newest = room.room.address(room.shown()[0])
    return Answer(how="hang") if asked.path == newest else None


def failing_page(room: LivingRoom, asked: Asked) -> Answer | None:
    """The newest release answers 500."""
    newest = room.room.address(room.shown()[0])
    return said("<h1>500</h1>", 500) if asked.path == newest else None


def missing_page(room: LivingRoom, asked: Asked) -> Answer | None:
    """One of the releases that are listed answers 404, and so it stays."""
    one = room.release_at(asked.path)
    return shown("soft_404", 404) if one and one.key == room.releases[28].key else None


def moved(room: LivingRoom, asked: Asked) -> Answer | None:
    """All releases have new addresses, to which the old ones lead."""
    if number := room.listing_number(asked.path):
        markup = room.listing_page(number, room.listed)
        for one in room.listed:
            place = room.view(asked.path).link(one)
            markup = markup.replace(f'"{place}"', f'"/pressroom/{one.key}"')
        return room.html(markup)
    if asked.path.startswith("/pressroom/"):
        key = asked.path.removeprefix("/pressroom/")
        found = next((one for one in room.releases if one.key == key), None)
        return room.html(room.release_page(found)) if found else None
    release = room.release_at(asked.path)
    return leads_to(f"/pressroom/{release.key}", 301) if release else None


def with_login_box(room: LivingRoom, asked: Asked) -> Answer | None:
    """All pages carry a login for journalists, and a banner on cookies."""
    box = (
        '<div class="login-box"><form action="/login" method="post"><input type="text" name="u">'
        '<input type="password" name="p"><button>Log in</button></form></div>'
        '<div id="cookie">We use cookies. <button>Accept all</button></div></body>'
    )
    whole = room.answer(Asked(asked.host, asked.path))
    if asked.path == ROBOTS or whole.status != 200:  # noqa: PLR2004 - HTTP's
        return None
    return Answer(whole.body.replace(b"</body>", box.encode()), 200, whole.content_type)


def brief(room: LivingRoom) -> None:
    """It publishes short notices among its releases."""
    for one in room.releases[::3]:
        words = one.body.split()[:12]
        room.replace(one, msgspec.structs.replace(one, body=" ".join(words)))


def series(room: LivingRoom) -> None:
    """Two of three releases belong to series, each of one title."""
    for number, one in enumerate(list(room.releases)):
        if number % 3:
            title = ("Bulletin", "Weekly figures")[number % 3 - 1]
            room.replace(one, msgspec.structs.replace(one, title=f"{title} of the office"))


def attachments_only(room: LivingRoom) -> None:
    """Each fifth release has next to no text."""
    for one in room.releases[::5]:
        room.replace(one, msgspec.structs.replace(one, body=one.body.split("\n\n")[0][:60]))


KINDS: Final[Mapping[str, Mapping[str, Any] | Callable[[str], Mapping[str, Any]]]] = {
    "ordinary": {},
    "edits": {"happens": [(noon(day), edit) for day in (2, 4, 7)]},
    "a quiet fortnight": {
        "habit": Habit(
            before=24, chance=0.2, rest=(FIRST + dt.timedelta(3), FIRST + dt.timedelta(16))
        )
    },
    "a new theme": since(4, themed(Theme())),
    "a page that is missing": since(4, missing_page),
    "a slow page": at(4, slow_page),
    "many a day": {"habit": Habit(each=4)},
    "a retraction": {"happens": [(noon(4), retract)]},
    "three retractions": {"happens": [(noon(4), retract_some)]},
    "503 once": at(4, everywhere(said("<h1>503</h1>", 503), robots=True)),
    "429 once": at(4, everywhere(said("<h1>429</h1>", 429, Retry_After="60"))),
    "no answer once": at(4, everywhere(Answer(how="drop"), robots=True)),
    "an empty listing once": at(4, at_listing(said("<html><body></body></html>"))),
    "a failing page once": at(4, failing_page),
    "moved with redirects": since(4, moved),
    "an old one on top": {"happens": [(noon(4), pin)]},
    "an archive that is cut": {"happens": [(noon(4), shorten)]},
    "a login box on pages": since(4, with_login_box),
    "short notices and series": lambda room: {
        "happens": [(noon(0), brief if room < "merrow" else series)]
    },
    "a feed beside": {"feed": True, "happens": [(noon(0), attachments_only)]},
}
"""By kind what is said to ``Unbroken``, for all rooms or by room."""
