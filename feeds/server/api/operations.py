"""Table of the API's operations.

Routing, validation, the OpenAPI document and the documentation page are derived from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from feeds.server.api import answers, listing_answers, release_answers
from feeds.server.api.questions import (
    ChangesQuestion,
    PageQuestion,
    Question,
    ReleasesQuestion,
    RunsQuestion,
    SearchQuestion,
)
from feeds.server.requests.routes import RequiredAccess

DOCUMENT: Final = "/api/openapi.json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API, from which a route of the server is made.

    - ``access`` is the permission that a client needs.
    - ``named`` describes the id in the path, if the path has one.
    - ``by_changes`` is whether the response depends only on releases. If so, its ETag is the
      position of the last change.
    - ``refused`` maps error statuses other than the common ones to descriptions.
    """

    path: str
    name: str
    summary: str
    question: type[Question]
    answer: type[answers.Answer]
    handler: Callable[[Any, Any], answers.Answer]
    method: str = "GET"
    access: RequiredAccess = "read"
    named: str = ""
    by_changes: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)


UNKNOWN_ID: Final = {404: "The id is unknown.", 410: "The operator of this site removed or hid it."}
BAD_CURSOR: Final = {400: "The cursor does not belong to this address and these filters."}

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
        refused=UNKNOWN_ID,
    ),
    Operation(
        "/api/releases/{id}/revisions",
        "revisions",
        "Versions of a release, oldest first",
        PageQuestion,
        answers.Revisions,
        release_answers.revisions,
        named="The id of a release.",
        by_changes=True,
        refused=BAD_CURSOR | UNKNOWN_ID,
    ),
    Operation(
        "/api/search",
        "search",
        "Full-text search, the newest day first, with counts",
        SearchQuestion,
        answers.FoundPage,
        release_answers.search,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/changes",
        "changes",
        "All changes of releases, exactly once and in order",
        ChangesQuestion,
        answers.ChangePage,
        lambda context, asked: release_answers.changes(context.store, asked),
        by_changes=True,
        refused={
            400: "The cursor does not belong to this address.",
            410: "This store does not know the cursor: start again without it.",
        },
    ),
    Operation(
        "/api/stories/{id}",
        "story",
        "Copies of a text at several institutions, and its translations",
        PageQuestion,
        answers.Story,
        release_answers.story,
        named="The id of a story: the `story` field of a release.",
        by_changes=True,
        refused=BAD_CURSOR | {404: UNKNOWN_ID[404]},
    ),
    Operation(
        "/api/sources",
        "sources",
        "Sources, by id",
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
        named="The id of a source. A previous id redirects to the current one (308).",
        refused=UNKNOWN_ID,
    ),
    Operation(
        "/api/sources/{id}/sections",
        "sections",
        "Sections of a source, by slug",
        PageQuestion,
        answers.SectionPage,
        listing_answers.sections,
        named="The id of a source. A previous id redirects to the current one (308).",
        refused=BAD_CURSOR | UNKNOWN_ID,
    ),
    Operation(
        "/api/topics",
        "topics",
        "Topics with releases, by slug",
        PageQuestion,
        answers.TopicPage,
        listing_answers.topics,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/languages",
        "languages",
        "Languages of releases, by tag",
        PageQuestion,
        answers.LanguagePage,
        listing_answers.languages,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/days",
        "days",
        "Days with releases, newest first",
        PageQuestion,
        answers.DayPage,
        listing_answers.days,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/health",
        "health",
        "Health of all sources",
        Question,
        answers.HealthReport,
        listing_answers.health,
    ),
    Operation(
        "/api/runs",
        "runs",
        "Visits to sources, newest first",
        RunsQuestion,
        answers.RunPage,
        listing_answers.runs,
        refused=BAD_CURSOR,
    ),
)
"""All operations of the API, in the order of its documentation."""
