"""Operators change sources, watches and releases over the API, and each request counts once."""

from __future__ import annotations

import base64
from contextlib import closing
from typing import Any, cast

import httpx
import msgspec
import pytest

from feeds.server.api.problems import MEDIA_TYPE
from spiders.sources.source_file import load_source
from tests.scheduler.operations.conftest import Operated
from tests.services import wait_for

PAUSE = "/api/sources/harbour/pause"


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an error response, which scripts of other sites can't read."""
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert "access-control-allow-origin" not in answer.headers
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    return said


def release_of(operated: Operated) -> str:
    """The id of a release."""
    found: str = operated.web.get("/api/releases").json()["releases"][0]["id"]
    return found


def finished(operated: Operated, answer: httpx.Response) -> dict[str, Any]:
    """The result of a request, from its job if it takes long.

    Clients repeat a request for a job that a busy server answers with 503.
    """
    if not (job := answer.headers.get("location")):
        return cast("dict[str, Any]", answer.json())

    def has_ended() -> bool:
        nonlocal answer
        answer = operated.get(job)
        assert answer.status_code in {200, 503}, answer.text
        return answer.status_code == 200 and answer.json()["state"] != "running"

    wait_for(has_ended)
    return cast("dict[str, Any]", answer.json()["result"])


def test_a_source_is_paused_and_resumed(operated: Operated) -> None:
    done = operated.post(PAUSE, {"why": "a move"}).json()
    assert done == {"changed": True, "dry_run": False, "message": "harbour is paused: a move"}
    health = operated.web.get("/api/health").json()["sources"]
    assert [one["paused"] for one in health if one["id"] == "harbour"] == [True]
    resume = "/api/sources/harbour/resume"
    assert operated.post(resume, {"dry_run": True}).json()["changed"] is True
    assert operated.post(resume).json()["changed"] is True
    assert operated.post(resume, {"dry_run": True}).json()["changed"] is False
    assert operated.post(resume).json()["changed"] is False


def test_keys_of_a_source_file_are_changed(operated: Operated) -> None:
    path = operated.home.sources / "harbour.toml"
    before = path.read_text()
    change = "/api/sources/harbour/change"
    body = {"name": "Port", "topics": ["ships"], "interval": 0}
    assert operated.post(change, {**body, "dry_run": True}).json()["changed"] is True
    assert path.read_text() == before
    assert operated.post(change, body).json()["changed"] is True
    assert load_source(operated.home.sources, "harbour").file.topics == ("ships",)
    assert operated.web.get("/api/sources/harbour").json()["name"] == "Port"
    assert problem(operated.post(change, {"timezone": "Mars/Base"}))["parameter"] == "timezone"
    assert operated.post(change, {"topics": [], "name": "Harbour"}).status_code == 200
    assert load_source(operated.home.sources, "harbour").file.topics == ()


@pytest.mark.thorough
def test_a_site_is_inspected_added_visited_renamed_and_removed(operated: Operated) -> None:
    url = f"{operated.room.base}/news/"
    body = {"url": url, "id": "second", "name": "Second", "timezone": "UTC"}
    dry = finished(operated, operated.post("/api/sources", {**body, "dry_run": True}))
    assert (dry.get("saved"), dry.get("certain"), dry.get("releases")) == (False, True, 2), dry
    assert not (operated.home.sources / "second.toml").exists()
    # One home directory collects an address only once.
    other = {**body, "url": url.replace("127.0.0.1", "localhost")}
    added = finished(operated, operated.post("/api/sources", other))
    assert added.get("saved") is True, added
    assert finished(operated, operated.post("/api/sources/second/check"))["ok"] is True
    run = finished(operated, operated.post("/api/sources/second/visit"))["run"]
    assert run["source"] == "second"
    assert run["new"] == 2
    rename = "/api/sources/second/rename"
    assert operated.post(rename, {"id": "third", "dry_run": True}).json()["changed"] is True
    assert operated.web.get("/api/sources/second").status_code == 200
    assert operated.post(rename, {"id": "third"}).json()["changed"] is True
    assert problem(operated.post("/api/sources/second/pause"))["status"] == 409
    assert operated.post("/api/sources/third/remove", {"dry_run": True}).json()["changed"] is True
    assert operated.post("/api/sources/third/remove").json()["changed"] is True
    assert operated.web.get("/api/sources/third").status_code == 410


@pytest.mark.usefixtures("forked_children")
def test_a_single_page_is_added(operated: Operated) -> None:
    url = f"{operated.room.base}/news/".replace("127.0.0.1", "localhost")
    body = {"url": url, "id": "one", "name": "One", "timezone": "UTC", "page": True}
    added = finished(operated, operated.post("/api/sources", body))
    assert (added["saved"], added["releases"]) == (True, 1), added
    assert load_source(operated.home.sources, "one").file.is_page
    (operated.home.sources / "one.toml").unlink()


