"""Query parameters of the API, with their limits, and the parsing of queries.

These classes validate requests, and the OpenAPI document describes their fields as parameters.
"""

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import UNSET, Meta, UnsetType

from data.models import ReleaseState
from data.search.syntax import MAX_QUERY_LENGTH
from feeds.server.api.problems import ApiError, unknown_name

MAX_QUERY_BYTES: Final = 32_768
"""Maximum size in bytes of a query string. Parameters of the maximum lengths fit in it."""

PLAIN_TEXT: Final = r"^(?![\s\S]*[\x00-\x1f\x7f])"
"""Pattern for text without control characters, in the syntax that JSON Schema and Python
share."""

WORD_PATTERN: Final = r"^[A-Za-z0-9_-]*(?![\s\S])"
"""Pattern for text that consists of letters, digits, hyphens and underscores."""

BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""Pattern for a percent sign that does not start a percent-encoded byte."""

Name = Annotated[str, Meta(max_length=200, pattern=PLAIN_TEXT)]
Names = Annotated[str, Meta(max_length=500, pattern=PLAIN_TEXT)]
Cursor = Annotated[str, Meta(max_length=400, pattern=WORD_PATTERN)]
Fields = Annotated[
    Annotated[str, Meta(max_length=500, pattern=PLAIN_TEXT)],
    Meta(
        description="The fields of a release to return, separated by commas; `id` is always "
        "included. Omit it to get all fields."
    ),
]

PRESENTATION_PARAMETERS: Final = ("limit", "format", "fields")
"""Names of parameters that may differ between the pages of a list."""

Asked = TypeVar("Asked", bound="Parameters")


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base class of all parameters. Operations without parameters use it directly."""


class ListParameters(Parameters, frozen=True, kw_only=True):
    """The parameters of a list: page size and representation."""

    limit: Annotated[
        int, Meta(ge=1, le=200, description="Maximum number of items; a page may have fewer.")
    ] = 50
    format: Annotated[
        Literal["json", "ndjson", "csv"] | UnsetType,
        Meta(
            description="`ndjson` and `csv` return only the items. The `Link` header contains the "
            "address of the next page. The `Accept` header also selects a format."
        ),
    ] = UNSET


class PageParameters(ListParameters, frozen=True, kw_only=True):
    """The parameters of a list whose next page has a cursor."""

    cursor: Annotated[Cursor, Meta(description="The `next` value of the previous page.")] = ""


class FieldsParameters(Parameters, frozen=True, kw_only=True):
    """The parameter of operations that return one release."""

    fields: Fields = ""


class StoryParameters(PageParameters, frozen=True, kw_only=True):
    """The parameters of a story."""

    fields: Fields = ""


class FilterParameters(PageParameters, frozen=True, kw_only=True):
    """The filters that lists of releases and search share."""

    source: Annotated[
        Names,
        Meta(description="The id of a source. Several, separated by commas, match any of them."),
    ] = ""
    topic: Annotated[
        Names,
        Meta(description="The slug of a topic. Several, separated by commas, match any of them."),
    ] = ""
    language: Annotated[
        Annotated[str, Meta(max_length=35, pattern=WORD_PATTERN)],
        Meta(description="A language tag (BCP 47). `en` includes `en-GB`; `en-GB` excludes `en`."),
    ] = ""
    since: Annotated[
        dt.date | UnsetType,
        Meta(description="Published on this day or later, in the source's time zone."),
    ] = UNSET
    until: Annotated[
        dt.date | UnsetType,
        Meta(description="Published on this day or earlier, in the source's time zone."),
    ] = UNSET


class ReleasesParameters(FilterParameters, frozen=True, kw_only=True):
    """The filters of the list of releases."""

    url: Annotated[
        Annotated[str, Meta(max_length=4096, pattern=PLAIN_TEXT)],
        Meta(description="An address of a release at its publisher. It excludes other filters."),
    ] = ""
    fields: Fields = ""

    section: Annotated[Name, Meta(description="A section of a source: its slug or its name.")] = ""
    state: Annotated[
        ReleaseState | UnsetType,
        Meta(
            description="`standing`: not retracted; `corrected`: edited by its publisher; "
            "`retracted`: taken down by its publisher."
        ),
    ] = UNSET


