"""The documentation page of the API, with example requests that work on this site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from data.models import Facet, Selection
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import catalog_of
from feeds.pages.renderer import PageRenderer
from feeds.server.api.examples import (
    EXAMPLE_RELEASE,
    EXAMPLE_SOURCE,
    EXAMPLE_STORY,
    ApiExample,
    examples,
)
from feeds.server.api.openapi_document import API_DESCRIPTION, query_parameters
from feeds.server.api.operations import Operation, Write

STORY_CANDIDATES: Final = 50
"""Number of recent releases that are searched for an example of a release with a story."""


def rendered_page(
    store: Store, site: SiteSettings, reads: Sequence[Operation], writes: Sequence[Write]
) -> bytes:
    """Render the API's documentation page, with ids of existing releases in its examples."""
    pages = PageRenderer(catalog_of(store, site), store.facets())
    names = names_in(store)
    shown = examples()
    return api_page(
        pages,
        [" ".join(part.split()) for part in API_DESCRIPTION.split("\n\n")],
        [
            *(described(one, example_of(one, shown), names) for one in reads),
            *(described_write(one) for one in writes),
        ],
        rate=site.api_rate,
        needs_token=site.access == "token",
    )


def example_of(one: Operation, shown: Mapping[str, ApiExample]) -> ApiExample:
    """Return the example of an operation: its own example, or the example in `examples`."""
    return ApiExample("", one.example) if one.example else shown[one.name]


def names_in(store: Store) -> Mapping[str, str]:
    """Return an id for the example request of each operation, taken from the newest releases."""
    found = store.select(Selection(), limit=STORY_CANDIDATES).found
    releases = [one for one in map(store.release, (place.id for place in found)) if one]
    story = next((one.story for one in releases if one.story), EXAMPLE_STORY)
    release, source = (
        (releases[0].id, releases[0].source) if releases else (EXAMPLE_RELEASE, EXAMPLE_SOURCE)
    )
    return {
        "release": release,
        "revisions": release,
        "attachments": release,
        "differences": release,
        "story": story,
        "source": source,
        "sections": source,
    }


def described(one: Operation, example: ApiExample, names: Mapping[str, str]) -> ApiOperation:
    """Return the description of an operation for the documentation page."""
    path = one.path.replace("{id}", quote(names.get(one.name, "ID"), safe=""))
    return ApiOperation(
        name=one.name,
        path=one.path,
        summary=one.summary,
        parameters=[
            ApiParameter(parameter["name"], kind_of(parameter["schema"]), parameter["description"])
            for parameter in query_parameters(one)
        ],
        example=f"{path}?{example.query}" if example.query else path,
        needs_token=one.access == "operate",
        answer=indented(example.answer),
        refused=sorted(one.refused.items()),
    )


def described_write(one: Write) -> ApiOperation:
    """Return the description of an operation that writes for the documentation page."""
    _, schemas = msgspec.json.schema_components([one.body], ref_template="{name}")
    body = msgspec.json.encode(one.example.body).decode()
    path = one.path.replace("{id}", "ID")
    return ApiOperation(
        name=one.name,
        path=f"POST {one.path}",
        summary=one.summary,
        parameters=[
            ApiParameter(name, field_kind(schema), schema.get("description", ""))
            for name, schema in schemas[one.body.__name__]["properties"].items()
        ],
        example=path,
        body=body,
        needs_token=True,
        answer=indented(one.example.answer),
        refused=(),
    )


def field_kind(schema: Mapping[str, Any]) -> str:
    """Return a short description of the type of a field in a body."""
    if "enum" in schema:
        return " or ".join(schema["enum"])
    kinds = [schema, *schema.get("anyOf", ())]
    return " or ".join(one["type"] for one in kinds if one.get("type", "null") != "null")


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return a short description of a parameter's type."""
    if schema.get("type") == "integer":
        return f"{schema['minimum']} to {schema['maximum']}, default {schema['default']}"
    if "enum" in schema:
        return " or ".join(schema["enum"])
    return "a day: 2026-11-24" if schema.get("format") == "date" else "text"


def indented(answer: Any) -> str:
    """Return a response as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()


API_PAGE_FILE = "api/index.html"
"""File name of the documentation page, used to resolve its relative links. The page is not
published as a file; the server generates it."""


@dataclass(frozen=True, slots=True)
class ApiParameter:
    """A query parameter of an operation on the documentation page. ``kind`` describes its type."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """An operation on the documentation page, with an example request and its response.

    ``refused`` lists error statuses with their reasons.
    """

    name: str
    path: str
    summary: str
    parameters: Sequence[ApiParameter]
    example: str
    answer: str
    refused: Sequence[tuple[int, str]]
    body: str = ""
    needs_token: bool = False


def api_page(
    pages: PageRenderer,
    introduction: Sequence[str],
    operations: Sequence[ApiOperation],
    *,
    rate: int,
    needs_token: bool,
) -> bytes:
    """Render the documentation page.

    ``rate`` is the maximum number of requests per minute, 0 for no limit.
    """
    return pages.render(
        "api.html",
        API_PAGE_FILE,
        Facet(),
        title=pages.catalog.texts.gettext("API for programs"),
        introduction=introduction,
        coded=coded,
        operations=operations,
        site_url=pages.catalog.site,
        rate=rate,
        needs_token=needs_token,
    )


def coded(text: str) -> Markup:
    """Return a trusted text as HTML, in which text in backticks becomes a ``<code>`` element."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )
