"""What may be asked: each parameter with its bounds, and how a query is read by them.

These declarations validate requests and are the parameters of the OpenAPI document.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import UNSET, Meta, UnsetType

from data.models import ReleaseState
from data.search.query import LONGEST
from data.wording import meant
from feeds.server.api.problems import Refused

LONGEST_QUERY: Final = 32_768
"""Bytes of a query that are read: more than all parameters can be, each as long as it may."""

PLAIN: Final = r"^(?![\s\S]*[\x00-\x1f\x7f])"
"""Without control characters, as JSON Schema and Python both understand it."""

WORD: Final = r"^[A-Za-z0-9_-]*(?![\s\S])"

ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")

Name = Annotated[str, Meta(max_length=200, pattern=PLAIN)]
Names = Annotated[str, Meta(max_length=500, pattern=PLAIN)]
Cursor = Annotated[str, Meta(max_length=400, pattern=WORD)]

Asked = TypeVar("Asked", bound="Question")


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What asks for nothing in particular; each parameter may be left out."""


class PageQuestion(Question, frozen=True, kw_only=True):
    """What is asked page by page."""

    limit: Annotated[
        int, Meta(ge=1, le=200, description="How many at the most; a page may hold fewer.")
    ] = 50
    cursor: Annotated[
        Cursor, Meta(description="Where to go on: `next` of the page before, which ends there.")
    ] = ""


class FilterQuestion(PageQuestion, frozen=True, kw_only=True):
    """Which releases."""

    source: Annotated[
        Names, Meta(description="The id of a source; of several, parted by commas, any will do.")
    ] = ""
    topic: Annotated[
        Names, Meta(description="The slug of a topic; of several, parted by commas, any will do.")
    ] = ""
    language: Annotated[
        Annotated[str, Meta(max_length=35, pattern=WORD)],
        Meta(description="A language tag (BCP 47): `en` lets in `en-GB`, not the other way round."),
    ] = ""
    since: Annotated[
        dt.date | UnsetType,
        Meta(description="Published on this day or later, in the time zone of the source."),
    ] = UNSET
    until: Annotated[
        dt.date | UnsetType,
        Meta(description="Published on this day or before, in the time zone of the source."),
    ] = UNSET


class ReleasesQuestion(FilterQuestion, frozen=True, kw_only=True):
    """Which releases, by how they are filed."""

    section: Annotated[
        Name, Meta(description="The section of a source: its slug, or what the source calls it.")
    ] = ""
    state: Annotated[
        ReleaseState | UnsetType,
        Meta(
            description="`standing`: not retracted; `corrected`: edited by its publisher; "
            "`retracted`: taken down by its publisher."
        ),
    ] = UNSET


class SearchQuestion(FilterQuestion, frozen=True, kw_only=True):
    """Which releases, by their words too."""

    q: Annotated[
        Annotated[str, Meta(max_length=LONGEST, pattern=PLAIN)],
        Meta(
            description='Words that must all be there, `"a phrase"`, a beginning`*` (three letters '
            "or more), `-none` of these. It may be left out where a filter is said."
        ),
    ] = ""
    state: Annotated[
        Literal["corrected", "retracted"] | UnsetType,
        Meta(description="As of releases."),
    ] = UNSET


class RunsQuestion(PageQuestion, frozen=True, kw_only=True):
    """Whose runs."""

    source: Annotated[Name, Meta(description="The id of a source.")] = ""


class ChangesQuestion(Question, frozen=True, kw_only=True):
    """From where on."""

    since: Annotated[
        Cursor,
        Meta(description="`next` of the last answer that was taken in; left out, from the first."),
    ] = ""
    limit: Annotated[
        int, Meta(ge=1, le=200, description="How many at the most; a page may hold fewer.")
    ] = 50


def read_question(query: bytes, kind: type[Asked]) -> Asked:
    """What a query asks. Raises Refused: 400, 414 or 422."""
    if len(query) > LONGEST_QUERY:
        raise Refused(414, f"the query is longer than {LONGEST_QUERY} bytes; ask for less at once")
    try:
        text = query.decode("ascii")
        pairs = [] if ESCAPE.search(text) else parse_qsl(text, True, errors="strict")  # noqa: FBT003 - blank values are values
    except ValueError as error:
        raise Refused(400, "the query is not percent-encoded UTF-8; encode it so") from error
    if ESCAPE.search(text):
        raise Refused(400, "a percent sign in the query begins no byte; write it as %25")
    said: dict[str, str] = {}
    known = tuple(parameters_of(kind))
    for name, value in pairs:
        if name not in known:
            listed = f"there are {', '.join(known)}" if known else "nothing can be said here"
            why = f"there is no parameter {name[:100]!r}{meant(name, known)}; {listed}"
            raise Refused(422, why, parameter=name[:100])
        if name in said:
            raise Refused(422, f"{name} is said twice; say it once", parameter=name)
        said[name] = value
    return checked(said, kind)


def checked(said: dict[str, str], kind: type[Asked]) -> Asked:
    """A question of what is said by names. Raises Refused (422)."""
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as error:
        name = re.findall(r"at `\$\.(\w+)`", str(error))[0]
        wanted = told(parameters_of(kind)[name])
        raise Refused(
            422, f"{name} can't be {said[name][:100]!r}: say {wanted}", parameter=name
        ) from error


@cache
def parameters_of(kind: type[Question]) -> Mapping[str, dict[str, Any]]:
    """The JSON Schema of each parameter of a question, by its name."""
    _, schemas = msgspec.json.schema_components([kind], ref_template="{name}")
    found: dict[str, dict[str, Any]] = schemas[kind.__name__]["properties"]
    return found


def told(schema: Mapping[str, Any]) -> str:
    """What a parameter may be, in words."""
    if schema.get("type") == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if schema.get("format") == "date":
        return "a day such as 2026-11-24"
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    return f"at most {schema['maxLength']} characters, without control characters"


def said_of(asked: Question) -> dict[str, Any]:
    """What a question says beside what it would say anyway, and where in its order it is."""
    usual, said = msgspec.to_builtins(type(asked)()), msgspec.to_builtins(asked)
    return {
        name: value for name, value in said.items() if name != "cursor" and value != usual.get(name)
    }


def belongs_to(path: str, asked: Question) -> str:
    """What a cursor of an answer belongs to: an address with its filters."""
    said = said_of(asked)
    said.pop("limit", None)
    return f"{path}?{urlencode(sorted(said.items()))}"
