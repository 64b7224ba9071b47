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
from feeds.server.api.document import DESCRIPTION, query_parameters
from feeds.server.api.examples import RELEASE, SOURCE, STORY, ApiExample, examples
from feeds.server.api.operations import OPERATIONS, Operation

STORY_CANDIDATES: Final = 50
"""Number of the newest releases that are searched for one with a story."""


def rendered_page(store: Store, site: SiteSettings) -> bytes:
    """Render the page with ids from the store."""
    pages = PageRenderer(catalog_of(store, site), store.facets())
    names = names_in(store)
    shown = examples()
    return api_page(
        pages,
        [" ".join(part.split()) for part in DESCRIPTION.split("\n\n")],
        [described(one, shown[one.name], names) for one in OPERATIONS],
        rate=site.api_rate,
        needs_token=site.access == "token",
    )


def names_in(store: Store) -> Mapping[str, str]:
    """Return ids for example requests, by operation. The ids belong to the newest releases."""
    found = store.select(Selection(), limit=STORY_CANDIDATES).found
    releases = [one for one in map(store.release, (place.id for place in found)) if one]
    story = next((one.story for one in releases if one.story), STORY)
    release, source = (releases[0].id, releases[0].source) if releases else (RELEASE, SOURCE)
    return {
        "release": release,
        "revisions": release,
        "story": story,
        "source": source,
        "sections": source,
    }


def described(one: Operation, example: ApiExample, names: Mapping[str, str]) -> ApiOperation:
    """Return an operation as the page shows it."""
    path = one.path.replace("{id}", quote(names.get(one.name, ""), safe=""))
    return ApiOperation(
        name=one.name,
        path=one.path,
        summary=one.summary,
        parameters=[
            ApiParameter(parameter["name"], kind_of(parameter["schema"]), parameter["description"])
            for parameter in query_parameters(one)
        ],
        example=f"{path}?{example.query}" if example.query else path,
        answer=indented(example.answer),
        refused=sorted(one.refused.items()),
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a parameter in a few words."""
    if schema.get("type") == "integer":
        return f"{schema['minimum']} to {schema['maximum']}, default {schema['default']}"
    if "enum" in schema:
        return " or ".join(schema["enum"])
    return "a day: 2026-11-24" if schema.get("format") == "date" else "text"


def indented(answer: Any) -> str:
    """Return a response as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()


FILE = "api/index.html"
"""File from which relative links start. Only our server makes this page."""


@dataclass(frozen=True, slots=True)
class ApiParameter:
    """A parameter of a request, with its type (``kind``)."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """An operation at ``path``, with an example request for this site and its response.

    ``refused`` are error statuses with their reasons.
    """

    name: str
    path: str
    summary: str
    parameters: Sequence[ApiParameter]
    example: str
    answer: str
    refused: Sequence[tuple[int, str]]


def api_page(
    pages: PageRenderer,
    introduction: Sequence[str],
    operations: Sequence[ApiOperation],
    *,
    rate: int,
    needs_token: bool,
) -> bytes:
    """Render the page. ``rate`` is the limit of requests per minute, 0 for no limit."""
    return pages.render(
        "api.html",
        FILE,
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
    """Return a trusted text as HTML, with the words in backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )
