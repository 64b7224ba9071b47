"""Tools that write do what REST does with the same token."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.command import communique
from tests.feeds.server.mcp.client import called, result
from tests.scheduler.operations.conftest import Operated


def test_only_operators_get_the_tools_that_write(operated: Operated) -> None:
    reading = {one["name"] for one in result(operated.web, "tools/list")["tools"]}
    reader, operator = operated.tokens["read"], operated.tokens["operate"]
    assert {one["name"] for one in result(operated.web, "tools/list", reader)["tools"]} == reading
    tools = {one["name"]: one for one in result(operated.web, "tools/list", operator)["tools"]}
    writing = {one.name for one in operated.writes.operations}
    assert tools.keys() == reading | writing | {"watches", "searches", "catalogues", "job"}
    for name in writing:
        Draft202012Validator.check_schema(tools[name]["inputSchema"])
        assert tools[name]["annotations"]["readOnlyHint"] is False
    destructive = {name for name in writing if tools[name]["annotations"]["destructiveHint"]}
    assert destructive == {*("hide_release", "remove_search", "remove_source", "rename_source")}


def test_a_tool_is_refused_like_the_request(operated: Operated) -> None:
    for token in ("", operated.tokens["read"]):
        for tool in ("watches", "pause_source", "job"):
            given = {"source": "harbour"} if tool == "pause_source" else {"job": "1"}
            refused = called(operated.web, tool, token, **(given if tool != "watches" else {}))
            assert refused["isError"] is True
            assert json.loads(refused["content"][0]["text"])["status"] == 403


def test_a_tool_that_writes_returns_what_rest_returns(operated: Operated) -> None:
    token = operated.tokens["operate"]
    bodies: list[tuple[str, str, str, dict[str, object]]] = [
        ("pause_source", "sources/harbour/pause", "source", {"why": "x", "dry_run": True}),
        ("pause_source", "sources/nope/pause", "source", {"dry_run": True}),
        ("change_source", "sources/harbour/change", "source", {"timezone": "Mars"}),
        ("hide_release", "releases/nope/hide", "release", {"why": "x"}),
        ("add_watch", "watches", "", {"name": "Tide", "query": "tide", "dry_run": True}),
        ("add_watch", "watches", "", {"name": "Tide", "sources": ["nope"]}),
    ]
    tools = {one["name"]: one for one in result(operated.web, "tools/list", token)["tools"]}
    for name, path, argument, body in bodies:
        rest = operated.post(f"/api/{path}", body)
        id_ = {argument: path.split("/")[1]} if argument else {}
        tool = called(operated.web, name, token, **id_, **body)
        assert tool["isError"] == (rest.status_code >= 400), tool
        if tool["isError"]:
            assert json.loads(tool["content"][0]["text"]) == rest.json()
        else:
            assert tool["structuredContent"]["data"] == rest.json()
            Draft202012Validator(tools[name]["outputSchema"]).validate(tool["structuredContent"])


def test_ids_have_one_name_in_all_tools(operated: Operated) -> None:
    """An assistant would guess the name of an argument from the other tools."""
    token = operated.tokens["operate"]
    tools = {one["name"]: one for one in result(operated.web, "tools/list", token)["tools"]}
    known = {name: {*one["inputSchema"]["properties"]} for name, one in tools.items()}
    assert not [name for name, arguments in known.items() if "id" in arguments]
    assert {"source", "new_source"} <= known["rename_source"]
    assert "source" in known["add_source"] & known["pause_source"] & known["runs"]
    assert "watch" in known["add_watch"] & known["pause_watch"]
    dry = {"source": "harbour", "dry_run": True}
    done = called(operated.web, "rename_source", token, **dry, new_source="port")
    assert "port" in done["structuredContent"]["data"]["message"]
    for name, given, wrong in (
        ("rename_source", {**dry, "new_source": "A b"}, "new_source"),
        ("rename_source", dry, "new_source"),
        ("rename_source", {**dry, "id": "port"}, "id"),
        ("add_watch", {"name": "Tide", "watch": "A b"}, "watch"),
        ("add_watch", {"name": "???"}, "watch"),
        ("hide_release", {"release": "x", "wyh": "y"}, "wyh"),
    ):
        refused = called(operated.web, name, token, **given)
        problem = json.loads(refused["content"][0]["text"])
        assert (problem["status"], problem["parameter"]) == (422, wrong)
        assert "'id'" not in problem["detail"].replace("argument 'id'", "")


def test_a_repeated_call_with_a_key_counts_once(operated: Operated) -> None:
    token = operated.tokens["operate"]
    given = {"source": "harbour", "why": "tools", "idempotency_key": "tool-1"}
    first = called(operated.web, "pause_source", token, **given)
    operated.post("/api/sources/harbour/resume")
    again = called(operated.web, "pause_source", token, **given)
    assert again["structuredContent"] == first["structuredContent"]
    with closing(operated.home.plain_store()) as store:
        assert store.operations(limit=1)[0].name == "resume_source"
    # REST knows the key of the same token.
    rest = operated.post(
        "/api/sources/harbour/pause", {"why": "tools"}, **{"idempotency-key": "tool-1"}
    )
    assert rest.json() == first["structuredContent"]["data"]


@pytest.mark.parametrize("name", ["../x", "../sources/harbour", "x/../y", "/x/y", "a\n"])
def test_no_name_leads_out_of_the_folder_of_searches(operated: Operated, name: str) -> None:
    def files() -> dict[Path, bytes]:
        return {one: one.read_bytes() for one in operated.home.path.rglob("*.toml")}

    before = files()
    for is_dry in (True, False):
        given = {"search": name, "query": "tide", "dry_run": is_dry}
        refused = called(operated.web, "save_search", operated.tokens["operate"], **given)
        assert refused["isError"] is True
    assert files() == before


def test_the_error_for_several_releases_contains_no_title(
    operated: Operated, tmp_path: Path
) -> None:
    """Assistants may take titles outside of `data` for instructions."""
    first = operated.web.get("/api/releases").json()["releases"][0]
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({name: first[name] for name in ("url", "title", "body_html")}))
    communique("import", str(lines), "--source", "other", home=operated.home.path)
    given = {"release": first["url"], "why": "x", "dry_run": True}
    refused = called(operated.web, "hide_release", operated.tokens["operate"], **given)
    problem = json.loads(refused["content"][0]["text"])
    assert problem["status"] == 422
    assert first["id"] in problem["detail"]
    assert first["title"] not in problem["detail"]
