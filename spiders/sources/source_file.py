"""What a source file says: an institution, and the few rules that detection can't guess."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from data.dates.context import DateContext

Selector = Annotated[str, msgspec.Meta(min_length=1)]
DateOrder = Literal["DMY", "MDY", "YMD"]


class ListingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CSS selectors for a listing page; what is left out is detected.

    With ``item`` the other selectors are relative to each item, else each is taken from the page
    and they are paired in order. A selector may end in ``::text`` or ``::attr(name)``.
    """

    item: Selector | None = None
    link: Selector | None = None
    title: Selector | None = None
    published: Selector | None = None
    next: Selector | None = None


class ReleaseRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CSS selectors for a release page; what is left out is detected.

    ``drop`` lists what is cut out of the body. Rules with ``until`` hold for releases published
    before that day: the layout of an older time.
    """

    title: Selector | None = None
    published: Selector | None = None
    section: Selector | None = None
    publisher: Selector | None = None
    body: Selector | None = None
    drop: tuple[Selector, ...] = ()
    until: dt.date | None = None


class SourceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source as its TOML file describes it; the file's stem is the source's id.

    ``interval`` is in seconds. ``date_order`` settles dates such as 03/04/26. With ``render`` pages
    are read as a browser shows them. ``archive`` says which files of its releases are archived with
    their pages.
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    url: str
    timezone: str
    topics: tuple[str, ...] = ()
    language: str | None = None
    date_order: DateOrder | None = None
    interval: Annotated[int, msgspec.Meta(ge=60)] | None = None
    feed: str | None = None
    render: bool = False
    archive: Literal["none", "attachments", "all"] | None = None
    listing: ListingRules = msgspec.field(default_factory=ListingRules)
    release: ReleaseRules | tuple[ReleaseRules, ...] = msgspec.field(default_factory=ReleaseRules)

    @property
    def releases(self) -> tuple[ReleaseRules, ...]:
        """All the rules for release pages, whether the file gives one table or several."""
        return self.release if isinstance(self.release, tuple) else (self.release,)

    def date_context(self, now: dt.datetime) -> DateContext:
        """How the dates on its pages are to be read; ``now`` is an aware time."""
        languages = (self.language,) if self.language else ()
        return DateContext(self.timezone, self.date_order, languages, now)

    def rules_on(self, day: dt.date | None) -> ReleaseRules:
        """The rules for a release published on ``day``, the newest where the day is not known."""
        dated = sorted(
            (rules for rules in self.releases if rules.until), key=lambda rules: str(rules.until)
        )
        for rules in dated:
            if day and rules.until and day < rules.until:
                return rules
        newest = [rules for rules in self.releases if rules.until is None]
        return newest[0] if newest else ReleaseRules()
