"""Lists are also lines of JSON and CSV, and releases have only the fields that a client wants."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from data.models import Source
from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.server.api.representations import preferred
from feeds.server.app import create_app
from tests.drafts import draft
from tests.feeds.api_store import NOON
from tests.feeds.serving import served_by


@pytest.mark.parametrize("list_name", ["releases", "sources", "topics", "days", "runs"])
def test_each_list_has_the_same_items_as_lines_and_as_json(
    web: httpx.Client, list_name: str
) -> None:
    address = f"/api/{list_name}?limit=2"
    page = web.get(address)
    lines = web.get(address, headers={"accept": "application/x-ndjson"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.text.splitlines()] == page.json()[list_name]
    assert lines.headers["etag"] != page.headers["etag"]
    assert "accept" in lines.headers["vary"]


def test_csv_pages_lead_to_all_releases(web: httpx.Client) -> None:
    address = "/api/releases?format=csv&limit=25&fields=title,published,topics"
    titles: list[str] = []
    while True:
        answer = web.get(address)
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(answer.text.splitlines()))
        assert rows[0].keys() == {"id", "title", "published", "topics"}
        assert isinstance(json.loads(rows[0]["topics"]), list)
        titles += [row["title"] for row in rows]
        if "link" not in answer.headers:
            break
        address = answer.links["next"]["url"]
    assert len(titles) == web.get("/api/releases").json()["total"]


def test_the_rows_of_a_story_are_its_releases(web: httpx.Client) -> None:
    releases = web.get("/api/releases?limit=200").json()["releases"]
    story = next(one["story"] for one in releases if one["story"])
    answer = web.get(f"/api/stories/{story}?format=csv&fields=title")
    rows = list(csv.DictReader(answer.text.splitlines()))
    members = web.get(f"/api/stories/{story}").json()["releases"]
    assert [row["id"] for row in rows] == [one["id"] for one in members]


def test_lines_and_rows_lead_to_all_changes_and_to_later_ones(web: httpx.Client) -> None:
    whole = web.get("/api/changes?limit=200").json()
    lines, rows = list[dict[str, object]](), list[dict[str, str]]()
    for kind in ("ndjson", "csv"):
        address, is_last = f"/api/changes?format={kind}&limit=9&fields=title", False
        while not is_last:
            answer = web.get(address)
            if kind == "csv":
                rows += csv.DictReader(answer.text.splitlines())
            else:
                lines += map(json.loads, answer.text.splitlines())
            is_last = "next" not in answer.links
            address = answer.links["monitor" if is_last else "next"]["url"]
        assert f"since={web.get('/api/changes?limit=200').json()['next']}" in address
    assert not whole["more"]
    assert [(one["kind"], one["id"]) for one in lines] == [
        (one["kind"], one["id"]) for one in whole["changes"]
    ]
    assert {*rows[0]} == {"kind", "at", "id", "revision", "title"}
    for row, change in zip(rows, whole["changes"], strict=True):
        assert (row["at"], row["id"]) == (change["at"], change["id"])
        assert row["title"].lstrip("'") == (change["release"] or {"title": ""})["title"]
    every = csv.DictReader(web.get("/api/changes?format=csv&limit=1").text.splitlines())
    assert {"kind", "url", "topics"} <= {*(every.fieldnames or ())}


def test_a_client_gets_only_the_fields_that_it_names(web: httpx.Client) -> None:
    found = web.get("/api/releases?fields=title,url&limit=3").json()["releases"]
    assert {frozenset(one) for one in found} == {frozenset(("id", "title", "url"))}
    one = web.get(f"/api/releases/{found[0]['id']}?fields=title").json()
    assert one == {"id": found[0]["id"], "title": found[0]["title"]}
    changes = web.get("/api/changes?fields=title&limit=3").json()["changes"]
    assert {*changes[0]["release"]} == {"id", "title"}
    hit = web.get("/api/search?q=dredger&fields=passage&limit=1").json()["releases"][0]
    assert {*hit} == {"id", "passage"}


def test_a_cursor_is_valid_with_other_fields_and_formats(web: httpx.Client) -> None:
    cursor = web.get("/api/releases?limit=1").json()["next"]
    again = web.get(f"/api/releases?cursor={cursor}&format=ndjson&fields=title")
    assert again.status_code == 200


def test_the_first_page_has_the_total(web: httpx.Client) -> None:
    first = web.get("/api/releases?source=wire&limit=1").json()
    rest = web.get("/api/releases?source=wire&limit=200").json()
    assert first["total"] == len(rest["releases"])
    later = web.get(f"/api/releases?source=wire&cursor={first['next']}").json()
    assert later["total"] is None


def test_a_release_is_found_by_its_address(web: httpx.Client) -> None:
    found = web.get("/api/releases", params={"url": "http://harbour.example/a"}).json()
    assert [one["url"] for one in found["releases"]] == ["http://harbour.example/a"]
    nothing = web.get("/api/releases", params={"url": "http://harbour.example/none"}).json()
    assert (nothing["releases"], nothing["total"]) == ([], 0)


def test_the_total_of_an_address_counts_releases_beyond_the_page(tmp_path: Path) -> None:
    url, path = "http://harbour.example/shared", tmp_path / "communique.db"
    with closing(SqliteStore(path)) as store, store.transaction():
        for source in ("harbour", "wire"):
            store.register(Source(source, source, f"http://{source}.example/"))
            store.record(draft(url, source=source), seen=NOON, since=NOON)
    app = create_app(tmp_path / "site", f"sqlite:{path}", SiteSettings(api_rate=0))
    for web in served_by(app):
        found = web.get("/api/releases", params={"url": url, "limit": 1}).json()
        assert (len(found["releases"]), found["total"]) == (1, 2)


def test_a_search_by_relevance_has_the_same_results(web: httpx.Client) -> None:
    def ids(sort: str) -> list[str]:
        found, cursor = list[str](), ""
        while True:
            address = f"/api/search?q=dredger&limit=7&sort={sort}"
            page = web.get(f"{address}&cursor={cursor}" if cursor else address).json()
            found += [one["id"] for one in page["releases"]]
            if page["next"] is None:
                return found
            cursor = page["next"]

    best, newest = ids("best"), ids("newest")
    assert sorted(best) == sorted(newest)
    assert len(set(best)) == len(best)


def test_the_newest_day_comes_first_without_words_to_rank_by(web: httpx.Client) -> None:
    newest, best = (
        web.get(f"/api/search?source=harbour&sort={sort}").json()["releases"]
        for sort in ("newest", "best")
    )
    assert newest
    assert [one["id"] for one in best] == [one["id"] for one in newest]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("application/x-ndjson, application/json;q=0.5", "ndjson"),
        ("text/csv;q=0.2, */*;q=0.1", "csv"),
        ("text/html, */*;q=0.1", "json"),
        ("text/html", None),
    ],
)
def test_the_accept_header_selects_the_representation(accept: str, wanted: str | None) -> None:
    assert preferred([accept], ("json", "ndjson", "csv")) == wanted
