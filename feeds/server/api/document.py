"""OpenAPI document (https://spec.openapis.org/oas/v3.1.0), generated from the operations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from feeds.server.api.operations import OPERATIONS, Operation
from feeds.server.api.parameters import PageParameters, parameters_of
from feeds.server.api.problems import MEDIA_TYPE, Problem

TITLE: Final = "Communique"
VERSION: Final = "1"

DESCRIPTION: Final = """\
The releases, sources and changes of a Communique site, for programs. Read-only; CORS enabled.

Lists are paged: `next` is the cursor of the next page, and null on the last page. A page may have
fewer than `limit` items even if another page follows. The `Link` header is the next page's address.

Errors are problem details (RFC 9457). Responses have an `ETag`: send it in `If-None-Match`, and an
unchanged response is a 304 without a body. Too many requests get 429, and `Retry-After`."""

COMMON_ERRORS: Final = {
    406: "The request's `Accept` header excludes all representations of the response.",
    414: "The query is too long.",
    422: "A parameter is invalid, unknown or repeated, or names an unknown source.",
    429: "Too many requests came from this address.",
    503: "The store is unavailable, or too many requests are waiting.",
}
"""Error statuses that every operation may return."""

REFERENCE: Final = "#/components/schemas/{name}"


@cache
def openapi() -> Mapping[str, Any]:
    """Return the OpenAPI document."""
    _, schemas = msgspec.json.schema_components(
        [Problem, *(one.response for one in OPERATIONS)], ref_template=REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{TITLE} API", "version": VERSION, "description": DESCRIPTION},
        # This address is relative to the document's address, so it works with any path prefix.
        "servers": [{"url": "../"}],
        "paths": paths(),
        "components": {
            "schemas": {
                name: described(optional_fields(name, schema))
                for name, schema in sorted(schemas.items())
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed only if the site requires a token to read it.",
                }
            },
        },
        "security": [{}, {"token": []}],
    }


def paths() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI descriptions of all operations, by path and method."""
    found: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        found.setdefault(one.path, {})[one.method.lower()] = operation(one)
    return found


def operation(one: Operation) -> dict[str, Any]:
    """Return the OpenAPI description of one operation."""
    refused = dict(sorted({**COMMON_ERRORS, **one.refused}.items()))
    return {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*path_parameters(one), *query_parameters(one)],
        "responses": {
            "200": {
                "description": one.summary + ".",
                "headers": {"ETag": header("Changes when the response changes.")},
                "content": contents(one),
            },
            "304": {"description": "Unchanged since the request's If-None-Match."},
            **(
                {"308": {"description": "The source has a new id; see `Location`."}}
                if one.redirects
                else {}
            ),
            **{
                str(status): {
                    "description": why,
                    "content": {MEDIA_TYPE: {"schema": reference(Problem)}},
                }
                for status, why in refused.items()
            },
        },
    }


def contents(one: Operation) -> dict[str, Any]:
    """Return the OpenAPI descriptions of the representations of an operation's response."""
    found: dict[str, Any] = {"application/json": {"schema": reference(one.response)}}
    if issubclass(one.parameters, PageParameters):
        found["application/x-ndjson"] = {"schema": {"type": "string"}}
        found["text/csv"] = {"schema": {"type": "string"}}
    return found


def path_parameters(one: Operation) -> list[dict[str, Any]]:
    """Return the OpenAPI description of the id in an operation's path, or an empty list."""
    if not one.named:
        return []
    schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    return [
        {"name": "id", "in": "path", "required": True, "description": one.named, "schema": schema}
    ]


def query_parameters(one: Operation) -> list[dict[str, Any]]:
    """Return the OpenAPI descriptions of an operation's query parameters."""
    found = []
    for name, described_schema in parameters_of(one.parameters).items():
        schema = dict(described_schema)
        found.append(
            {
                "name": name,
                "in": "query",
                "description": schema.pop("description", ""),
                "schema": schema,
            }
        )
    return found


def described(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose description is joined to one line, because docstrings are wrapped."""
    if "description" not in schema:
        return dict(schema)
    return {**schema, "description": " ".join(schema["description"].split())}


def optional_fields(name: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a release with only its id required: `fields` omits the others."""
    if name not in {"Release", "FoundRelease"}:
        return schema
    return {**schema, "required": ["id"]}


def reference(kind: type) -> dict[str, str]:
    """Return a JSON reference to the schema of a response class."""
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def header(description: str) -> dict[str, Any]:
    """Return the OpenAPI description of a response header."""
    return {"description": description, "schema": {"type": "string"}}
