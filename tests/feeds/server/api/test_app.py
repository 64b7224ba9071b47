"""Programs get what they ask for, page by page, and are told what is wrong, over real HTTP."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
from pathlib import Path
from typing import Any

import brotli
import httpx
import msgspec
import pytest

from data.interchange.release_fields import release_fields
from data.models import Selection
from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.alerts.messages import EDIT_FIELDS
from feeds.server.api.openapi_document import openapi
from feeds.server.api.problems import MEDIA_TYPE
from feeds.server.api.reads import OPERATIONS
from feeds.server.app import create_app
from tests.drafts import draft
from tests.examples import thorough
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

WITH_NAMES = {
    "release": "/api/releases/{release}",
    "revisions": "/api/releases/{release}/revisions",
    "attachments": "/api/releases/{release}/attachments",
    "differences": "/api/releases/{release}/differences",
    "story": "/api/stories/{story}",
    "source": "/api/sources/harbour",
    "sections": "/api/sources/harbour/sections",
    "search": "/api/search?q=dredger",
}


@pytest.fixture
def names(filled: SqliteStore) -> dict[str, str]:
    """The release that was edited, and its story."""
    edited = filled.select(Selection(state="corrected"), limit=1).found[0].id
    release = filled.release(edited)
    assert release is not None
    assert release.story is not None
    return {"release": release.id, "story": release.story}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """What a problem says, after all that every problem has."""
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"]
    assert said["detail"]
    return said


def walk(web: httpx.Client, address: str, name: str) -> list[Any]:
    """All that pages hold, by their Link headers."""
    found: list[Any] = []
    while True:
        answer = web.get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()[name]
        if "link" not in answer.headers:
            assert answer.json()["next"] is None
            return found
        address = answer.links["next"]["url"]
        assert address.startswith(str(web.base_url))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_each_response_matches_its_schema(
    web: httpx.Client, names: dict[str, str], operation: Any
) -> None:
    address = WITH_NAMES.get(operation.name, operation.path).format(**names)
    answer = web.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(answer.content, type=operation.response)
    again = web.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    assert again.headers["cache-control"] == "public, no-cache"
    head = web.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", Selection()),
        ("source=harbour", Selection(sources=("harbour",))),
        ("source=harbour,wire&topic=economy", Selection(topics=("economy",))),
        ("language=EN", Selection(language="en")),
        ("section=Pilots&source=wire", Selection(sources=("wire",), section="pilots")),
        ("state=retracted", Selection(state="retracted")),
        ("topic=economy,transport&state=standing", Selection(state="standing")),
    ],
)
@pytest.mark.parametrize("limit", [7, *thorough(1, 200)])
def test_pages_contain_every_matching_release_once(
    web: httpx.Client, filled: SqliteStore, query: str, wanted: Selection, limit: int
) -> None:
    if limit == 1 and not query:
        query = "state=corrected"
        wanted = Selection(state="corrected")
    found = walk(web, f"/api/releases?limit={limit}&{query}", "releases")
    every = filled.select(wanted, limit=1000).found
    assert [one["id"] for one in found] == [one.id for one in every]


def test_a_release_has_the_same_fields_everywhere(
    web: httpx.Client, filled: SqliteStore, names: dict[str, str]
) -> None:
    stored = filled.release(names["release"])
    assert stored is not None
    fields = msgspec.json.decode(msgspec.json.encode(release_fields(stored)))
    answer = web.get(f"/api/releases/{names['release']}").json()
    story = web.get(f"/api/stories/{names['story']}").json()
    assert answer in story["releases"]
    assert [one["source"] for one in story["publishers"]] == ["wire"]
    links = answer.pop("links")
    assert answer == fields
    assert links["page"].endswith(f"/releases/{stored.id}/")
    assert links["feed"].endswith("/feeds/source/harbour.atom")


def test_versions_are_sorted_oldest_first(web: httpx.Client, names: dict[str, str]) -> None:
    address = f"/api/releases/{names['release']}/revisions"
    first, second = walk(web, address + "?limit=1", "revisions")
    assert (first["revision"], second["revision"]) == (1, 2)
    assert (first["classes"], first["weight"]) == ([], 0)
    (edit,) = walk(web, f"/api/releases/{names['release']}/differences", "edits")
    assert [second[name] for name in EDIT_FIELDS] == [edit[name] for name in EDIT_FIELDS]


def test_the_differences_between_versions_are_paged(
    web: httpx.Client, names: dict[str, str]
) -> None:
    address = f"/api/releases/{names['release']}/differences?limit=1"
    (edit,) = walk(web, address, "edits")
    assert edit["revision"] == 2
    assert [one["field"] for one in edit["changes"]] == ["title", "body"]
    assert "4.6" in edit["changes"][1]["text"]


def test_lists_are_paged_by_name(web: httpx.Client) -> None:
    sources = walk(web, "/api/sources?limit=1", "sources")
    assert [one["id"] for one in sources] == ["harbour", "new", "wire"]
    topics = walk(web, "/api/topics?limit=1", "topics")
    assert [one["slug"] for one in topics] == ["economy", "transport"]
    languages = walk(web, "/api/languages?limit=1", "languages")
    assert [one["language"] for one in languages] == ["en", "en-GB", "pt"]
    sections = walk(web, "/api/sources/wire/sections?limit=1", "sections")
    assert [(one["slug"], one["label"]) for one in sections] == [
        ("notices", "Notices"),
        ("pilots", "Pilots"),
    ]
    days = walk(web, "/api/days?limit=10", "days")
    assert [one["day"] for one in days] == sorted((one["day"] for one in days), reverse=True)
    assert sum(one["releases"] for one in days) == sum(one["releases"] for one in sources)
    assert [one["seconds"] for one in walk(web, "/api/runs?limit=1", "runs")] == [2.0, 1.0, 0.0]
    assert [one["source"] for one in walk(web, "/api/runs?source=wire", "runs")] == ["wire"]


def test_a_search_is_paged_and_shows_passages(web: httpx.Client) -> None:
    found = walk(web, "/api/search?q=dredger&source=wire&limit=4", "releases")
    assert len(found) == len({one["id"] for one in found}) == 29
    assert all("dredger" in one["passage"] for one in found)


def test_a_search_counts_its_results_on_the_first_page(web: httpx.Client) -> None:
    first = web.get("/api/search?q=dredger&language=en&limit=4").json()
    counts = first["counts"]
    assert counts["total"] == counts["languages"]["en"] == sum(counts["sources"].values()) == 40
    assert counts["states"] == {"retracted": 1}
    second = web.get(f"/api/search?q=dredger&language=en&cursor={first['next']}").json()
    assert second["counts"] is None
    assert len(walk(web, "/api/search?state=corrected", "releases")) == 1


def test_a_search_warns_of_operators_that_it_reads_as_words(web: httpx.Client) -> None:
    warned = web.get("/api/search?q=dredger+or+basin").json()["warnings"]
    assert [said.split()[0] for said in warned] == ["“or”"]
    assert web.get("/api/search?q=dredger+OR+nowhere").json()["warnings"] == []
    fault = web.get("/api/search?q=dredger+(basin")
    assert (fault.status_code, fault.json()["parameter"], fault.json()["position"]) == (422, "q", 8)
    assert web.get("/api/search?q=dredger+basin").json()["warnings"] == []


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("api.example:8080", "http://api.example:8080/api/releases"),
        # A proxy that ended TLS passes the host on.
        ("press.example", "https://press.example/desk/api/releases"),
        ("<bad>", "https://press.example/desk/api/releases"),
    ],
)
def test_a_link_has_the_address_by_which_its_client_reaches_the_site(
    path: Path, host: str, base: str
) -> None:
    site = SiteSettings(url="https://press.example/desk", api_rate=0)
    for web in served_by(create_app(path.parent / "site", f"sqlite:{path}", site)):
        answer = web.get("/api/releases?limit=1", headers={"host": host})
        assert answer.links["next"]["url"].partition("?")[0] == base


def test_a_renamed_source_redirects(web: httpx.Client) -> None:
    answer = web.get("/api/sources/old")
    assert answer.status_code == 308
    assert web.get("/api/sources/old", follow_redirects=True).json()["id"] == "new"
    led = web.get("/api/sources/old/sections?limit=3")
    assert (led.status_code, led.headers["location"]) == (308, "../new/sections?limit=3")


def test_a_hidden_release_is_not_served(web: httpx.Client, filled: SqliteStore) -> None:
    (hidden,) = filled.hidden()
    for rest in ("", "/revisions"):
        assert problem(web.get(f"/api/releases/{hidden}{rest}"))["status"] == 410


def test_a_removed_source_is_no_longer_shown(web: httpx.Client, filled: SqliteStore) -> None:
    filled.remove_source("new", at=NOON, kept=False)
    assert problem(web.get("/api/sources/new"))["status"] == 410
    listed = web.get("/api/sources").json()["sources"]
    assert [one["id"] for one in listed] == ["harbour", "wire"]
    filled.restore_source("new")


@pytest.mark.parametrize(
    ("address", "status", "parameter"),
    [
        ("/api/nothing", 404, None),
        ("/api/releases/", 404, None),
        ("/api/releases/no-such", 404, None),
        ("/api/releases/%00", 404, None),
        ("/api/releases/no-such/revisions", 404, None),
        ("/api/stories/no-such", 404, None),
        ("/api/sources/no-such", 404, None),
        ("/api/sources/no-such/sections", 404, None),
        ("/api/releases?limit=0", 422, "limit"),
        ("/api/releases?limit=-1", 422, "limit"),
        ("/api/releases?limit=1e9", 422, "limit"),
        ("/api/releases?limit=1&limit=2", 422, "limit"),
        ("/api/releases?since=2026-02-30", 422, "since"),
        ("/api/releases?until=null", 422, "until"),
        ("/api/releases?until=", 422, "until"),
        ("/api/releases?limit=", 422, "limit"),
        ("/api/releases?state=gone", 422, "state"),
        ("/api/releases?topic=economy,no-such", 422, "topic"),
        ("/api/search?q=dredger&topic=no-such", 422, "topic"),
        ("/api/releases?section=no-such", 422, "section"),
        ("/api/releases?section=Pilots&source=new", 422, "section"),
        ("/api/releases?since=2026-03-02&until=2026-03-01", 422, "since"),
        ("/api/search?q=dredger&since=2026-03-02&until=2026-03-01", 422, "since"),
        ("/api/releases?topci=economy", 422, "topci"),
        ("/api/releases?section=a%00b", 422, "section"),
        ("/api/releases?source=nope", 422, "source"),
        ("/api/releases?source=wire,nope", 422, "source"),
        ("/api/search?q=dredger&source=nope", 422, "source"),
        ("/api/runs?source=nope", 422, "source"),
        ("/api/runs?format=xml", 422, "format"),
        ("/api/releases?fields=title,tilte", 422, "fields"),
        ("/api/releases?url=harbour.example", 422, "url"),
        ("/api/releases?url=http://harbour.example/a&source=wire", 422, "url"),
        ("/api/search?q=dredger&sort=oldest", 422, "sort"),
        ("/api/health?format=csv", 422, "format"),
        ("/api/releases?language=qqq", 422, "language"),
        ("/api/search?q=dredger&language=english", 422, "language"),
        ("/api/releases?cursor=x", 400, "cursor"),
        ("/api/releases?cursor=!", 422, "cursor"),
        ("/api/releases?source=%zz", 400, None),
        ("/api/releases?source=%ff", 400, None),
        ("/api/releases?source=" + "a" * 40_000, 414, None),
        ("/api/search", 422, "q"),
        ("/api/search?limit=5", 422, "q"),
        ("/api/search?state=standing", 422, "state"),
        ("/api/search?q=", 422, "q"),
        ("/api/search?q=-only", 422, "q"),
        ("/api/search?q=" + "a" * 10_000, 422, "q"),
        ("/api/search?q=%00", 422, "q"),
        ("/api/changes?since=x", 400, "since"),
        ("/api/changes?cursor=x", 422, "cursor"),
        ("/api/health?source=wire", 422, "source"),
        ("/api/openapi.json?x=1", 422, "x"),
    ],
)
def test_an_invalid_request_is_explained(
    web: httpx.Client, address: str, status: int, parameter: str | None
) -> None:
    said = problem(web.get(address))
    assert (said["status"], said.get("parameter")) == (status, parameter)


def test_a_cursor_belongs_to_its_address_and_filters(web: httpx.Client) -> None:
    cursor = web.get("/api/releases?limit=1&source=wire").json()["next"]
    assert web.get(f"/api/releases?source=wire&cursor={cursor}").status_code == 200
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "Q")
    for address in (
        f"/api/releases?cursor={cursor}",
        f"/api/releases?source=wire&cursor={changed}",
        f"/api/releases?source=wire&cursor={cursor[:-2]}",
        f"/api/runs?cursor={cursor}",
        f"/api/changes?since={cursor}",
    ):
        assert problem(web.get(address))["status"] == 400


def test_only_reading_is_allowed(web: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = web.request(method, "/api/releases", content=b"{}")
        assert problem(answer)["status"] == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;q=0, text/html", 406),
        ("*/*;q=0", 406),
    ],
)
def test_a_client_that_refuses_json_gets_a_406(web: httpx.Client, accept: str, status: int) -> None:
    answer = web.get("/api/sources", headers={"accept": accept})
    assert answer.status_code == status
    if status == 406:
        problem(answer)


def test_any_site_may_read(web: httpx.Client) -> None:
    asked = {"origin": "https://reader.example", "access-control-request-method": "GET"}
    answer = web.options("/api/changes", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    shown = web.get("/api/sources").headers
    assert shown["access-control-allow-origin"] == "*"
    assert "Link" in shown["access-control-expose-headers"]


def test_responses_are_compressed_as_requested(web: httpx.Client) -> None:
    plain = web.get("/api/releases").content
    for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        with web.stream("GET", "/api/releases", headers={"accept-encoding": coding}) as answer:
            packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == coding
        assert len(packed) < len(plain) / 2
        assert unpack(packed) == plain


def test_a_change_of_any_release_changes_the_response(
    web: httpx.Client, filled: SqliteStore
) -> None:
    before = web.get("/api/releases?limit=1").headers["etag"]
    newer = draft("http://wire.example/new", source="wire", title="Newer", body_text="It is new.")
    filled.record(newer, seen=NOON, since=NOON)
    answer = web.get("/api/releases?limit=1", headers={"if-none-match": before})
    assert answer.status_code == 200
    assert answer.json()["releases"][0]["title"] == "Newer"


def test_an_unavailable_store_is_a_503(
    tmp_path: Path,
) -> None:
    folder = tmp_path
    (folder / "communique.db").write_bytes(b"no database at all, but long enough to be read")
    for other in served_by(
        create_app(folder, f"sqlite:{folder / 'communique.db'}", SiteSettings())
    ):
        answer = other.get("/api/releases")
        assert problem(answer)["status"] == 503
        assert int(answer.headers["retry-after"]) > 0


def test_a_client_above_the_rate_limit_gets_retry_after(path: Path) -> None:
    app = create_app(path.parent / "site", f"sqlite:{path}", SiteSettings(api_rate=2))
    for other in served_by(app):
        asked = {"x-forwarded-for": "10.0.0.1, 203.0.113.9"}
        statuses = [other.get("/api/sources", headers=asked).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        answer = other.get("/api/sources", headers=asked)
        assert problem(answer)["status"] == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 30
        assert answer.headers["ratelimit"].startswith('"requests";r=0;')
        assert answer.headers["ratelimit-policy"] == '"requests";q=2;w=60'
        # Others are not made to wait.
        another = {"x-forwarded-for": "203.0.113.9, 10.0.0.1"}
        assert other.get("/api/sources", headers=another).status_code == 200
        assert other.get("/api/sources").status_code == 200


def test_a_malformed_request_is_not_a_server_error(web: httpx.Client) -> None:
    host, port = web.base_url.host, web.base_url.port
    for target in (b"/api/releases?\xff\xfe", b"/api/%ff%fe", b"/api/releases?a=%", b"/api//"):
        with socket.create_connection((host, port or 80), timeout=PATIENCE) as connection:
            connection.sendall(
                b"GET " + target + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            )
            status = int(connection.recv(65536).split()[1])
        assert 400 <= status < 500, target


def test_the_document_is_served(web: httpx.Client) -> None:
    assert web.get("/api/openapi.json").content == msgspec.json.encode(openapi(OPERATIONS))
    found = web.get("/api", follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (308, "api/")
