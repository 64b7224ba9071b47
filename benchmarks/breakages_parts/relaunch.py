"""Another theme for any press room, which replaces its markup as a relaunch of a site does.

The relaunch may lose the dates, the text or the title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.breakages_parts.living_room import LivingRoom
from scheduler.demo.responses import listing_address
from scheduler.demo.rooms import ReleaseText


@dataclass(frozen=True)
class Theme:
    """How the new theme shows releases; ``title`` stands in place of all titles."""

    dates: bool = True
    text: str = "whole"
    title: str = ""

    def listing(self, room: LivingRoom, number: int, items: Sequence[ReleaseText]) -> str:
        """A page of the listing."""
        each = room.room.per_page
        rows = "".join(
            self._teaser(room, one) for one in items[(number - 1) * each : number * each]
        )
        following = ""
        if number * each < len(items):
            place = escape(listing_address(room.room, number + 1))
            following = f'<nav class="c-pager"><a rel="next" href="{place}">»</a></nav>'
        main = f'<h1 class="c-headline">{escape(room.room.name)}</h1>{rows}{following}'
        return self._page(room, room.room.name, main)

    def release(self, room: LivingRoom, release: ReleaseText) -> str:
        """The page of a release."""
        title = escape(self.title or release.title)
        day = self._day(room, release)
        paragraphs = [f"<p>{escape(block.text)}</p>" for block in release.blocks]
        text = {
            "whole": "".join(paragraphs),
            "half": f"{paragraphs[0][: len(paragraphs[0]) // 2]}…</p>",
            "none": "",
            "script": '<div data-component="article-body" data-props="e30="></div>',
        }[self.text]
        main = (
            f'<article class="c-article"><h1 class="c-article__title">{title}</h1>{day}'
            f'<div class="c-article__body">{text}</div></article>'
        )
        return self._page(room, self.title or release.title, main)

    def _teaser(self, room: LivingRoom, release: ReleaseText) -> str:
        place = escape(room.room.address(release))
        title = escape(self.title or release.title)
        day = self._day(room, release)
        return (
            f'<section class="c-teaser">{day}<h2 class="c-teaser__title">'
            f'<a class="c-teaser__link" href="{place}">{title}</a></h2></section>'
        )

    def _day(self, room: LivingRoom, release: ReleaseText) -> str:
        if not self.dates:
            return ""
        shown = escape(room.view("/").date(release))
        return f'<time class="c-date" datetime="{release.day.isoformat()}">{shown}</time>'

    @staticmethod
    def _page(room: LivingRoom, title: str, main: str) -> str:
        named = escape(title)
        return (
            f'<!DOCTYPE html><html lang="{room.room.language}"><head>'
            f'<meta charset="{room.room.encoding}"><title>{named} | {escape(room.room.name)}'
            '</title></head><body><header class="c-header"><a href="/">'
            f"{escape(room.room.name)}</a></header><main>{main}</main>"
            '<footer class="c-footer">© 2026</footer></body></html>'
        )
