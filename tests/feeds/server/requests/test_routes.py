"""The route table: which row a request gets, and what adding one takes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.access import Access
from feeds.server.api.operations import Write, WriteBody, WriteCall, WriteExample
from feeds.server.api.schemas import WriteResult
from feeds.server.api.writes import Writes
from feeds.server.app import create_app
from feeds.server.requests.routes import (
    READ_METHODS,
    RouteTable,
    ServerRoute,
    is_reserved,
    reserved,
)
from tests.feeds.serving import served_by

POST = frozenset(["POST"])


def path_of(found: ServerRoute | None) -> str | None:
    return found.path if found else None


def test_a_path_is_answered_by_the_first_matching_row() -> None:
    paths = ("/api/", "/api/a/{id}", "/api/a/{id}/b", "/api/{rest:path}", "/healthz")
    table = RouteTable(ServerRoute(one) for one in paths)
    assert path_of(table.find("/healthz", "GET")) == "/healthz"
    assert path_of(table.find("/api/", "GET")) == "/api/"
    assert path_of(table.find("/api/a/1", "GET")) == "/api/a/{id}"
    assert path_of(table.find("/api/a/1/b", "GET")) == "/api/a/{id}/b"
    assert path_of(table.find("/api/a/1/c", "GET")) == "/api/{rest:path}"
    assert path_of(table.find("/api/line\nbreak", "GET")) == "/api/{rest:path}"
    for path in ("/", "/api", "/feeds/all.atom", "/healthz/", ""):
        assert table.find(path, "GET") is None, path


def test_of_several_rows_of_a_path_the_one_for_the_method_counts() -> None:
    table = RouteTable([ServerRoute("/a/{id}"), ServerRoute("/a/{id}", POST, "operate")])
    assert table.needed("/a/1", "GET", is_open=False) == "read"
    assert table.needed("/a/1", "HEAD", is_open=False) == "read"
    assert table.needed("/a/1", "POST", is_open=False) == "operate"
    found = table.find("/a/1", "PUT")
    assert found is not None
    assert not found.accepts("PUT")
    assert table.needs_operators


def test_a_row_may_depend_on_headers_or_on_a_missing_file() -> None:
    def has_date(_: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        return any(name == b"date" for name, _ in headers)

    rows = [
        ServerRoute("/a/{id}", condition=has_date),
        ServerRoute("/a/{id}", access="own", if_no_file=True),
    ]
    table = RouteTable(rows)
    assert table.find("/a/1", "GET", [(b"date", b"")]) is rows[0]
    assert table.find("/a/1", "GET") is None
    assert table.find("/a/1", "GET", if_no_file=True) is rows[1]
    assert table.needed("/a/1", "GET", is_open=False) == "read"


def test_a_path_has_a_responder_unless_it_may_be_a_file() -> None:
    found = reserved("/hub").endpoint
    rows = [reserved("/hub"), reserved("/api/{rest:path}"), ServerRoute("/static/{file:path}")]
    rows += [ServerRoute("/tile/{n}", endpoint=found, if_no_file=True)]
    rows += [ServerRoute("/past/{n}", endpoint=found, condition=lambda _, asked: any(asked))]
    table = RouteTable(rows)
    answers = [table.responds(one, ()) for one in ("/hub", "/api/x", "/static/x", "/tile/1")]
    assert answers == [True, True, False, False]
    assert not table.responds("/past/1", ())
    assert table.responds("/past/1", [(b"accept-datetime", b"")])


def test_a_reserved_row_responds_and_accepts_only_reading() -> None:
    row = reserved("/hub")
    assert (is_reserved(row), row.responds, row.methods) == (True, True, READ_METHODS)
    assert not ServerRoute("/static/{file:path}", access="public").responds


def test_an_operation_that_is_added_gets_its_method_and_access(tmp_path: Path) -> None:
    url, tokens = f"sqlite:{tmp_path / 'communique.db'}", tmp_path / "tokens"
    open_store(url).close()
    texts = {scope: new_token(tokens, scope, (scope,)) for scope in ("read", "operate")}
    answer = WriteResult(changed=False, dry_run=False, message="nothing changed")

    async def nothing(_: WriteCall, __: WriteBody) -> WriteResult:
        return answer

    example = WriteExample({}, answer)
    added = Write("/api/sources", "add", "Add", WriteBody, WriteResult, nothing, example)
    writes = Writes(url, [added])

    def status(web: httpx.Client, method: str, token: str = "") -> int:
        headers = {"authorization": f"Bearer {texts[token]}"} if token else {}
        return web.request(method, "/api/sources", headers=headers, json={}).status_code

    access = Access(Permissions(tokens))
    app = create_app(tmp_path / "site", url, SiteSettings(), access=access, writes=writes)
    for web in served_by(app):
        found = [status(web, "POST"), status(web, "POST", "read"), status(web, "POST", "operate")]
        assert found == [401, 403, 200]
        assert [status(web, method) for method in ("GET", "HEAD", "OPTIONS")] == [200, 200, 204]
        assert status(web, "PUT") == 405
        assert web.options("/api/sources").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    closed = SiteSettings(access="token")
    app = create_app(tmp_path / "site", url, closed, access=access, writes=writes)
    for web in served_by(app):
        assert [status(web, "GET"), status(web, "GET", "read")] == [401, 200]
        assert [status(web, "POST", "read"), status(web, "POST", "operate")] == [403, 200]
    with pytest.raises(ValueError, match="access"):
        create_app(tmp_path / "site", url, SiteSettings(), writes=writes)
