"""A program that follows /api/changes has each change once, whatever happens to it or the store."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.search.query import Query
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from feeds.server.api import list_handlers, release_handlers
from feeds.server.app import create_app
from tests.drafts import BODY, draft
from tests.feeds.serving import served_by

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def web(store: Store, store_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    store.last_release_event()
    app = create_app(tmp_path / "site", store_url, SiteSettings(api_rate=0))
    yield from served_by(app)


def page(web: httpx.Client, since: str = "", limit: int = 50) -> dict[str, Any]:
    answer = web.get("/api/changes", params={"since": since, "limit": limit})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kinds(found: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in found["changes"]]


def test_the_last_page_has_a_cursor_too(web: httpx.Client, store: Store, noon: dt.datetime) -> None:
    nothing = page(web)
    assert (nothing["changes"], nothing["more"]) == ([], False)
    first = store.record(draft(), seen=noon, since=noon).release
    new = page(web, nothing["next"])
    assert (kinds(new), new["more"]) == (["new"], False)
    assert new["changes"][0]["id"] == first.id
    again = page(web, new["next"])
    assert (again["changes"], again["next"]) == ([], new["next"])
    edited = draft(body_text=BODY.replace("4.2", "4.6"))
    store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    store.retract(first.id, at=noon + 2 * HOUR)
    later = page(web, again["next"], limit=1)
    assert (kinds(later), later["more"]) == (["edit"], True)
    assert later["changes"][0]["release"]["retracted"]
    assert kinds(page(web, later["next"])) == ["retraction"]
    # From the first on, they make up all that there is.
    assert kinds(page(web)) == ["new", "edit", "retraction"]


def test_a_page_is_the_same_when_requested_again(
    web: httpx.Client, store: Store, noon: dt.datetime
) -> None:
    for number in range(5):
        url = f"http://harbour.example/{number}"
        text = f"Pier {number} is closed while its {number} lamps are mended."
        store.record(draft(url, title=f"Pier {number}", body_text=text), seen=noon, since=noon)
    first = page(web, limit=2)
    store.record(draft(), seen=noon, since=noon)
    assert page(web, limit=2) == first
    assert len(page(web, first["next"])["changes"]) == 4


def test_a_change_of_a_hidden_release_has_no_content(
    web: httpx.Client, store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    store.hide(first.id, at=noon, why="a test")
    found = page(web)
    assert kinds(found) == ["new", "hidden"]
    assert [one["release"] for one in found["changes"]] == [None, None]
    assert {one["id"] for one in found["changes"]} == {first.id}
    store.unhide(first.id)
    (shown,) = page(web, found["next"])["changes"]
    assert (shown["kind"], shown["release"]["id"]) == ("shown", first.id)


def test_a_cursor_unknown_to_a_restored_store_is_a_410(
    sqlite_store: SqliteStore, noon: dt.datetime, tmp_path: Path
) -> None:
    store = sqlite_store
    app = create_app(
        tmp_path / "site", f"sqlite:{tmp_path / 'communique.db'}", SiteSettings(api_rate=0)
    )
    store.record(draft(), seen=noon, since=noon)
    for web in served_by(app):
        before = page(web)["next"]
    store.maintain()
    copy = tmp_path / "copy" / "communique.db"
    copy.parent.mkdir()
    shutil.copyfile(tmp_path / "communique.db", copy)
    store.record(draft(body_text=BODY.replace("4.2", "4.6")), seen=noon + HOUR, since=noon + HOUR)
    for web in served_by(app):
        lost = page(web)["next"]
    for restored in served_by(create_app(copy.parent, f"sqlite:{copy}", SiteSettings())):
        assert page(restored, before)["changes"] == []
        answer = restored.get("/api/changes", params={"since": lost})
        assert answer.status_code == 410
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["parameter"] == "since"
        assert "without `since`" in answer.json()["detail"]
        assert kinds(page(restored)) == ["new"]


def test_the_matches_of_a_search_are_ranked_once_per_page(
    web: httpx.Client, store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_handlers, "RESULTS_PER_QUERY", 2)
    for number in range(6):
        url = f"http://harbour.example/{number}"
        text = f"Pier {number} is closed while its {number} lamps are mended."
        store.record(draft(url, title=f"Pier {number}", body_text=text), seen=noon, since=noon)
    store.update_search_index()
    expected = [one.id for one in store.search(Query("lamps"), limit=9)]
    ranked: list[Query] = []
    rank = type(store).rank

    def counted(own: Store, query: Query) -> tuple[int, ...]:
        ranked.append(query)
        return rank(own, query)

    monkeypatch.setattr(type(store), "rank", counted)
    first = web.get("/api/search?q=lamps&sort=best&limit=5").json()
    assert (len(ranked), len(first["releases"])) == (1, 5)
    second = web.get(f"/api/search?q=lamps&sort=best&limit=5&cursor={first['next']}").json()
    assert (len(ranked), second["next"]) == (2, None)
    assert [one["id"] for one in first["releases"] + second["releases"]] == expected


def test_a_page_ends_at_the_size_limit(
    web: httpx.Client, store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (list_handlers, release_handlers):
        monkeypatch.setattr(module, "MAX_PAGE_CHARACTERS", 2 * len(BODY))
    monkeypatch.setattr(release_handlers, "RESULTS_PER_QUERY", 2)
    for number in range(6):
        url = f"http://harbour.example/{number}"
        content = BODY.replace("1,900", f"1,90{number}")
        store.record(draft(url, title=f"Year {number}", body_text=content), seen=noon, since=noon)
    store.update_search_index()
    for address, name, given in (
        ("/api/changes", "changes", "since"),
        ("/api/releases", "releases", "cursor"),
        ("/api/search?q=station", "releases", "cursor"),
    ):
        first = web.get(address).json()
        assert 0 < len(first[name]) < 6, address
        found = list(first[name])
        while first["next"] and first[name] and first.get("more", True):
            first = web.get(
                address, params=httpx.URL(address).params.set(given, first["next"])
            ).json()
            found += first[name]
        ids = [one["id"] for one in found if one.get("kind", "new") == "new"]
        assert len(ids) == len(set(ids)) == 6, address


def test_a_client_with_all_changes_gets_a_304(
    web: httpx.Client, store: Store, noon: dt.datetime
) -> None:
    store.record(draft(), seen=noon, since=noon)
    asked = {"since": page(web)["next"]}
    tag = web.get("/api/changes", params=asked).headers["etag"]
    again = web.get("/api/changes", params=asked, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    store.record(draft("http://wire.example/1", source="wire"), seen=noon, since=noon)
    new = web.get("/api/changes", params=asked, headers={"if-none-match": tag})
    assert new.status_code == 200
