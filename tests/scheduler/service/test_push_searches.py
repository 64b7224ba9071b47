"""Searches and topics of sources, pushed by our own hub to a subscriber over real sockets."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from data.models import Draft, Source
from feeds.sending_loop import Backoff
from feeds.server.app import HomeFolders, MountedApps, create_app
from feeds.server.on_demand import OnDemand
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home
from scheduler.service.web import server_config
from scheduler.service.websub import PushService
from tests.feeds.sample_store import make_release
from tests.peer import PATIENCE, Peer, peer_served
from tests.ports import free_port


class Site:
    """A HOME with an archive-less store, its own hub and a server, which collects by hand."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir()
        (folder / "communique.toml").write_text(
            "[network]\nallow_private = true\n[archive]\nenabled = false\n"
            f'[site]\nurl = "{self.url}"\nport = {self.port}\nhub = "own"\n'
        )
        self.home = open_home(folder)
        with closing(self.home.store()) as store:
            store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
        self.release(1, "Bridge opens")
        self.publish()

    def release(self, number: int, title: str, *, indexed: bool = True) -> None:
        """Record a release, of which the search index knows at once or later."""
        release = make_release(number, title=title, body_text=f"All about it: {title}.")
        with closing(self.home.store()) as store:
            draft = Draft("acme", release.url, release.content)
            store.record(draft, seen=release.order, since=release.order)
            if indexed:
                store.update_search_index()

    def publish(self) -> None:
        """Publish what changed, as the service does after a visit."""
        assert not publish_home(self.home).errors

    def subscribe(self, peer: Peer, topic: str, **more: str) -> None:
        """Ask our hub for a subscription."""
        form = {"hub.mode": "subscribe", "hub.callback": peer.url, "hub.topic": topic, **more}
        assert httpx.post(f"{self.url}/hub", data=form, timeout=PATIENCE).status_code == 202

    def subscribed(self) -> set[str]:
        """The feeds that somebody is subscribed to."""
        with closing(self.home.store()) as store:
            return set(store.subscribed_feeds())

    def get(self, topic: str) -> httpx.Response:
        """What the server answers to one who has not asked before."""
        app = create_app(self.home.site, self.home.store_url, self.home.settings.site)
        transport = httpx.ASGITransport(app)

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.get(topic)

        return asyncio.run(ask())

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve and push meanwhile, with short waits."""
        opened = socket.create_server(("127.0.0.1", self.port))
        servers: list[uvicorn.Server] = []
        ready = threading.Event()

        async def work() -> None:
            push = PushService(self.home, Backoff(0.05))
            app = create_app(
                self.home.site,
                self.home.store_url,
                self.home.settings.site,
                beside=MountedApps(push.hub),
                home=HomeFolders(searches=self.home.searches),
            )
            servers.append(uvicorn.Server(server_config(app)))
            async with push.at_work(ready.set):
                ready.set()
                await servers[0].serve(sockets=[opened])

        thread = threading.Thread(target=lambda: asyncio.run(work()))
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            yield
        finally:
            servers[0].should_exit = True
            thread.join()
            opened.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A subscriber."""
    with peer_served() as peer:
        yield peer


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that is its own hub, at work."""
    site = Site(tmp_path / "home")
    with site.running():
        yield site


def test_a_search_is_pushed_when_it_has_a_new_result(site: Site, peer: Peer) -> None:
    answer = httpx.get(f"{site.url}/feeds/search.atom?q=harbour&source=acme", timeout=PATIENCE)
    topic = answer.links["self"]["url"]
    assert answer.links["hub"]["url"] == f"{site.url}/hub"
    site.subscribe(peer, topic, **{"hub.secret": "hush"})
    peer.wait_for(site.subscribed)
    assert peer.heard[0].query["hub.topic"] == topic
    site.release(2, "Tunnel opens")
    site.publish()
    site.release(3, "Harbour opens")
    site.publish()
    peer.wait_for(peer.posts)
    site.release(4, "Airport opens")
    site.publish()
    site.release(5, "Harbour shuts")
    site.publish()
    peer.wait_for(lambda: len(peer.posts()) == 2)
    first, second = peer.posts()
    assert b"Harbour opens" in first.body
    assert b"Bridge opens" not in first.body
    assert second.body == site.get(topic).content
    assert second.headers["content-type"].startswith("application/atom+xml")
    assert f'<{topic}>; rel="self"' in second.headers["link"]
    mark = hmac.new(b"hush", second.body, hashlib.sha256).hexdigest()
    assert second.headers["x-hub-signature"] == f"sha256={mark}"


def test_a_saved_search_is_pushed_when_it_has_a_new_result(site: Site, peer: Peer) -> None:
    site.home.searches.mkdir()
    (site.home.searches / "works.toml").write_text('query = "harbour OR tunnel"\n')
    site.subscribe(peer, f"{site.url}/feeds/search.json?q=saved:works&ql=2")
    peer.wait_for(site.subscribed)
    site.release(2, "Airport opens")
    site.publish()
    site.release(3, "Tunnel opens")
    site.publish()
    peer.wait_for(peer.posts)
    items = httpx.Response(200, content=peer.posts()[0].body).json()["items"]
    assert [one["title"] for one in items] == ["Tunnel opens"]


def test_releases_indexed_after_a_publication_are_pushed_by_the_next(
    site: Site, peer: Peer
) -> None:
    site.subscribe(peer, f"{site.url}/feeds/search.json?q=harbour")
    peer.wait_for(site.subscribed)
    site.release(2, "Harbour opens", indexed=False)
    site.publish()
    site.release(3, "Tunnel opens")
    site.publish()
    peer.wait_for(peer.posts)
    assert [
        one["title"] for one in httpx.Response(200, content=peer.posts()[0].body).json()["items"]
    ] == ["Harbour opens"]


def test_equal_searches_are_one_topic(site: Site, peer: Peer) -> None:
    asked = ("q=harbour++opens&topic=energy,economy", "topic=economy&topic=energy&q=harbour+opens")
    for number, query in enumerate(asked):
        more = {"hub.callback": f"{peer.url}/{number}"}
        site.subscribe(peer, f"{site.url}/feeds/search.rss?{query}", **more)
    peer.wait_for(lambda: len([one for one in peer.heard if one.method == "GET"]) == 2)
    site.release(2, "Harbour opens")
    site.publish()
    peer.wait_for(lambda: len(peer.posts()) == 2)
    assert site.subscribed() == {"feeds/search.rss?q=harbour+opens&topic=economy%2Cenergy"}
    assert len({one.body for one in peer.posts()}) == 1


def test_changes_of_a_topic_of_a_source_are_pushed(site: Site, peer: Peer) -> None:
    topic = f"{site.url}/feeds/source/acme/topic/economy.atom"
    answer = httpx.get(topic, timeout=PATIENCE)
    assert answer.links["hub"]["url"] == f"{site.url}/hub"
    site.subscribe(peer, topic)
    peer.wait_for(site.subscribed)
    site.release(2, "Harbour opens")
    site.publish()
    peer.wait_for(peer.posts)
    assert peer.posts()[0].body == site.get(topic).content
    assert b"Harbour opens" in peer.posts()[0].body


NOTHING = (
    "/feeds/search.atom",
    "/feeds/search.atom?q=+",
    "/feeds/search.atom?asof=2024",
    "/feeds/all.atom?asof=2024-01-01",
    "/feeds/source/acme/topic/nothing.atom",
    "/feeds/source/acme/topic/economy/page/1.atom",
    "/search?q=harbour",
    "/feeds/search.xml?q=harbour",
)


def test_a_search_without_possible_results_is_refused_and_names_no_hub(
    site: Site, peer: Peer
) -> None:
    for address in NOTHING:
        site.subscribe(peer, site.url + address)
    peer.wait_for(lambda: len(peer.heard) == len(NOTHING))
    assert {one.query["hub.topic"] for one in peer.heard} == {site.url + one for one in NOTHING}
    assert {one.query["hub.mode"] for one in peer.heard} == {"denied"}
    for address in NOTHING:
        assert "hub" not in site.get(site.url + address).links, address


def test_feeds_without_subscribers_are_forgotten(site: Site, peer: Peer) -> None:
    topic = f"{site.url}/feeds/search.atom?q=harbour"
    site.subscribe(peer, topic)
    peer.wait_for(site.subscribed)
    site.subscribe(peer, topic, **{"hub.mode": "unsubscribe"})
    peer.wait_for(lambda: not site.subscribed())
    site.release(2, "Harbour opens")
    site.publish()
    with closing(site.home.store()) as store:
        assert not [file for file in store.feed_stamps() if "?" in file]
    assert peer.posts() == []


def test_a_feed_that_fails_does_not_delay_others(
    tmp_path: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "home")
    made = OnDemand.document

    def broken(self: OnDemand, file: str) -> bytes | None:
        if "poison" in file:
            raise ValueError("it can't be written")
        return made(self, file)

    monkeypatch.setattr(OnDemand, "document", broken)
    with site.running():
        site.subscribe(peer, f"{site.url}/feeds/search.atom?q=poison")
        peer.wait_for(lambda: peer.heard)
        # The hub sends nothing else to this host before it gives up for the moment.
        site.subscribe(peer, f"{site.url}/feeds/search.atom?q=bridge")
        peer.wait_for(site.subscribed)
    assert site.subscribed() == {"feeds/search.atom?q=bridge"}
