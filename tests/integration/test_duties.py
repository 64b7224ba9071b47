"""Several services on one database and one bucket: each thing is done by one of them at a time."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import feedparser
import psycopg
import pytest

from data.network.bucket import Bucket, open_bucket
from data.settings import BucketSettings
from feeds.publishing.bucket_records import MANIFEST_FILE
from tests.buckets import KEY, bucket_server, missing
from tests.command import COMMUNIQUE, communique
from tests.peer import Peer, peer_served
from tests.press_room import Room, listing_html, release_html, served
from tests.services import ForkedCommand, home_on, started, until

# A lease, and the silence of a publication, have to run out.
pytestmark = [
    pytest.mark.integration,
]

FEED = "feeds/all.atom"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a server with a bucket that is called press."""
    if why := missing("moto"):
        pytest.skip(why)
    with bucket_server("moto") as found:
        yield found


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key as the tools of AWS have it."""
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with two releases."""
    with served() as room:
        show(room, 2)
        yield room


def show(room: Room, count: int) -> None:
    """Let a room have so many releases."""
    for number in range(1, count + 1):
        room.page(f"/news/{number}.html", release_html(number))
    room.page("/news/", listing_html([*range(1, count + 1)]))


class Gate(ThreadingHTTPServer):
    """A way to a bucket's server, on which a feed waits from ``reached`` to ``opened``."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.behind = urlsplit(behind).netloc
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.reached = threading.Event()
        self.opened = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: who asked was killed."""


class Passing(BaseHTTPRequestHandler):
    """One request."""

    server: Gate
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Pass it on, and the answer back."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.command == "PUT" and self.path.partition("?")[0].endswith(FEED):
            self.server.reached.set()
            self.server.opened.wait(180)
        asked = http.client.HTTPConnection(self.server.behind, timeout=60)
        asked.request(self.command, self.path, body, dict(self.headers))
        answer = asked.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "date", "server", "transfer-encoding"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        asked.close()

    do_DELETE = do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - names of http.server

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def gate_to(behind: str) -> Iterator[Gate]:
    """A gate, for the length of a ``with`` block."""
    gate = Gate(behind)
    thread = threading.Thread(target=gate.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gate
    finally:
        gate.opened.set()
        gate.shutdown()
        thread.join()
        gate.server_close()


def site_in(address: str, name: str) -> str:
    """Settings of a site in a bucket."""
    return f'target = "s3://press/{name}"\n\n[bucket]\nendpoint = "{address}"\n'


def bucket_at(address: str, name: str) -> Bucket:
    return open_bucket(f"s3://press/{name}", BucketSettings(endpoint=address))


def family(process: subprocess.Popen[str] | ForkedCommand) -> list[int]:
    """A service and its children."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [process.pid, *map(int, path.read_text().split())]


def tell_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def took_on(log: IO[str], duty: str) -> None:
    """Return once a service has taken something on."""
    while f"duty={duty}" not in until(log, "duty started"):
        pass


def until_published(bucket: Bucket, count: int) -> list[str]:
    """The titles in the feed of all releases, once it has so many and is published whole."""
    while True:
        feed, told = bucket.read(FEED), bucket.read(MANIFEST_FILE)
        if feed and told:
            titles = [one.title for one in feedparser.parse(feed.body).entries]
            manifest = json.loads(told.body)
            if len(titles) >= count and manifest["complete"] == manifest["number"]:
                return titles


def visit_again(url: str) -> None:
    """Have all sources be due again."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE host_sources SET due = now() WHERE source = 'harbour'")
        db.execute(
            "UPDATE hosts SET next_due = now(), rests_until = '-infinity'"
            " WHERE NOT starts_with(host, 'duty:') AND token = 0"
        )


def until_renewed(url: str, duty: str) -> None:
    """Return once a service has renewed its lease of something twice: others looked meanwhile."""
    with psycopg.connect(url, autocommit=True) as db:
        seen = set[object]()
        while len(seen) < 3:
            seen |= set(db.execute("SELECT next_due, token FROM hosts WHERE host = %s", [duty]))


def test_another_service_publishes_if_the_leader_stalls_during_a_publication(
    tmp_path: Path, postgres_url: str, room: Room, address: str
) -> None:
    bucket = bucket_at(address, "still")
    with gate_to(address) as gate:
        first = home_on(tmp_path / "1", postgres_url, room, more=site_in(gate.address, "still"))
        second = home_on(tmp_path / "2", postgres_url, room, more=site_in(address, "still"))
        worker = home_on(tmp_path / "worker", postgres_url)
        with (
            started("worker", worker),
            started("run", first, *COMMUNIQUE) as (leader, log),
        ):
            took_on(log, "duty:publishing")
            with started("run", second) as (_, other_log):
                assert gate.reached.wait(60)
                stopped = family(leader)
                tell_all(stopped, signal.SIGSTOP)
                try:
                    took_on(other_log, "duty:publishing")
                    assert len(until_published(bucket, 2)) == 2
                finally:
                    tell_all(stopped, signal.SIGCONT)
                gate.opened.set()
                show(room, 3)
                visit_again(postgres_url)
                titles = until_published(bucket, 3)
                assert Counter(titles) == Counter(set(titles))


def test_each_message_is_sent_once_although_the_sender_was_killed(
    tmp_path: Path, postgres_url: str, room: Room, address: str
) -> None:
    with peer_served() as peer:
        site = site_in(address, "killed")
        first = home_on(tmp_path / "1", postgres_url, room, more=site)
        added = communique("watch", "add", "all", "--backlog", "--webhook", peer.url, home=first)
        assert added.returncode == 0, added.stderr
        second = home_on(tmp_path / "2", postgres_url, room, more=site)
        shutil.copytree(first / "watches", second / "watches")
        worker = home_on(tmp_path / "worker", postgres_url)
        with (
            started("worker", worker),
            started("run", first, *COMMUNIQUE) as (leader, log),
        ):
            took_on(log, "duty:alerts")
            with started("run", second) as (_, other_log):
                until(other_log, "standing by")
                peer.wait_for(lambda: told_by(peer) >= {1, 2})
                assert set(Counter(ids(peer)).values()) == {1}
                before = len(ids(peer))
                # The third is on its way when who sends it is killed.
                peer.held = threading.Event()
                show(room, 3)
                visit_again(postgres_url)
                peer.wait_for(lambda: len(ids(peer)) > before)
                until_renewed(postgres_url, "duty:alerts")
                assert len(ids(peer)) == before + 1
                tell_all(family(leader), signal.SIGKILL)
                took_on(other_log, "duty:alerts")
                peer.wait_for(lambda: len(ids(peer)) > before + 1)
                peer.held.set()
                peer.held = None
                show(room, 4)
                visit_again(postgres_url)
                peer.wait_for(lambda: told_by(peer) == {1, 2, 3, 4})
                assert len(until_published(bucket_at(address, "killed"), 4)) == 4
        # Sent anew under its number, by which who takes it knows it.
        assert Counter(ids(peer))[ids(peer)[before]] == 2
        assert Counter(Counter(ids(peer)).values())[2] == 1


def ids(peer: Peer) -> list[str]:
    """The numbers of messages, in the order in which they came."""
    return [one.headers["webhook-id"] for one in peer.posts()]


def told_by(peer: Peer) -> set[int]:
    """The numbers of releases that were told."""
    found = (re.findall(rb"/news/(\d+)\.html", one.body) for one in peer.posts())
    return {int(number) for numbers in found for number in numbers}
