"""What the templates of the press rooms are given: links, dates, counters and boxes of the day."""

from __future__ import annotations

import datetime as dt
import email.utils
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from scheduler.demo.files import pdf, png
from scheduler.demo.rooms import FOLDER, Room, Showing
from scheduler.demo.texts import File, ReleaseText

INNER_LINK = re.compile(r"\[([^\]]+)\]\(@([^)]+)\)")
OTHERS = 3
"""How many other releases a box or a tail names."""


@cache
def templates() -> jinja2.Environment:
    """The templates of all rooms; a name that a template misspells is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class View:
    """One page about to be written: what it shows, and the address that links start from.

    ``base`` is the room's origin (``http://127.0.0.1:8081``), ``here`` the page's path.
    """

    showing: Showing
    base: str
    here: str

    def render(self, template: str, **more: Any) -> str:
        """The page that the room's own ``template`` makes of this view."""
        room = self.showing.room
        found = templates().get_template(f"{self.showing.id}/{template}")
        return found.render(view=self, room=room, day=self.showing.day, base=self.base, **more)

    def href(self, path: str) -> str:
        """``path`` as this room writes links."""
        room = self.showing.room
        if room.links == "base":
            folder = posixpath.dirname(room.listing_path or "/") + "/"
            return path.removeprefix(folder)
        if room.links == "relative":
            bare, mark, query = path.partition("?")
            start = posixpath.dirname(self.here.partition("?")[0])
            return posixpath.relpath(bare, start) + mark + query
        return path

    def link(self, release: ReleaseText) -> str:
        """A link to the release's page, as this room writes links."""
        return self.href(self.showing.room.address(release))

    def image(self, image: File, width: int | None = None) -> str:
        """The path of an image of that width in pixels, by default the narrowest."""
        room = self.showing.room
        return room.image_path.format(name=image.name, width=width or room.image_widths[0])

    def file(self, file: File) -> str:
        """The path of an attachment."""
        return self.showing.room.file_path.format(name=file.name)

    def kilobytes(self, file: File) -> int:
        """The size of an attachment, in kilobytes rounded up, as a page names it."""
        return -(-len(pdf(file.title)) // 1024)

    def image_bytes(self, image: File) -> int:
        """The size of an image at its widest, in bytes."""
        return len(png(image.name, max(self.showing.room.image_widths)))

    def date(self, release: ReleaseText, form: str | None = None) -> str:
        """The day of a release in the room's own words and digits."""
        return written_day(self.showing.room, release.day, form)

    def inline(self, text: str) -> Markup:
        """The text escaped, its links to other releases of the room made live."""
        known = {release.key: release for release in self.showing.releases}
        out, last = Markup(), 0
        for match in INNER_LINK.finditer(text):
            out += escape(text[last : match.start()])
            label, key = match.groups()
            target = self.link(known[key]) if key in known else None
            if target:
                out += Markup('<a href="{}">{}</a>').format(target, label)
            else:
                out += escape(label)
            last = match.end()
        return out + escape(text[last:])

    def others(self, release: ReleaseText) -> tuple[ReleaseText, ...]:
        """Other releases that the page names; each day names others."""
        rest = [other for other in self.showing.releases if other.key != release.key]
        start = (len(release.key) + self.showing.day * OTHERS) % len(rest)
        return tuple((rest + rest)[start : start + OTHERS])

    def popular(self) -> tuple[ReleaseText, ...]:
        """The most-read releases, whichever page names them; each day has its own order."""
        ranked = sorted(self.showing.releases, key=self.visits)
        start = self.showing.day % OTHERS
        return tuple(ranked[start :: len(ranked) // OTHERS][:OTHERS])

    def visits(self, release: ReleaseText) -> int:
        """What the view counter shows: it grows from day to day."""
        return 40 + sum(release.key.encode()) % 700 + 137 * self.showing.day

    @staticmethod
    def rfc822(release: ReleaseText) -> str:
        """The instant of publication as RSS writes it, in the offset that the author gave."""
        return email.utils.format_datetime(release.instant)

    @staticmethod
    def summary(release: ReleaseText) -> str:
        """The first paragraph without links, cut after some 24 words."""
        words = INNER_LINK.sub(r"\1", release.blocks[0].text).split()
        return " ".join(words[:24]) + (" […]" if len(words) > 24 else "")  # noqa: PLR2004 - as said above


def written_day(room: Room, day: dt.date, form: str | None = None) -> str:
    """``day`` by the room's ``day_format``, or another, in the room's digits."""
    text = (form or room.day_format).format(
        day=day.day,
        day2=f"{day.day:02}",
        month=room.months[day.month - 1],
        month1=day.month,
        month2=f"{day.month:02}",
        year=day.year,
        weekday=room.weekdays[day.weekday()] if room.weekdays else "",
    )
    return text.translate(room.native)
