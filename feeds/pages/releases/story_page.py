"""Page of a story: its publishers, times, languages, and the similarity of its texts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from babel.dates import format_timedelta
from babel.numbers import format_percent

from data.languages.tags import feed_language
from data.models import Facet
from data.stories.copies import StoryMember, republished
from data.stories.passages import shared_passages
from data.text.clean import excerpt
from feeds.catalog import Catalog
from feeds.entries.entry import published_of, title_of
from feeds.pages.renderer import PageRenderer
from feeds.translations import Texts
from feeds.urls import release_file, story_file

MAX_MEMBERS: Final = 80
"""Maximum number of releases on the page of a story."""
MAX_QUOTED: Final = 30
"""Maximum number of releases on the page of a story that are shown with a quoted passage."""

MAX_TITLE_CHARACTERS: Final = 200
"""Maximum length in characters of a release's title on the page of its story."""
MAX_PASSAGE_CHARACTERS: Final = 240
"""Maximum length in characters of a quoted passage."""

MIN_OVERLAP: Final = 0.1
"""Minimum share of a release's words that the first release of the story also contains. Smaller
shares are not shown."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """Row for a release in its story. Unknown texts are empty.

    ``at`` is the publication time, and ``later`` the delay after the first release. ``alike``
    describes the similarity to the first release. ``share`` describes how much of the first
    release's text this release contains. ``passage`` is a quotation that both releases contain.
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
    share: str
    passage: str
    retracted: bool


def story_page(pages: PageRenderer, story: str, members: Sequence[StoryMember]) -> bytes:
    """Render the page of a story. ``members`` are in order of publication."""
    catalog, texts = pages.catalog, pages.catalog.texts
    lines = story_lines(catalog, members[:MAX_MEMBERS], quoted=MAX_QUOTED)
    names = {line.publisher for line in lines}
    languages = sorted({line.language for line in lines if line.language})
    return pages.render(
        "story.html",
        story_file(story),
        title=lines[0].title,
        language=lines[0].language,
        description=texts.ngettext(
            "This story has %(num)s release.", "This story has %(num)s releases.", len(members)
        ),
        total=len(members),
        publishers=len(names),
        languages=languages,
        lines=lines,
        republished=story_lines(catalog, (members[0], *republished(members)[:MAX_MEMBERS]))[1:],
        more=len(members) - len(lines),
    )


def story_lines(
    catalog: Catalog, members: Sequence[StoryMember], *, quoted: int = 0
) -> list[StoryLine]:
    """Return the rows of a story. The first ``quoted`` rows may quote a shared passage."""
    texts = catalog.texts
    if not members:
        return []
    first = members[0]
    lines = []
    for number, member in enumerate(members):
        release = member.release
        content = release.content
        passage = ""
        if 0 < number < quoted and member.overlap >= MIN_OVERLAP:
            found = shared_passages(content.body_text, first.release.content.body_text, most=1)
            passage = excerpt(found[0].text, MAX_PASSAGE_CHARACTERS) if found else ""
        lines.append(
            StoryLine(
                id=release.id,
                file=release_file(release.id),
                title=excerpt(title_of(content), MAX_TITLE_CHARACTERS),
                language=feed_language(content.language) or "",
                publisher=catalog.name(Facet(source=release.source)),
                at=None if release.published.precision == "none" else published_of(release),
                exact=release.published.precision == "second",
                later=later(first, member, texts) if number else "",
                alike=alike(member, texts) if number else "",
                share=share_of(member, texts) if number else "",
                passage=passage,
                retracted=release.retracted is not None,
            )
        )
    return lines


def alike(member: StoryMember, texts: Texts) -> str:
    """Describe how many of a release's words are also in the first release of the story.

    Returns an empty string if the share is below MIN_OVERLAP.
    """
    if member.overlap < MIN_OVERLAP:
        return ""
    percent = format_percent(member.overlap, locale=texts.locale)
    return texts.gettext("%(percent)s of the words match the first release", percent=percent)


def share_of(member: StoryMember, texts: Texts) -> str:
    """Describe how much of the first release's text a release contains.

    Returns an empty string if the share is below MIN_OVERLAP.
    """
    if member.share < MIN_OVERLAP:
        return ""
    percent = format_percent(member.share, locale=texts.locale)
    return texts.gettext("%(percent)s of the first release's text", percent=percent)


def later(first: StoryMember, member: StoryMember, texts: Texts) -> str:
    """Describe the delay of a release after the first release, as exactly as both dates allow."""
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
