"""Feed readers that sync take a whole site by the Google Reader API, over real HTTP."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.models import Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_store
from feeds.server.access import Access
from feeds.server.app import create_app
from feeds.server.reader_items import item_digits, number_of, place_of
from tests.drafts import draft
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

API = "/reader/api/0/"
READ_STATE, STARRED = "user/-/state/com.google/read", "user/-/state/com.google/starred"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of five releases of a harbour and one of a wire; the oldest is very old."""
    path = tmp_path_factory.mktemp("stored") / "communique.db"
    store = open_store(f"sqlite:{path}")
    for name in ("harbour", "wire"):
        store.register(Source(name, name.title(), f"http://{name}.example/"))
    for number in range(6):
        name = "wire" if number == 5 else "harbour"
        seen = NOW - (5 - number) * HOUR if number else NOW - dt.timedelta(days=400)
        made = draft(
            f"http://{name}.example/{number}",
            source=name,
            title=f"Notice {number} <b>&",
            body_html=f"<p>Quay {number} is closed.</p>",
            body_text=f"Quay {number} is closed for {number + 3} days of works.",
        )
        store.record(made, seen=seen, since=seen)
    store.close()
    return path


@pytest.fixture
def store(tmp_path: Path, stored: Path) -> Iterator[Store]:
    """A store with these releases, which a test may change."""
    shutil.copy(stored, tmp_path / "communique.db")
    with closing(open_store(f"sqlite:{tmp_path / 'communique.db'}")) as store:
        yield store


