"""The page of a story: who published it and when, how much alike, and in which languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from babel.dates import format_timedelta
from babel.numbers import format_percent

from data.models import Facet
from data.stories.copies import StoryMember
from data.stories.passages import shared_passages
from data.text.clean import excerpt
from data.text.language_tags import feed_language
from feeds.catalog import Catalog
from feeds.entries.entry import shown, title_of
from feeds.pages.renderer import PageRenderer
from feeds.translations import Texts
from feeds.urls import release_file, story_file

MOST_MEMBERS: Final = 80
MOST_QUOTED: Final = 30
"""Releases that a page lists, and of which it quotes what is in the first one word for word."""

LONGEST_TITLE: Final = 200
QUOTED: Final = 240
"""Characters of a title, and of a passage."""

ALIKE: Final = 0.1
"""Part of its words from which on it is told how much of a release is in the first one."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """The line of a release in its story; what is not known or not told is empty.

    ``at`` is when it was published, and ``later`` how long after the first one.
    """

    id: str
    file: str
    title: str
    language: str
    publisher: str
    at: dt.datetime | None
    exact: bool
    later: str
    alike: str
    passage: str
    retracted: bool


def story_page(pages: PageRenderer, story: str, members: Sequence[StoryMember]) -> bytes:
    """The page of a story, whose ``members`` come first published first."""
    catalog, texts = pages.catalog, pages.catalog.texts
    lines = story_lines(catalog, members[:MOST_MEMBERS], quoted=MOST_QUOTED)
    names = {line.publisher for line in lines}
    languages = sorted({line.language for line in lines if line.language})
    return pages.render(
        "story.html",
        story_file(story),
        title=lines[0].title,
        facet=Facet(),
        language=lines[0].language,
        description=texts.ngettext(
            "%(num)s release tells this story.", "%(num)s releases tell this story.", len(members)
        ),
        total=len(members),
        publishers=len(names),
        languages=languages,
        lines=lines,
        more=len(members) - len(lines),
    )


def story_lines(
    catalog: Catalog, members: Sequence[StoryMember], *, quoted: int = 0
) -> list[StoryLine]:
    """The lines of a story; some of the first ones quote what they share with the first of all."""
    texts = catalog.texts
    if not members:
        return []
    first = members[0]
    lines = []
    for number, member in enumerate(members):
        release = member.release
        content = release.content
        passage = ""
        if 0 < number < quoted and member.overlap >= ALIKE:
            found = shared_passages(content.body_text, first.release.content.body_text, most=1)
            passage = excerpt(found[0].text, QUOTED) if found else ""
        lines.append(
            StoryLine(
                id=release.id,
                file=release_file(release.id),
                title=excerpt(title_of(content), LONGEST_TITLE),
                language=feed_language(content.language) or "",
                publisher=catalog.name(Facet(source=release.source)),
                at=None if release.published.precision == "none" else shown(release),
                exact=release.published.precision == "second",
                later=later(first, member, texts) if number else "",
                alike=alike(member, texts) if number else "",
                passage=passage,
                retracted=release.retracted is not None,
            )
        )
    return lines


def alike(member: StoryMember, texts: Texts) -> str:
    """How much of a release stands in the first one of its story."""
    if member.overlap < ALIKE:
        return ""
    percent = format_percent(member.overlap, locale=texts.locale)
    return texts.gettext("%(percent)s of its words as in the first", percent=percent)


def later(first: StoryMember, member: StoryMember, texts: Texts) -> str:
    """How long after the first one a release came, as exactly as both say it."""
    before, after = first.release, member.release
    if before.is_backlog or after.is_backlog:
        return ""
    if before.published.precision == after.published.precision == "second":
        if member.lag < dt.timedelta(minutes=1):
            return texts.gettext("at the same time")
        time = format_timedelta(member.lag, granularity="minute", locale=texts.locale)
        return texts.gettext("%(time)s later", time=time)
    days = (after.published.day - before.published.day).days
    if days <= 0:
        return texts.gettext("on the same day")
    return texts.ngettext("%(num)s day later", "%(num)s days later", days)
