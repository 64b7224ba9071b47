"""The OpenAPI document, docs/api.md and the page say the same as the operations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import msgspec

from data.models import ReleaseKind
from feeds.server.api.documentation_page import examples
from feeds.server.api.openapi_document import openapi
from feeds.server.api.parameters import fields_of
from feeds.server.api.reads import OPERATIONS

DOCS = (Path(__file__).parents[4] / "docs" / "api.md").read_text("utf-8")


def test_the_reference_names_every_address_and_parameter() -> None:
    rows = re.findall(r"^\| `(/api/[^`]*)` \|.*\|([^|]*)\|$", DOCS, re.MULTILINE)
    documented = {path: set(re.findall(r"`(\w+)`", said)) for path, said in rows}
    assert documented == {one.path: set(fields_of(one.parameters)) for one in OPERATIONS}


def test_the_reference_names_every_kind_of_change() -> None:
    rows = re.findall(r"^\| (`.*`) \| [^|]*\|$", DOCS, re.MULTILINE)
    named = {kind for row in rows for kind in re.findall(r"`(\w+)`", row)}
    assert named == set(ReleaseKind.__args__)  # type: ignore[attr-defined]  # a Literal


def references(node: Any) -> set[str]:
    """All that a part of the document refers to."""
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list | tuple) else set()


def test_all_references_in_the_document_exist() -> None:
    document = msgspec.json.decode(msgspec.json.encode(openapi(OPERATIONS)))
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= schemas
    assert document["openapi"] == "3.1.0"
    ids = [one["get"]["operationId"] for one in document["paths"].values()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)


def test_each_operation_has_an_example_of_its_answer() -> None:
    shown = examples()
    assert shown.keys() == {one.name for one in OPERATIONS}
    for one in OPERATIONS:
        answer = shown[one.name].answer
        assert msgspec.json.decode(msgspec.json.encode(answer), type=one.response) == answer


def test_the_example_requests_on_the_page_work(web: httpx.Client) -> None:
    page = web.get("/api/")
    assert page.headers["content-type"].startswith("text/html")
    asked = {"accept-encoding": "gzip", "accept": "text/html"}
    with web.stream("GET", "/api/", headers=asked) as small:
        assert len(b"".join(small.iter_raw())) < 30_000
    assert small.headers["content-encoding"] == "gzip"
    addresses = re.findall(r"curl 'http://127\.0\.0\.1:8080([^']*)'", page.text)
    assert len(addresses) == len(OPERATIONS)
    for address in addresses:
        answer = web.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200, address
    for one in OPERATIONS:
        assert f'id="{one.name}"' in page.text