class SearchParameters(FilterParameters, frozen=True, kw_only=True):
    """The parameters of the search."""

    q: Annotated[
        Annotated[str, Meta(max_length=MAX_QUERY_LENGTH, pattern=PLAIN_TEXT)],
        Meta(
            description='Words that must all occur, `"a phrase"`, `prefix*`, `-excluded`, `OR`, '
            "brackets and fields such as `title:`. Optional if a filter is given."
        ),
    ] = ""
    state: Annotated[
        Literal["corrected", "retracted"] | UnsetType,
        Meta(
            description="`corrected`: edited by its publisher; `retracted`: taken down by its "
            "publisher."
        ),
    ] = UNSET
    sort: Annotated[
        Literal["newest", "best"],
        Meta(description="`newest`: the newest day first; `best`: the best match first."),
    ] = "newest"
    fields: Fields = ""


class RunsParameters(PageParameters, frozen=True, kw_only=True):
    """The parameters of the list of visits to sources."""

    source: Annotated[Name, Meta(description="The id of a source.")] = ""


class ChangesParameters(ListParameters, frozen=True, kw_only=True):
    """The parameters of the list of changes to releases."""

    since: Annotated[
        Cursor,
        Meta(
            description="The `next` value of the last page that you processed; omit it to start at "
            "the first change."
        ),
    ] = ""
    fields: Fields = ""


def read_parameters(query: bytes, kind: type[Asked]) -> Asked:
    """Parse and validate a query string. Raises ApiError with status 400, 414 or 422."""
    if len(query) > MAX_QUERY_BYTES:
        raise ApiError(414, f"the query is longer than {MAX_QUERY_BYTES} bytes; shorten it")
    try:
        text = query.decode("ascii")
        pairs = [] if BAD_ESCAPE.search(text) else parse_qsl(text, True, errors="strict")  # noqa: FBT003 - blank values are values
    except ValueError as error:
        raise ApiError(400, "the query is not percent-encoded UTF-8; encode it") from error
    if BAD_ESCAPE.search(text):
        raise ApiError(400, "a percent sign in the query is not part of an escape; write it as %25")
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values and name in fields_of(kind):
            raise ApiError(422, f"{name} occurs twice; send it once", parameter=name)
        values[name] = value
    return checked(values, kind)


def checked(values: Mapping[str, str], kind: type[Asked]) -> Asked:
    """Validate parameters and convert them to the class ``kind``.

    Raises ApiError (422) if a parameter is unknown or invalid.
    """
    known = tuple(fields_of(kind))
    for name in values:
        if name not in known:
            raise unknown_name("parameter", name, known)
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        name = re.findall(r"at `\$\.(\w+)`", str(error))[0]
        wanted = accepted_values(fields_of(kind)[name])
        raise ApiError(
            422, f"{name} can't be {values[name][:100]!r}: send {wanted}", parameter=name
        ) from error


@cache
def fields_of(kind: type[msgspec.Struct]) -> Mapping[str, dict[str, Any]]:
    """Return the JSON Schemas of the fields of parameters or of a body, by field name."""
    _, schemas = msgspec.json.schema_components([kind], ref_template="{name}")
    found: dict[str, dict[str, Any]] = schemas[kind.__name__]["properties"]
    return found


def accepted_values(schema: Mapping[str, Any]) -> str:
    """Describe the values that a parameter accepts, for an error message."""
    if schema.get("type") == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if schema.get("format") == "date":
        return "a day such as 2026-11-24"
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    return f"at most {schema['maxLength']} characters, without control characters"


def said_of(asked: Parameters) -> dict[str, Any]:
    """Return the parameters that differ from their defaults, except the cursor."""
    usual, stated = msgspec.to_builtins(type(asked)()), msgspec.to_builtins(asked)
    return {
        name: value
        for name, value in stated.items()
        if name != "cursor" and value != usual.get(name)
    }


def belongs_to(path: str, asked: Parameters) -> str:
    """Return a text that identifies the list to which a cursor belongs: its address and filters."""
    stated = said_of(asked)
    for name in PRESENTATION_PARAMETERS:
        stated.pop(name, None)
    return f"{path}?{urlencode(sorted(stated.items()))}"