def test_a_watch_is_added_changed_tested_and_paused(operated: Operated) -> None:
    # Addresses of some services contain long signatures.
    receiver = f"http://127.0.0.1:9/?sig={'a' * 400}"
    body = {"name": "Sea news", "query": "harbour", "outputs": {"webhook": [receiver]}}
    assert operated.post("/api/watches", {**body, "dry_run": True}).json()["changed"] is True
    assert operated.get("/api/watches").json()["watches"] == []
    assert operated.post("/api/watches", body).status_code == 200
    assert problem(operated.post("/api/watches", body))["parameter"] == "id"
    (listed,) = operated.get("/api/watches").json()["watches"]
    assert (listed["id"], listed["paused"]) == ("sea-news", False)
    one = "/api/watches/sea-news"
    assert operated.post(f"{one}/change", {"sources": ["harbour"]}).json()["changed"] is True
    for path in ("/api/watches", f"{one}/change"):
        unknown = problem(operated.post(path, {"name": "Sea", "sources": ["nope"]}))
        assert (unknown["status"], unknown["parameter"]) == (422, "sources")
        for query in ("(tide", "tide source:nope"):
            fault = problem(operated.post(path, {"name": "Sea", "query": query}))
            assert fault["parameter"] == "query"
            assert fault["detail"].startswith("query: at character")
    assert operated.post(f"{one}/pause").json()["changed"] is True
    assert operated.post(f"{one}/pause").json()["changed"] is False
    assert operated.post(f"{one}/resume").json()["changed"] is True
    assert operated.post(f"{one}/replay").json()["changed"] is False
    assert finished(operated, operated.post(f"{one}/test"))["sent"] == []
    text = (operated.home.watches / "sea-news.toml").read_text()
    assert "secret" in text
    assert operated.web.get("/api/watches").status_code == 401


def test_a_search_is_saved_and_removed(operated: Operated) -> None:
    save = "/api/searches/harbour-news/save"
    body = {"query": "harbour OR port"}
    assert operated.post(save, {**body, "dry_run": True}).json()["changed"] is True
    assert operated.get("/api/searches").json()["searches"] == []
    assert operated.post(save, body).json()["changed"] is True
    assert operated.post(save, body).json()["changed"] is False
    (listed,) = operated.get("/api/searches").json()["searches"]
    assert listed == {"name": "harbour-news", **body}
    fault = problem(operated.post(save, {"query": "harbour AND"}))
    assert (fault["status"], fault["parameter"], fault["position"]) == (422, "query", 8)
    assert problem(operated.post(save, {"query": "saved:harbour-news"}))["status"] == 422
    remove = "/api/searches/harbour-news/remove"
    assert operated.post(remove, {"dry_run": True}).json()["changed"] is True
    assert operated.post(remove).json()["changed"] is True
    assert problem(operated.post(remove))["status"] == 404


def test_a_release_is_hidden_and_shown(operated: Operated) -> None:
    release = release_of(operated)
    hide = f"/api/releases/{release}/hide"
    assert operated.post(hide, {"why": "a test", "dry_run": True}).json()["changed"] is True
    assert operated.web.get(f"/api/releases/{release}").status_code == 200
    assert operated.post(hide, {"why": "a test"}).json()["changed"] is True
    assert operated.web.get(f"/api/releases/{release}").status_code == 410
    assert operated.post(f"/api/releases/{release}/unhide").json()["changed"] is True
    assert operated.web.get(f"/api/releases/{release}").status_code == 200


