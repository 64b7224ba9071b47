"""The page of the API: what it shows of the operations, with requests that work at this site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from data.models import Selection
from data.settings import Site
from data.store.protocol import Store
from feeds.catalog import catalog_of
from feeds.pages.api_page import ApiOperation, ApiParameter, api_page
from feeds.pages.renderer import PageRenderer
from feeds.server.api.document import DESCRIPTION, query_parameters
from feeds.server.api.examples import RELEASE, SOURCE, STORY, Example, examples
from feeds.server.api.operations import OPERATIONS, Operation

LOOKED_AT: Final = 50
"""Releases, the newest, among which a story is looked for."""


def rendered_page(store: Store, site: Site) -> bytes:
    """The page as it is at this moment."""
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
    """The ids that requests of this site can name: those of its newest releases."""
    found = store.select(Selection(), limit=LOOKED_AT).found
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


def described(one: Operation, example: Example, names: Mapping[str, str]) -> ApiOperation:
    """An operation as people read of it."""
    path = one.path.replace("{id}", quote(names.get(one.name, ""), safe=""))
    return ApiOperation(
        name=one.name,
        path=one.path,
        summary=one.summary,
        parameters=[
            ApiParameter(said["name"], kind_of(said["schema"]), said["description"])
            for said in query_parameters(one)
        ],
        example=f"{path}?{example.query}" if example.query else path,
        answer=indented(example.answer),
        refused=sorted(one.refused.items()),
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """Of which kind a parameter is, in few words."""
    if schema.get("type") == "integer":
        return f"{schema['minimum']} to {schema['maximum']}, or else {schema['default']}"
    if "enum" in schema:
        return " or ".join(schema["enum"])
    return "a day: 2026-11-24" if schema.get("format") == "date" else "text"


def indented(answer: Any) -> str:
    """An answer as JSON for people."""
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()
