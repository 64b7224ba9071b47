"""All that can be asked of the API, each once: requests, answers and the document go by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from feeds.server.api import answers, change_answers, listing_answers, release_answers
from feeds.server.api.questions import (
    ChangesQuestion,
    PageQuestion,
    Question,
    ReleasesQuestion,
    RunsQuestion,
    SearchQuestion,
)

DOCUMENT: Final = "/api/openapi.json"


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked at one address.

    ``named`` says what the last variable part of the path is, where it has one. ``by_changes`` is
    whether the answer depends on releases alone, so that it is the same while none changes.
    ``refused`` are further statuses with the reason of each.
    """

    path: str
    name: str
    summary: str
    question: type[Question]
    answer: type[answers.Answer]
    handler: Callable[[Any, Any], answers.Answer]
    named: str = ""
    by_changes: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)


NO_SUCH: Final = {404: "There is none of this id.", 410: "It is not shown any more."}
BAD_CURSOR: Final = {400: "The cursor is none of this address and these filters."}

OPERATIONS: Final = (
    Operation(
        "/api/releases",
        "releases",
        "Releases, newest first",
        ReleasesQuestion,
        answers.ReleasePage,
        release_answers.releases,
        by_changes=True,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/releases/{id}",
        "release",
        "One release",
        Question,
        answers.Release,
        release_answers.release,
        named="The id of a release.",
        by_changes=True,
        refused=NO_SUCH,
    ),
    Operation(
        "/api/releases/{id}/revisions",
        "revisions",
        "The versions of a release, oldest first",
        PageQuestion,
        answers.Revisions,
        release_answers.revisions,
        named="The id of a release.",
        by_changes=True,
        refused=BAD_CURSOR | NO_SUCH,
    ),
    Operation(
        "/api/search",
        "search",
        "Releases by their words, the newest day first, with counts",
        SearchQuestion,
        answers.FoundPage,
        release_answers.search,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/changes",
        "changes",
        "All that happens to releases, once and in one order",
        ChangesQuestion,
        answers.ChangePage,
        lambda asking, asked: change_answers.changes(asking.store, asked),
        by_changes=True,
        refused={
            400: "The cursor is none of this address.",
            410: "This store does not know the cursor any more: begin again without it.",
        },
    ),
    Operation(
        "/api/stories/{id}",
        "story",
        "The same text at several institutions and in several languages",
        PageQuestion,
        answers.Story,
        release_answers.story,
        named="The id of a story, as releases name it.",
        by_changes=True,
        refused=BAD_CURSOR | {404: NO_SUCH[404]},
    ),
    Operation(
        "/api/sources",
        "sources",
        "The sources, by id",
        PageQuestion,
        answers.SourcePage,
        listing_answers.sources,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/sources/{id}",
        "source",
        "One source",
        Question,
        answers.Source,
        listing_answers.source,
        named="The id of a source; an earlier one leads to the present one (308).",
        refused=NO_SUCH,
    ),
    Operation(
        "/api/sources/{id}/sections",
        "sections",
        "The sections of a source, by slug",
        PageQuestion,
        answers.SectionPage,
        listing_answers.sections,
        named="The id of a source; an earlier one leads to the present one (308).",
        refused=BAD_CURSOR | NO_SUCH,
    ),
    Operation(
        "/api/topics",
        "topics",
        "The topics that releases have, by slug",
        PageQuestion,
        answers.TopicPage,
        listing_answers.topics,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/languages",
        "languages",
        "The languages of releases, by tag",
        PageQuestion,
        answers.LanguagePage,
        listing_answers.languages,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/days",
        "days",
        "The days on which something was published, the last one first",
        PageQuestion,
        answers.DayPage,
        listing_answers.days,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/health",
        "health",
        "How all sources are",
        Question,
        answers.HealthReport,
        listing_answers.health,
    ),
    Operation(
        "/api/runs",
        "runs",
        "Visits to sources, the last one first",
        RunsQuestion,
        answers.RunPage,
        listing_answers.runs,
        refused=BAD_CURSOR,
    ),
)
"""In the order in which they are documented."""
