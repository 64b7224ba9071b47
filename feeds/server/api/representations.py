"""Representations of releases and responses: JSON, JSON lines, CSV, and selected fields."""

from collections.abc import Iterable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, Final, Literal, TypeAlias, get_args, get_type_hints

import msgspec

from data.export.formats.comma_separated import MEDIA_TYPE, csv_lines
from data.interchange.release_fields import release_fields
from data.models import Facet, Release
from data.wording import meant
from feeds.server.api import schemas
from feeds.server.api.parameters import ListParameters, Parameters
from feeds.server.api.problems import ApiError
from feeds.urls import feed_file, href, release_file

Representation: TypeAlias = Literal["json", "ndjson", "csv"]
"""Representations of a list, preferred ones first. All other responses are JSON."""

MEDIA_TYPES: Final[Mapping[Representation, str]] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": MEDIA_TYPE,
}
"""Media types of representations."""

NESTED_RELEASE: Final = "release"
"""Name of the field of an item that is a release."""

RELEASE_FIELDS: Final = schemas.FoundRelease.__struct_fields__
"""Names of all fields that a release may have in a response."""


def representation_of(asked: Parameters, accept: Iterable[str]) -> Representation:
    """Return the representation that a request wants, by its parameters or its Accept headers.

    Raises ApiError (406) if the request accepts none of the operation's representations.
    """
    if isinstance(asked, ListParameters) and asked.format is not msgspec.UNSET:
        return asked.format
    all_kinds: tuple[Representation, ...] = get_args(Representation)
    offered = all_kinds if isinstance(asked, ListParameters) else all_kinds[:1]
    kind = preferred(accept, offered)
    if kind is None:
        types = ", ".join(MEDIA_TYPES[one].partition(";")[0] for one in offered)
        raise ApiError(406, f"send an Accept header that includes one of {types}, or none")
    return kind


def preferred(accept: Iterable[str], offered: Iterable[Representation]) -> Representation | None:
    """Return the representation that Accept headers prefer (RFC 9110, section 12.5.1), or None."""
    ranges = [part for line in accept for part in line.split(",") if part.strip()]
    weights: dict[str, float] = {}
    for part in ranges:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            weights[kind] = float(weight)
        except ValueError:
            weights[kind] = 1.0
    if not ranges:
        weights["*/*"] = 1.0

    def weight_of(one: Representation) -> float:
        name = MEDIA_TYPES[one].partition(";")[0]
        keys = (name, f"{name.partition('/')[0]}/*", "*/*")
        return next((weights[key] for key in keys if key in weights), 0.0)

    best = max(offered, key=weight_of)
    return best if weight_of(best) > 0 else None


def fields_in(asked: Parameters) -> frozenset[str]:
    """Return the fields of a release that a request selects. An empty result means all fields.

    Raises ApiError (422) if a field is unknown.
    """
    names = [*filter(None, map(str.strip, getattr(asked, "fields", "").split(",")))]
    for name in names:
        if name not in RELEASE_FIELDS:
            near = meant(name[:40], RELEASE_FIELDS) or f"; use {', '.join(RELEASE_FIELDS)}"
            why = f"{name[:40]!r} is not a field of a release{near}"
            raise ApiError(422, why, parameter="fields")
    return frozenset({"id", *names} if names else ())


def values_of(answer: schemas.ResponseBody, asked: Parameters) -> dict[str, Any]:
    """Return a response as JSON values, whose releases have only the requested fields."""
    values: dict[str, Any] = msgspec.to_builtins(answer)
    if wanted := fields_in(asked):
        if isinstance(answer, schemas.Release):
            return only(values, wanted)
        if "releases" in values:
            values["releases"] = [only(one, wanted) for one in values["releases"]]
        for change in values.get("changes", ()):
            if change["release"]:
                change["release"] = only(change["release"], wanted)
    return values


def only(values: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    """Return the wanted fields of a release."""
    return {name: value for name, value in values.items() if name in wanted}


def body_of(answer: schemas.ResponseBody, asked: Parameters, kind: Representation) -> bytes:
    """Return the body of a response in a representation."""
    if kind == "json":
        whole = values_of(answer, asked) if getattr(asked, "fields", "") else answer
        return msgspec.json.encode(whole) + b"\n"
    values = values_of(answer, asked)
    name, columns = items_of(type(answer))
    if kind == "ndjson":
        return b"".join(msgspec.json.encode(one) + b"\n" for one in values[name])
    wanted, rows = fields_in(asked), values[name]
    if NESTED_RELEASE not in columns:
        return b"".join(csv_lines(rows, [one for one in columns if not wanted or one in wanted]))
    # The fields of the release become columns after those of the item.
    own = [one for one in columns if one != NESTED_RELEASE]
    more = [one for one in schemas.Release.__struct_fields__ if not wanted or one in wanted]
    flat = ({**(one[NESTED_RELEASE] or {}), **one} for one in rows)
    return b"".join(csv_lines(flat, dict.fromkeys([*own, *more])))


def items_of(kind: type[schemas.ResponseBody]) -> tuple[str, tuple[str, ...]]:
    """Return the name of the items of a paged response, and the names of their fields."""
    for name, hint in get_type_hints(kind).items():
        for item in get_args(hint):
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                return name, item.__struct_fields__
            if is_dataclass(item):
                return name, tuple(one.name for one in dataclass_fields(item))
    raise TypeError(f"{kind.__name__} has no items")


def release_answer(site: str, release: Release) -> schemas.Release:
    """Convert a stored release to its API response."""
    return msgspec.convert(answer_fields(site, release), schemas.Release, from_attributes=True)


def answer_fields(site: str, release: Release) -> dict[str, Any]:
    """Return the fields of a release in responses: the public fields, and its links."""
    links = schemas.ReleaseLinks(
        page=site + href(release_file(release.id)),
        feed=site + href(feed_file(Facet(source=release.source), "atom")),
    )
    return {**release_fields(release), "links": links}
