"""Breakages of releases, feeds and rules, and the health codes that a person would choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.breakages_parts.faults import (
    at_releases,
    cut_to_half_page,
    garbled,
    keep_half,
    one_page_for_all,
    stand_still,
    stop,
    stop_feed,
    themed,
    thinned,
    titled,
)
from benchmarks.breakages_parts.history import (
    DAILY,
    LATER,
    QUICK,
    ROOMS,
    WEEKLY,
    Happening,
    History,
    breakage,
    family,
)
from benchmarks.breakages_parts.interstitials import said, shown
from benchmarks.breakages_parts.living_room import Habit
from benchmarks.breakages_parts.relaunch import Theme
from benchmarks.breakages_parts.web_server import Answer


def broken_contents() -> Iterator[History]:
    """All of them."""
    yield from of_release_pages()
    yield from of_contents()
    yield from of_feeds()
    yield from of_rules()


def of_release_pages() -> Iterator[History]:
    """Listings that work, and pages of releases that don't."""
    yield from family(
        "release pages fail",
        "release.unread release.vanished",
        {
            "500": at_releases(said("<h1>Internal Server Error</h1>", 500)),
            "404": at_releases(shown("soft_404", 404)),
            "empty": at_releases(Answer()),
            "soft 404": at_releases(shown("soft_404")),
            "no answer": at_releases(Answer(how="drop")),
        },
    )
    yield from family(
        "release pages walled",
        "release.unread site.login site.challenge site.blocked",
        {
            "login": at_releases(shown("login_form")),
            "challenge, 403": at_releases(shown("cloudflare", 403)),
            "paywall": at_releases(shown("paywall")),
            "challenge": at_releases(shown("imperva")),
        },
        state="failing blocked",
        first=2,
    )


def of_contents() -> Iterator[History]:
    """Pages that are read, and say less than they did."""
    yield from family(
        "text lost",
        "release.thin",
        {
            "by scripts": themed(Theme(text="script")),
            "pages of scripts alone": at_releases(shown("shell")),
            "none": themed(Theme(text="none")),
            "none, same theme": thinned(0.0),
            "teaser": themed(Theme(text="half")),
        },
        first=1,
    )
    yield from family(
        "thinned by half",
        "release.thin",
        {
            "half": thinned(0.5),
            "two fifths": thinned(0.4),
            "half, at once": thinned(0.45),
        },
    )
    yield from family(
        "titles alike",
        "release.titles_alike release.texts_alike",
        {
            "Press release": titled("Press release"),
            "Pressemitteilung": titled("Pressemitteilung"),
            "new theme": themed(Theme(title="Новости")),
            "one page for all": one_page_for_all,
        },
    )
    yield from family(
        "dates lost",
        "release.fields_lost",
        {
            "new theme": themed(Theme(dates=False)),
            "new theme, at once": themed(Theme(dates=False)),
        },
    )
    yield from family(
        "garbled",
        "release.garbled",
        {
            "UTF-8 twice": garbled("twice"),
            "question marks": garbled("?"),
            "U+FFFD": garbled("\ufffd"),
        },
        first=2,
    )


def of_feeds() -> Iterator[History]:
    """Listings and feeds that stand still or lack what they had."""
    happenings: dict[str, Happening] = {
        "each other row": keep_half,
        "half a page": cut_to_half_page,
        "each other row, at once": keep_half,
        "half a page, at once": cut_to_half_page,
    }
    for number, (name, begin) in enumerate(happenings.items()):
        room, visits = ROOMS[number], (DAILY, QUICK)[number // 2]
        code = "listing.lost_rows listing.stands_still" if "half" in name else "listing.lost_rows"
        yield breakage("rows lost", name, room, codes=code, begin=begin, visits=visits)
    frozen = "newest date frozen"
    for room in ("merrow", "lunnogorsk"):
        yield breakage(
            frozen, "nothing else", room, codes="silent", state="silent", begin=stop, visits=WEEKLY
        )
    beside: dict[str, Any] = {"feed": True, "habit": Habit(each=2)}
    for room in ("wolkenried", "guneshqala"):
        code = "listing.stands_still"
        yield breakage(
            frozen, "the feed goes on", room, codes=code, begin=stand_still, visits=LATER, **beside
        )
    for room in ("merrow", "wolkenried"):
        yield breakage(
            "feed stale",
            "the page goes on",
            room,
            codes="feed.stale",
            begin=stop_feed,
            visits=LATER,
            **beside,
        )


def of_rules() -> Iterator[History]:
    """Source files whose selectors match nothing after a relaunch that is read well otherwise."""
    rules = {
        "wolkenried": '[listing]\nitem = ".card"\nlink = ".card__title a"\n',
        "qamaristan": '[listing]\nitem = ".khabar-mukhtasar"\nlink = "h2 a"\n',
        "merrow": '[release]\nbody = "td.txt"\n',
        "lunnogorsk": ('[release]\ntitle = "#ctl00_Main_lblTitle"\nbody = "#ctl00_Main_pnlText"\n'),
    }
    for number, (room, lines) in enumerate(rules.items()):
        yield breakage(
            "selectors",
            lines.split("\n")[1],
            room,
            codes="selector.no_match",
            fault=themed(Theme()),
            rules=lines,
            visits=(DAILY, QUICK)[number % 2],
        )