def test_a_repeated_key_gets_the_first_response(operated: Operated) -> None:
    release = release_of(operated)
    hide = f"/api/releases/{release}/hide"
    key = {"idempotency-key": "hide-1"}
    first = operated.post(hide, {"why": "once"}, **key)
    assert first.json()["changed"] is True
    operated.post(f"/api/releases/{release}/unhide")
    again = operated.post(hide, {"why": "once"}, **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert operated.web.get(f"/api/releases/{release}").status_code == 200
    other = problem(operated.post(hide, {"why": "twice"}, **key))
    assert (other["status"], other["parameter"]) == (422, "Idempotency-Key")
    assert problem(operated.post(PAUSE, **key))["parameter"] == "Idempotency-Key"
    for wrong in ("", "a b", "a" * 256):
        refused = operated.post(PAUSE, **{"idempotency-key": wrong})
        assert problem(refused)["parameter"] == "Idempotency-Key"
    # The key of another token is another key.
    sent = {"authorization": f"Bearer {operated.tokens['other']}", **key}
    answer = operated.web.post(PAUSE, json={"why": "x", "dry_run": True}, headers=sent)
    assert answer.status_code == 200


def test_each_request_is_recorded_with_its_token(operated: Operated) -> None:
    operated.post(PAUSE, {"why": "recorded"})
    operated.post(PAUSE, {"dry_run": True})
    operated.post(f"/api/sources/nope%0A{'x' * 1000}/pause")
    operated.post("/api/sources/harbour/resume")
    with closing(operated.home.plain_store()) as store:
        found = store.operations(limit=3)
    assert [(one.token, one.name, one.target, one.status) for one in found] == [
        ("operate", "resume_source", "harbour", 200),
        ("operate", "pause_source", f"nope {'x' * 195}", 404),
        ("operate", "pause_source", "harbour", 200),
    ]


@pytest.mark.parametrize(
    ("sent", "kind", "status", "word"),
    [
        (b"{}", "text/plain", 415, "application/json"),
        (b"{}", "", 415, "application/json"),
        (b'{"why": ', "application/json", 400, "truncated"),
        (b'{"why" "x"}', "application/json; charset=utf-8", 400, "byte 7"),
        (b"\xff", "application/json", 400, "JSON"),
        (b"[" * 30_000, "application/json", 422, "object"),
        (b'{"why": "' + b"a" * 70_000 + b'"}', "application/json", 413, "65,536"),
        (b'{"wyh": "x"}', "application/json", 422, "why"),
        (b'{"why": 3}', "application/json", 422, "why"),
        (b'{"why": "a\\u0000"}', "application/json", 422, "why"),
        (b"[]", "application/json", 422, "object"),
    ],
)
def test_an_invalid_body_is_explained(
    operated: Operated, sent: bytes, kind: str, status: int, word: str
) -> None:
    headers = {"authorization": f"Bearer {operated.tokens['operate']}", "content-type": kind}
    said = problem(operated.web.post(PAUSE, content=sent, headers=headers))
    assert said["status"] == status
    assert word in said["detail"]


@pytest.mark.parametrize(
    ("path", "body", "parameter", "word"),
    [
        ("watches", {"name": "A", "kinds": ["new"]}, "kinds", "retraction"),
        ("watches", {"name": "A", "id": "A b"}, "id", "hyphens"),
        ("watches", {"name": "A", "topics": ["nope"]}, "topics", "nope"),
        ("watches", {"name": "A", "outputs": {"webhook": ["x"]}}, None, "a.toml: webhook.url"),
        ("sources", {"url": "no address"}, "url", "web address"),
        ("sources", {"url": "http://127.0.0.1:9/", "timezone": "Mars"}, "timezone", "Mars"),
        ("sources/harbour/rename", {"id": "harbour"}, None, "choose another id"),
        ("searches/A%20b/save", {"query": "tide"}, None, "hyphens"),
    ],
)
def test_an_error_names_the_field_and_no_folder_of_the_server(
    operated: Operated, path: str, body: dict[str, Any], parameter: str | None, word: str
) -> None:
    said = problem(operated.post(f"/api/{path}", body))
    assert (said["status"], said.get("parameter")) == (422, parameter)
    assert word in said["detail"]
    assert str(operated.home.path) not in said["detail"]
    assert "regex" not in said["detail"]


def test_only_a_bearer_token_with_the_right_scope_writes(operated: Operated) -> None:
    def status(path: str = PAUSE, **headers: str) -> int:
        answer = operated.web.post(path, json={"dry_run": True}, headers=headers)
        assert "access-control-allow-origin" not in answer.headers
        return answer.status_code

    operator = operated.tokens["operate"]
    basic = base64.b64encode(f"me:{operator}".encode()).decode()
    assert status() == 401
    assert status(authorization=f"Bearer {operated.tokens['read']}") == 403
    assert status(authorization=f"Basic {basic}") == 401
    assert status(f"{PAUSE}?token={operator}") == 401
    assert status(authorization=f"GoogleLogin auth={operator}") == 401
    assert status(authorization=f"Bearer {operator}") == 200
    preflight = operated.web.options(PAUSE, headers={"origin": "https://evil.example"})
    assert preflight.headers["allow"] == "POST, OPTIONS"
    assert not [one for one in preflight.headers if one.startswith("access-control")]


def test_an_address_that_can_not_be_fetched_is_refused(operated: Operated) -> None:
    for url in ("ftp://x.example/", "http://a b.example/", "file:///etc/passwd", ""):
        answer = operated.post("/api/sources", {"url": url})
        assert problem(answer)["status"] == 422, url


def test_the_document_and_the_page_describe_every_operation(operated: Operated) -> None:
    document = operated.web.get("/api/openapi.json").json()
    page = operated.web.get("/api/").text
    for one in operated.writes.operations:
        described = document["paths"][one.path]["post"]
        assert described["operationId"] == one.name
        assert described["security"] == [{"token": []}]
        assert f'id="{one.name}"' in page
        msgspec.convert(one.example.body, one.body)
        encoded = msgspec.json.encode(one.example.answer)
        assert msgspec.json.decode(encoded, type=one.response) == one.example.answer
    assert {one["get"]["operationId"] for one in document["paths"].values() if "get" in one} >= {
        *("job", "searches", "watches")
    }
