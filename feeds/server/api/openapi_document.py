"""OpenAPI document (https://spec.openapis.org/oas/v3.1.0), generated from the operations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from feeds.server.api.operations import Operation, Write
from feeds.server.api.parameters import ListParameters, fields_of
from feeds.server.api.problems import MEDIA_TYPE, Problem

API_TITLE: Final = "Communique"
API_VERSION: Final = "1"

API_DESCRIPTION: Final = """\
The releases, sources and changes of a Communique site, for programs. Reading: CORS enabled.

Lists are paged: `next` is the cursor of the next page, and null on the last page. A page may have
fewer than `limit` items even if another page follows. The `Link` header is the next page's address.

Errors are problem details (RFC 9457). Responses have an `ETag`: send it in `If-None-Match`, and an
unchanged response is a 304 without a body. Above the rate limit, the response is 429, with
`Retry-After`.

Operations that write need a token with the scope `operate`, as `Authorization: Bearer`, and a JSON
object. `dry_run` checks a request. A repeated `Idempotency-Key` gets the first response. A request
that takes longer than 5 seconds becomes a job: the response is 202, with its address in
`Location`."""

COMMON_ERRORS: Final = {
    406: "The request's `Accept` header excludes all representations of the response.",
    414: "The query is too long.",
    422: "A parameter is invalid, unknown or repeated, or names an unknown source.",
    429: "Too many requests came from this address.",
    503: "The store is unavailable, or too many requests are waiting.",
}
"""Error statuses that every operation may return."""

OPERATOR_ERRORS: Final = {
    401: "The token is missing or wrong.",
    403: "The token does not allow this: it needs the scope `operate`.",
}
"""Additional error statuses of operations that need a token with the scope ``operate``."""

WRITE_ERRORS: Final = {
    **{status: why for status, why in COMMON_ERRORS.items() if status in {414, 429, 503}},
    **OPERATOR_ERRORS,
    400: "The body is not valid JSON.",
    404: "The id is unknown.",
    409: "The source was renamed, or another process uses it.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "A field is unknown, missing or invalid, the change is impossible, or the "
    "`Idempotency-Key` was used for another request.",
}
"""Error statuses of all write operations."""

SCHEMA_REF: Final = "#/components/schemas/{name}"


def openapi(reads: Sequence[Operation], writes: Sequence[Write] = ()) -> Mapping[str, Any]:
    """Return the OpenAPI document of operations."""
    kinds: list[type] = [Problem, *(one.response for one in reads)]
    for one in writes:
        kinds += [one.body, one.response]
    _, schemas = schemas_of(kinds, SCHEMA_REF)
    paths: dict[str, dict[str, Any]] = {}
    for read in reads:
        paths.setdefault(read.path, {})["get"] = reading(read)
    for write in writes:
        paths.setdefault(write.path, {})["post"] = writing(write)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{API_TITLE} API",
            "version": API_VERSION,
            "description": API_DESCRIPTION,
        },
        # This address is relative to the document's address, so it works with any path prefix.
        "servers": [{"url": "../"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed to write, and to read if the site requires a token.",
                }
            },
        },
        "security": [{}, {"token": []}],
    }


def writing(one: Write) -> dict[str, Any]:
    """Return the OpenAPI description of an operation that writes."""
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any unique text. A request with the same key and body within 24 hours gets "
        "the first response.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }
    return {
        "operationId": one.name,
        "summary": one.summary,
        "security": [{"token": []}],
        "parameters": [*path_parameters(one), key],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": reference(one.body), "example": one.example.body}
            },
        },
        "responses": {
            "200": {
                "description": one.summary + ".",
                "content": content(reference(one.response)),
            },
            "202": {
                "description": "The request takes longer. `Location` is the address of its job.",
                "content": content({"$ref": SCHEMA_REF.format(name="Job")}),
            },
            **problems(WRITE_ERRORS),
        },
    }


def problems(refused: Mapping[int, str]) -> dict[str, Any]:
    """Return the OpenAPI descriptions of error responses."""
    body = content(reference(Problem), MEDIA_TYPE)
    return {
        str(status): {"description": why, "content": body}
        for status, why in sorted(refused.items())
    }


def reading(one: Operation) -> dict[str, Any]:
    """Return the OpenAPI description of an operation that reads."""
    tokens = OPERATOR_ERRORS if one.access == "operate" else {}
    return {
        **({"security": [{"token": []}]} if tokens else {}),
        "operationId": one.name,
        "summary": one.summary,
        "parameters": [*path_parameters(one), *query_parameters(one)],
        "responses": {
            "200": {
                "description": one.summary + ".",
                "headers": {
                    "ETag": {
                        "description": "Changes when the response changes.",
                        "schema": {"type": "string"},
                    }
                },
                "content": {
                    **content(reference(one.response)),
                    **(
                        content({"type": "string"}, "application/x-ndjson")
                        | content({"type": "string"}, "text/csv")
                        if issubclass(one.parameters, ListParameters)
                        else {}
                    ),
                },
            },
            "304": {"description": "Unchanged since the request's If-None-Match."},
            **(
                {"308": {"description": "The source has a new id; see `Location`."}}
                if one.redirects
                else {}
            ),
            **problems({**COMMON_ERRORS, **tokens, **one.refused}),
        },
    }


def content(schema: Mapping[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """Return the OpenAPI description of a body with one media type."""
    return {media_type: {"schema": schema}}


def path_parameters(one: Operation | Write) -> list[dict[str, Any]]:
    """Return the OpenAPI description of the id in an operation's path, or an empty list."""
    if not one.id_description:
        return []
    schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    about = one.id_description
    return [{"name": "id", "in": "path", "required": True, "description": about, "schema": schema}]


def query_parameters(one: Operation) -> list[dict[str, Any]]:
    """Return the OpenAPI descriptions of an operation's query parameters."""
    return [
        {
            "name": name,
            "in": "query",
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in fields_of(one.parameters).items()
    ]


def schemas_of(
    kinds: Iterable[type], ref_template: str
) -> tuple[tuple[dict[str, Any], ...], dict[str, dict[str, Any]]]:
    """Return the JSON Schemas of classes, and the definitions to which they refer, by name.

    Descriptions are on one line, because docstrings are wrapped. Of a release, only the id is
    required, because of `fields`.
    """
    schemas, definitions = msgspec.json.schema_components(kinds, ref_template=ref_template)
    for name, one in definitions.items():
        if "description" in one:
            one["description"] = " ".join(one["description"].split())
        if name in {"Release", "FoundRelease"}:
            one["required"] = ["id"]
    return schemas, definitions


def reference(kind: type) -> dict[str, str]:
    """Return a JSON reference to the schema of a response class."""
    return {"$ref": SCHEMA_REF.format(name=kind.__name__)}
