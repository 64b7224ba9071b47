"""Requests that cost more than a lookup share one bound, whatever they ask for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.models import Facet, Source
from data.settings import SiteSettings
from data.store.open import open_store
from data.store.shared_sql.connection import current
from feeds.publishing.publish import publish
from feeds.server.app import HomeFolders, create_app
from feeds.server.on_demand import OnDemand
from feeds.server.requests import work_queue
from feeds.server.site_cache import CachedFile
from tests.drafts import draft
from tests.feeds.sample_store import NOON
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

COSTLY = [
    "/search?q=harbour",
    "/search/",
    "/feeds/search.atom?q=harbour",
    "/feeds/all.atom?asof=2024-03-01",
    "/feeds/builder/?q=harbour",
    "/opml.xml?source=acme",
    "/feeds/source/acme/topic/economy.atom",
    "/releases/{id}/revisions/1/",
    "/releases/{id}/timemap",
    "/releases/{id}/capture/",
    "/releases/none/",
    "/releases/none.json",
    "/memento/20240301000000/https://acme.example/",
    "/nothing",
    "/feeds/source/nothing.atom",
    "/topics/nothing/",
    "/health",
    "/health/",
    "/sources/acme/health/",
    "/sources/acme/badge.svg",
    "/api/releases",
    "/api/",
]

LOOKUPS = ["/", "/feeds/all.atom", "/feeds/all.atom?utm_source=x", "/healthz"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store, a site and an archive."""
    folder = tmp_path_factory.mktemp("costly")
    store = open_store(f"sqlite:{folder / 'communique.db'}")
    store.register(Source("acme", "ACME", "https://acme.example/"))
    store.record(draft("https://acme.example/1", source="acme"), seen=NOON, since=NOON)
    publish(store, folder / "site", SiteSettings())
    (folder / "id").write_text(next(iter(store.releases(Facet()))).id)
    (folder / "archive").mkdir()
    store.close()
    return folder


@pytest.fixture
def web(home: Path) -> Iterator[httpx.Client]:
    """A server that lets each address ask once a minute."""
    url = f"sqlite:{home / 'communique.db'}"
    app = create_app(
        home / "site", url, SiteSettings(api_rate=1), home=HomeFolders(home / "archive")
    )
    yield from served_by(app)


@pytest.mark.parametrize("path", COSTLY)
def test_each_costly_request_counts(web: httpx.Client, home: Path, path: str) -> None:
    path = path.format(id=(home / "id").read_text())
    stranger = {"x-forwarded-for": "203.0.113.9"}
    assert web.get("/api/sources", headers=stranger).status_code == 200
    refused = web.get(path, headers=stranger)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    other = web.get(path, headers={"x-forwarded-for": "203.0.113.10"})
    assert other.status_code != 429


@pytest.mark.parametrize("path", LOOKUPS)
def test_a_lookup_does_not_count(web: httpx.Client, path: str) -> None:
    stranger = {"x-forwarded-for": "203.0.113.9"}
    assert [web.get(path, headers=stranger).status_code for _ in range(5)] == [200] * 5


def test_an_answer_that_is_at_hand_does_not_count(web: httpx.Client) -> None:
    stranger = {"x-forwarded-for": "203.0.113.9"}
    path = "/feeds/search.atom?q=harbour"
    assert [web.get(path, headers=stranger).status_code for _ in range(5)] == [200] * 5


def test_searches_of_clients_that_left_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def endless(_: OnDemand, path: str, query: bytes) -> CachedFile | None:
        del path, query
        interruption = current()
        assert interruption is not None
        begun.release()
        while not interruption.is_stopped:
            pass
        ended.release()
        return None

    app = create_app(home / "site", f"sqlite:{home / 'communique.db'}", SiteSettings())
    for web in served_by(app):
        with monkeypatch.context() as patched:
            patched.setattr(OnDemand, "answer", endless)
            clients = [
                socket.create_connection((web.base_url.host, web.base_url.port or 80))
                for _ in range(100)
            ]
            for number, client in enumerate(clients):
                client.sendall(
                    f"GET /feeds/search.atom?q=w{number} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
                )
            for _ in range(work_queue.THREADS_PER_CLIENT):
                assert begun.acquire(timeout=PATIENCE)
            for client in clients:
                client.close()
            for _ in range(work_queue.THREADS_PER_CLIENT):
                assert ended.acquire(timeout=PATIENCE)
        assert web.get("/feeds/search.atom?q=harbour").status_code == 200