@pytest.fixture(params=["open", "token"])
def web(tmp_path: Path, store: Store, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A server of a site, logged in to its API."""
    assert store.facets()
    tokens = tmp_path / "tokens"
    site = SiteSettings(access=request.param)
    app = create_app(
        tmp_path / "site",
        f"sqlite:{tmp_path / 'communique.db'}",
        site,
        access=Access(Permissions(tokens)),
    )
    secret = new_token(tokens, "phone", ("read",))
    for client in served_by(app):
        asked = {"Email": "anybody", "Passwd": secret}
        lines = client.post("/accounts/ClientLogin", data=asked).text.splitlines()
        auth = dict(line.split("=", 1) for line in lines)["Auth"]
        client.headers["authorization"] = f"GoogleLogin auth={auth}"
        yield client


def test_clients_of_freshrss_find_the_api_at_its_usual_address(web: httpx.Client) -> None:
    secret = web.headers["authorization"].partition("auth=")[2]
    base = "/api/greader.php"
    for path in (base, base + "/"):
        assert web.get(path, headers={"authorization": ""}).text == "OK"
    asked = {"Email": "anybody", "Passwd": secret}
    given = web.post(f"{base}/accounts/ClientLogin", data=asked, headers={"authorization": ""})
    assert f"Auth={secret}" in given.text
    listed = web.get(f"{base}/reader/api/0/subscription/list?output=json")
    assert listed.json() == web.get(f"{API}subscription/list?output=json").json()
    refused = web.get(f"{base}/reader/api/0/user-info", headers={"authorization": "none"})
    assert refused.status_code == 401


def items(web: httpx.Client, stream: str = "", **asked: Any) -> list[dict[str, Any]]:
    answer = web.get(f"{API}stream/contents/{stream}".rstrip("/"), params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def titles(found: list[dict[str, Any]]) -> list[str]:
    return [str(one["title"]).split()[1] for one in found]


def edit(web: httpx.Client, **sent: Any) -> None:
    answer = web.post(f"{API}edit-tag", data={"T": "x", **sent})
    assert (answer.status_code, answer.text) == (200, "OK")


def test_a_wrong_password_is_refused(web: httpx.Client) -> None:
    for sent in ({"Email": "x", "Passwd": "communique_wrong"}, {"Email": "x"}, {}):
        answer = web.post("/accounts/ClientLogin", data=sent, headers={"authorization": ""})
        assert answer.status_code == 401
        assert answer.text == "Error=BadAuthentication\n"


@pytest.mark.parametrize("path", ["subscription/list", "token", "stream/contents/feed/wire"])
def test_nothing_is_shown_without_a_login(web: httpx.Client, path: str) -> None:
    for sent in ("", "GoogleLogin auth=communique_wrong", "GoogleLogin"):
        assert web.get(API + path, headers={"authorization": sent}).status_code == 401


def test_every_source_is_a_subscription(web: httpx.Client) -> None:
    found = web.get(f"{API}subscription/list", params={"output": "json"}).json()["subscriptions"]
    assert [(one["id"], one["title"]) for one in found] == [
        ("feed/harbour", "Harbour"),
        ("feed/wire", "Wire"),
    ]
    assert found[0]["url"].endswith("/feeds/source/harbour.atom")


def test_an_item_has_all_that_readers_show(web: httpx.Client) -> None:
    (item,) = items(web, "feed/wire")
    assert item["title"] == "Notice 5 <b>&"
    assert item["canonical"] == [{"href": "http://wire.example/5"}]
    assert "Quay 5" in item["summary"]["content"]
    assert item["origin"]["streamId"] == "feed/wire"
    assert int(item["timestampUsec"]) == int(NOW.timestamp() * 1e6)


@pytest.mark.parametrize("before", ["", "/api"])
def test_both_places_of_the_api_answer(web: httpx.Client, before: str) -> None:
    assert web.get(f"{before}{API}user-info").json()["userName"] == "phone"


def test_a_feed_may_be_named_by_its_address(web: httpx.Client) -> None:
    feeds = web.get(f"{API}subscription/list").json()["subscriptions"]
    assert titles(items(web, f"feed/{feeds[1]['url']}")) == ["5"]


def test_pages_go_back_to_the_first_item_without_repetition(web: httpx.Client) -> None:
    for way in ("d", "o"):
        seen: list[str] = []
        asked: dict[str, Any] = {"n": 4, "r": way}
        while True:
            answer = web.get(f"{API}stream/items/ids", params=asked).json()
            seen += [one["id"] for one in answer["itemRefs"]]
            if "continuation" not in answer:
                break
            asked["c"] = answer["continuation"]
        assert len(seen) == len({*seen}) == 6


def test_entries_marked_read_are_no_longer_unread(web: httpx.Client) -> None:
    first = items(web, xt=READ_STATE)
    assert len(first) == 5  # what is older than the token by a month counts as read
    edit(web, i=[one["id"] for one in first[:2]], a=READ_STATE)
    assert len(items(web, xt=READ_STATE)) == 3
    again = {one["id"]: one["categories"] for one in items(web)}
    assert READ_STATE in again[first[0]["id"]]
    edit(web, i=first[0]["id"], r=READ_STATE)
    assert len(items(web, xt=READ_STATE)) == 4


def test_stars_are_kept_beside_reading(web: httpx.Client) -> None:
    one, two, *_ = items(web)
    edit(web, i=[one["id"], two["id"]], a=STARRED)
    edit(web, i=two["id"], a=READ_STATE)
    edit(web, i=one["id"], r=STARRED)
    assert [found["id"] for found in items(web, STARRED)] == [two["id"]]
    assert [found["id"] for found in items(web, it=STARRED)] == [two["id"]]


def test_a_feed_is_marked_read_as_a_whole_until_an_instant(web: httpx.Client) -> None:
    kept = items(web, "feed/harbour")[0]
    edit(web, i=kept["id"], a="user/-/state/com.google/kept-unread", r=READ_STATE)
    until = str(int((NOW - 3 * HOUR).timestamp() * 1e6))
    answer = web.post(f"{API}mark-all-as-read", data={"s": "feed/harbour", "ts": until})
    assert answer.text == "OK"
    counts = unread(web)
    assert counts["feed/wire"] == 1
    web.post(f"{API}mark-all-as-read", data={"s": "feed/harbour"})
    assert unread(web).get("feed/harbour", 0) == 0
    assert unread(web)["user/-/state/com.google/reading-list"] == 1


def unread(web: httpx.Client) -> Mapping[str, int]:
    found = web.get(f"{API}unread-count").json()["unreadcounts"]
    return {one["id"]: one["count"] for one in found}


def test_items_are_read_with_their_texts_under_any_known_name(web: httpx.Client) -> None:
    (ref,) = web.get(f"{API}stream/items/ids", params={"s": "feed/wire"}).json()["itemRefs"]
    (item,) = items(web, "feed/wire")
    for name in (ref["id"], item["id"], item["id"].rpartition("/")[2]):
        if name.isdecimal() and len(name) == 16:
            continue  # sixteen decimal digits are a number
        found = web.post(f"{API}stream/items/contents", data={"i": name}).json()["items"]
        assert [one["title"] for one in found] == [item["title"]]


def test_bad_queries_are_explained(web: httpx.Client) -> None:
    queries: list[tuple[str, dict[str, Any]]] = [
        ("stream/contents/feed/nobody", {}),
        ("stream/items/ids", {"s": "feed/http://[bad"}),
        ("stream/contents/user/-/label/nothing", {}),
        ("stream/contents/" + "x" * 5000, {}),
        ("stream/contents", {"n": "-1"}),
        ("stream/contents", {"n": "many"}),
        ("stream/contents", {"c": "bogus"}),
        ("stream/contents", {"c": "Zm9v\x00"}),
        ("stream/contents", {"ot": "yesterday"}),
        ("stream/contents", {"ot": "1e300"}),
        ("stream/items/contents", {"i": "' OR 1=1"}),
        ("stream/items/contents", {}),
        ("stream/items/contents", {"i": ["1"] * 1001}),
    ]
    for path, asked in queries:
        answer = web.get(API + path, params=asked)
        assert (answer.status_code, bool(answer.text.strip())) == (400, True), (path, asked)


def test_an_endless_body_is_refused(web: httpx.Client) -> None:
    assert web.post(f"{API}edit-tag", content=b"i=1&" * 300_000).status_code == 400
    assert web.post(f"{API}edit-tag", content=b"i=1&" * 6_000).status_code == 400


def test_a_body_that_breaks_off_is_not_an_error(
    web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    address = web.base_url.host, web.base_url.port
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(
            b"POST /accounts/ClientLogin HTTP/1.1\r\nHost: ours.example\r\n"
            b"Content-Length: 90\r\n\r\nPasswd="
        )
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000) == b""
    assert web.get("/feeds/all.atom").status_code in {200, 404}
    assert "error" not in caplog.text.lower()


def test_changes_need_a_post(web: httpx.Client) -> None:
    assert web.get(f"{API}edit-tag", params={"i": "1", "a": READ_STATE}).status_code == 405


@pytest.mark.parametrize("digits", ["0000000000000001", "7fffffffffffffff", "ffffffffffffffff"])
def test_a_number_is_matched_to_its_digits(digits: str) -> None:
    assert item_digits(number_of(digits)) == digits


@pytest.mark.parametrize("text", ["", "!", "bm90aGluZw", "eA", "\ud800"])
def test_an_unnamed_place_is_none(text: str) -> None:
    assert place_of(text) is None


def test_requests_of_readers_that_sync_have_a_rate(tmp_path: Path, store: Store) -> None:
    assert store.facets()
    tokens = tmp_path / "tokens"
    url = f"sqlite:{tmp_path / 'communique.db'}"
    app = create_app(
        tmp_path / "site", url, SiteSettings(api_rate=1), access=Access(Permissions(tokens))
    )
    secret = new_token(tokens, "phone", ("read",))
    for web in served_by(app):
        asked = {"authorization": f"GoogleLogin auth={secret}", "x-forwarded-for": "203.0.113.9"}
        path = f"{API}subscription/list?output=json"
        assert web.get(path, headers=asked).status_code == 200
        refused = web.get(path, headers=asked)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
