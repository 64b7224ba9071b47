"""Responses that press rooms send instead of their pages, and changes of what they show."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

import msgspec

from benchmarks.breakages_parts.history import BEGUN, Fault
from benchmarks.breakages_parts.interstitials import leads_to, shown
from benchmarks.breakages_parts.living_room import LivingRoom
from benchmarks.breakages_parts.relaunch import Theme
from benchmarks.breakages_parts.web_server import Answer, Asked
from scheduler.demo.rooms import ReleaseText

ROBOTS: Final = "/robots.txt"


def at_listing(answer: Answer) -> Fault:
    """The pages of the listing answer with this."""
    return lambda room, asked: answer if room.is_listing(asked.path) else None


def at_releases(answer: Answer) -> Fault:
    """The pages of releases answer with this."""
    return lambda room, asked: answer if room.release_at(asked.path) else None


def everywhere(answer: Answer, *, robots: bool = False) -> Fault:
    """All pages answer with this, and robots.txt too if that is said."""
    return lambda _, asked: answer if robots or asked.path != ROBOTS else None


def at_robots(answer: Answer) -> Fault:
    """robots.txt answers with this."""
    return lambda _, asked: answer if asked.path == ROBOTS else None


def no_rows(note: str) -> Fault:
    """The listing is there and its rows are not, but for a note."""

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        if not room.is_listing(asked.path):
            return None
        text = room.listing_page(1, ())
        end = "</main>" if "</main>" in text else "</body>"
        return room.html(text.replace(end, f"<p>{note}</p>{end}"))

    return fault


def elsewhere(place: str, status: int) -> Fault:
    """The listing leads to a place, where there is a home page of the same or another site."""

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        if asked.host != room.host:
            return None if asked.path == ROBOTS else shown("portal")
        if room.is_listing(asked.path):
            return leads_to(place.format(port=room.port), status)
        return None

    return fault


def to_login(place: str) -> Fault:
    """All pages lead to a login."""

    def fault(_: LivingRoom, asked: Asked) -> Answer | None:
        if asked.path == ROBOTS:
            return None
        if asked.path.startswith("/login") or asked.host.startswith("sso"):
            return shown("login_form")
        return leads_to(place)

    return fault


def text(lines: str) -> Answer:
    """Plain text."""
    return Answer(lines.encode(), content_type="text/plain")


def to_consent(_: LivingRoom, asked: Asked) -> Answer | None:
    """All pages lead to one that asks for a consent."""
    if asked.path == ROBOTS:
        return None
    if asked.path.startswith("/consent"):
        return shown("consent")
    return leads_to("/consent?return=%2F")


def forbids_section(room: LivingRoom, asked: Asked) -> Answer | None:
    """robots.txt forbids the listing and all below it."""
    folder = room.listing_path.rpartition("/")[0] or room.listing_path
    return text(f"User-agent: *\nDisallow: {folder}\n") if asked.path == ROBOTS else None


def forbids_releases(room: LivingRoom, asked: Asked) -> Answer | None:
    """robots.txt forbids the pages of releases."""
    folder = room.room.release_path.partition("{")[0]
    return text(f"User-agent: *\nDisallow: {folder}\n") if asked.path == ROBOTS else None


def cut_listing(room: LivingRoom, asked: Asked) -> Answer | None:
    """The listing breaks off."""
    if not room.is_listing(asked.path):
        return None
    whole = room.answer(Asked(asked.host, asked.path))
    return replace(whole, how="cut")


def themed(theme: Theme) -> Fault:
    """The site is shown in another theme."""

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        number = room.listing_number(asked.path)
        if number:
            return room.html(theme.listing(room, number, room.listed))
        release = room.release_at(asked.path)
        return room.html(theme.release(room, release)) if release else None

    return fault


def thinned(part: float) -> Fault:
    """Pages of releases hold the first part of their text only, in the markup that they had."""

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        release = room.release_at(asked.path)
        if not release:
            return None
        words = " ".join(block.text for block in release.blocks).split()
        less = " ".join(words[: max(int(len(words) * part), 1)])
        return room.html(room.release_page(msgspec.structs.replace(release, body=less)))

    return fault


def titled(title: str) -> Fault:
    """All releases are called the same, on the listing and on their pages."""

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        def named(one: ReleaseText) -> ReleaseText:
            return msgspec.structs.replace(one, title=title)

        if number := room.listing_number(asked.path):
            return room.html(room.listing_page(number, [named(one) for one in room.listed]))
        release = room.release_at(asked.path)
        return room.html(room.release_page(named(release))) if release else None

    return fault


def one_page_for_all(room: LivingRoom, asked: Asked) -> Answer | None:
    """Whatever release is asked for, the first one is shown."""
    if not room.release_at(asked.path):
        return None
    return room.html(room.release_page(room.releases[-1]))


def garbled(how: str) -> Fault:
    """Letters beyond ASCII went ``twice`` through UTF-8, or became another character."""

    def spoilt(letter: str) -> str:
        if letter.isascii():
            return letter
        return letter.encode().decode("cp1252", "replace") if how == "twice" else how

    def fault(room: LivingRoom, asked: Asked) -> Answer | None:
        whole = room.answer(Asked(asked.host, asked.path))
        if asked.path == ROBOTS or whole.status != HTTPStatus.OK:
            return None
        spelt = "".join(map(spoilt, whole.body.decode(room.room.encoding)))
        return Answer(spelt.encode())

    return fault


def keep_half(room: LivingRoom) -> None:
    """Its listing shows each other row of what it showed, and nothing new."""
    kept = {one.key for one in room.shown(BEGUN)[::2]}
    room.arranged = lambda items: [one for one in items if one.key in kept]


def cut_to_half_page(room: LivingRoom) -> None:
    """Its listing ends after half of its first page, and lacks what is new."""
    kept = {one.key for one in room.shown(BEGUN)[3 : 3 + room.room.per_page // 2]}
    room.arranged = lambda items: [one for one in items if one.key in kept]


def stand_still(room: LivingRoom) -> None:
    """Its listing stands still."""
    room.frozen = BEGUN


def stop_feed(room: LivingRoom) -> None:
    """Its feed stands still."""
    room.frozen_feed = BEGUN


def stop(room: LivingRoom) -> None:
    """Nothing is published any more."""
    room.frozen = room.frozen_feed = BEGUN
