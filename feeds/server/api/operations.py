"""Operations of the API, and the table of reading operations.

Routing, validation, the OpenAPI document, the documentation page and the tools for assistants (MCP)
are derived from operations. `scheduler.operations` contributes the operations that write.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from feeds.server.api import change_handlers, list_handlers, release_handlers, schemas
from feeds.server.api.parameters import (
    ChangesParameters,
    FieldsParameters,
    PageParameters,
    Parameters,
    ReleasesParameters,
    RunsParameters,
    SearchParameters,
    StoryParameters,
)
from feeds.server.requests.routes import RequiredAccess

DOCUMENT_PATH: Final = "/api/openapi.json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API, from which a route of the server is made.

    - ``access`` is the permission that a client needs.
    - ``id_description`` describes the id in the path. It is empty if the path has no id.
      ``redirects`` is true if a previous id redirects to the current one.
    - ``by_changes`` is true if the response depends only on releases. Then its ETag is derived from
      the position of the last change.
    - ``refused`` maps error statuses to descriptions, except those that all operations share.
    - ``example`` is a response for the documentation; if it is None, `examples` contains it.
    """

    path: str
    name: str
    summary: str
    parameters: type[Parameters]
    response: type[schemas.ResponseBody]
    handler: Callable[[Any, Any], schemas.ResponseBody]
    access: RequiredAccess = "read"
    id_description: str = ""
    redirects: bool = False
    by_changes: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)
    example: schemas.ResponseBody | None = None


class WriteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The JSON object in the body of a write request. Base class of all write bodies."""

    dry_run: Annotated[bool, Meta(description="Check the request, and change nothing.")] = False


@dataclass(frozen=True, slots=True)
class WriteCall:
    """One write request: the id in its path, and the function that reports its progress.

    ``began`` is None, or the time (seconds since 1970) of an earlier request with the same key that
    was interrupted or failed. That request may have had an effect.
    """

    name: str
    report: Callable[[str], None]
    began: float | None = None


@dataclass(frozen=True, slots=True)
class WriteExample:
    """Example of a write request: the fields of its body, and its response."""

    body: Mapping[str, Any]
    answer: schemas.ResponseBody


@dataclass(frozen=True, slots=True)
class Write:
    """A write operation of the API. It needs a token with the scope ``operate``.

    The body is validated against the class ``body``. ``handler`` raises CommuniqueError if the
    change is impossible. ``destroys`` is true if the operation hides or removes something that
    readers could see. ``repeatable`` is true if a second request changes nothing more. ``secrets``
    returns the fields of a response that are secret. The record of operations contains only digests
    of these fields.
    """

    path: str
    name: str
    summary: str
    body: type[WriteBody]
    response: type[schemas.ResponseBody]
    handler: Callable[[WriteCall, Any], Awaitable[schemas.ResponseBody]]
    example: WriteExample
    id_description: str = ""
    destroys: bool = False
    repeatable: bool = True
    secrets: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}


UNKNOWN_ID: Final = {404: "The id is unknown.", 410: "The operator of this site removed or hid it."}
BAD_CURSOR: Final = {400: "The cursor does not belong to this address and these filters."}

OPERATIONS: Final = (
    Operation(
        "/api/releases",
        "releases",
        "Releases, newest first",
        ReleasesParameters,
        schemas.ReleasePage,
        release_handlers.releases,
        by_changes=True,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/releases/{id}",
        "release",
        "One release",
        FieldsParameters,
        schemas.Release,
        release_handlers.release,
        id_description="The id of a release.",
        by_changes=True,
        refused=UNKNOWN_ID,
    ),
    Operation(
        "/api/releases/{id}/revisions",
        "revisions",
        "Versions of a release, oldest first",
        PageParameters,
        schemas.Revisions,
        release_handlers.revisions,
        id_description="The id of a release.",
        by_changes=True,
        refused=BAD_CURSOR | UNKNOWN_ID,
    ),
    Operation(
        "/api/releases/{id}/attachments",
        "attachments",
        "Texts of a release's attachments, by page",
        Parameters,
        schemas.Attachments,
        release_handlers.attachments,
        id_description="The id of a release.",
        by_changes=True,
        refused=UNKNOWN_ID,
    ),
    Operation(
        "/api/releases/{id}/differences",
        "differences",
        "Differences between the versions of a release, oldest first",
        PageParameters,
        schemas.EditPage,
        release_handlers.differences,
        id_description="The id of a release.",
        by_changes=True,
        refused=BAD_CURSOR | UNKNOWN_ID,
        example=schemas.EditPage(
            edits=(
                schemas.Edit(
                    revision=2,
                    seen="2026-03-02T08:41:07+00:00",
                    changes=(
                        schemas.Difference(
                            field="title",
                            text="New signal station [-opens-] {+opened+}",
                            coarse=False,
                        ),
                    ),
                    classes=("title",),
                    weight=0.3,
                    announced=False,
                ),
            ),
            next=None,
        ),
    ),
    Operation(
        "/api/search",
        "search",
        "Full-text search, the newest day or the best match first, with counts",
        SearchParameters,
        schemas.FoundPage,
        release_handlers.search,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/changes",
        "changes",
        "All changes of releases, exactly once and in order",
        ChangesParameters,
        schemas.ChangePage,
        lambda context, asked: change_handlers.changes(context.store, context.site, asked),
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
        StoryParameters,
        schemas.Story,
        release_handlers.story,
        id_description="The id of a story: the `story` field of a release.",
        by_changes=True,
        refused=BAD_CURSOR | {404: UNKNOWN_ID[404]},
    ),
    Operation(
        "/api/sources",
        "sources",
        "Sources, by id",
        PageParameters,
        schemas.SourcePage,
        list_handlers.sources,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/sources/{id}",
        "source",
        "One source",
        Parameters,
        schemas.Source,
        list_handlers.source,
        id_description="The id of a source. A previous id redirects to the current one (308).",
        redirects=True,
        refused=UNKNOWN_ID,
    ),
    Operation(
        "/api/sources/{id}/sections",
        "sections",
        "Sections of a source, by slug",
        PageParameters,
        schemas.SectionPage,
        list_handlers.sections,
        id_description="The id of a source. A previous id redirects to the current one (308).",
        redirects=True,
        refused=BAD_CURSOR | UNKNOWN_ID,
    ),
    Operation(
        "/api/topics",
        "topics",
        "Topics with releases, by slug",
        PageParameters,
        schemas.TopicPage,
        list_handlers.topics,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/languages",
        "languages",
        "Languages of releases, by tag",
        PageParameters,
        schemas.LanguagePage,
        list_handlers.languages,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/days",
        "days",
        "Days with releases, newest first",
        PageParameters,
        schemas.DayPage,
        list_handlers.days,
        refused=BAD_CURSOR,
    ),
    Operation(
        "/api/health",
        "health",
        "Health of all sources",
        Parameters,
        schemas.HealthReport,
        list_handlers.health,
    ),
    Operation(
        "/api/runs",
        "runs",
        "Visits to sources, newest first",
        RunsParameters,
        schemas.RunPage,
        list_handlers.runs,
        refused=BAD_CURSOR,
    ),
)
"""All read operations of the API, in the order of its documentation."""
