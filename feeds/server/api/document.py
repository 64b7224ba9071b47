"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), made of the operations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from feeds.server.api.operations import OPERATIONS, Operation
from feeds.server.api.problems import MEDIA_TYPE, Problem
from feeds.server.api.questions import parameters_of

TITLE: Final = "Communique"
VERSION: Final = "1"

DESCRIPTION: Final = """\
What a site of Communique knows, for programs. Read-only; CORS enabled.

Lists come by pages: `next` is the cursor of the page after, and null where there is none; a page
may hold fewer than `limit` though there is a next one. The header `Link` has its address.

Errors are problem details (RFC 9457). Answers have an `ETag`; asked with `If-None-Match`, what has
not changed is a 304 without a body. Who asks too often gets 429, with `Retry-After` in seconds."""

ALWAYS: Final = {
    406: "The answer is JSON, and the request takes none.",
    414: "The query is too long.",
    422: "A parameter is not as described, not known here, or said twice, or names no source.",
    429: "Too many requests came from this address.",
    503: "The store can't be read now, or too many ask at once.",
}
"""Statuses that any operation may have."""

REFERENCE: Final = "#/components/schemas/{name}"


@cache
def openapi() -> Mapping[str, Any]:
    """The whole document."""
    _, schemas = msgspec.json.schema_components(
        [Problem, *(one.answer for one in OPERATIONS)], ref_template=REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{TITLE} API", "version": VERSION, "description": DESCRIPTION},
        # Relative to where the document lies, so that it holds wherever the site is mounted.
        "servers": [{"url": "../"}],
        "paths": {one.path: {"get": operation(one)} for one in OPERATIONS},
        "components": {
            "schemas": {name: described(schema) for name, schema in sorted(schemas.items())},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Only where the site is not for everybody.",
                }
            },
        },
        "security": [{}, {"token": []}],
    }


def operation(one: Operation) -> dict[str, Any]:
    """What can be asked at one address, and what comes of it."""
    refused = dict(sorted({**ALWAYS, **one.refused}.items()))
    return {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*path_parameters(one), *query_parameters(one)],
        "responses": {
            "200": {
                "description": one.summary + ".",
                "headers": {"ETag": header("What tells this answer from another.")},
                "content": {"application/json": {"schema": reference(one.answer)}},
            },
            "304": {"description": "It is what the request's If-None-Match names."},
            **({"308": {"description": "It has another id now."}} if "308" in one.named else {}),
            **{
                str(status): {
                    "description": why,
                    "content": {MEDIA_TYPE: {"schema": reference(Problem)}},
                }
                for status, why in refused.items()
            },
        },
    }


def path_parameters(one: Operation) -> list[dict[str, Any]]:
    """The variable part of an address, if it has one."""
    if not one.named:
        return []
    schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    return [
        {"name": "id", "in": "path", "required": True, "description": one.named, "schema": schema}
    ]


def query_parameters(one: Operation) -> list[dict[str, Any]]:
    """The parameters of a query."""
    found = []
    for name, described_schema in parameters_of(one.question).items():
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
    """A schema with its description as one text: that of a docstring has its white space."""
    if "description" not in schema:
        return dict(schema)
    return {**schema, "description": " ".join(schema["description"].split())}


def reference(kind: type) -> dict[str, str]:
    """Where the schema of an answer is."""
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def header(description: str) -> dict[str, Any]:
    """A header field of an answer."""
    return {"description": description, "schema": {"type": "string"}}
