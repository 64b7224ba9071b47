"""Measure how long a client waits after many searches whose clients have disconnected.

    python -m benchmarks.abandoned [--releases 3000] [--searches 1000]

`communique serve` serves a HOME with invented releases. One address sends many different searches,
each on a connection that it closes at once. Immediately afterwards, another address sends a search
and requests a feed. The burst of searches comes once through a proxy, as from a remote address, and
once from this machine, which may send ten times as many requests. The benchmark prints the seconds
until each response, the slowest feed during the burst, and the CPU time of the server. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

import httpx

from benchmarks.busy import FEED, fill
from benchmarks.publish import vocabulary
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home

SEARCH = "/search?q={}"
ATTACKER, HONEST = "203.0.113.9", "203.0.113.10"
LIMITS = {"search": 1.0, "feed": 0.05}
"""Maximum seconds for an honest client."""


@dataclass(frozen=True)
class Found:
    """What one storm did, in seconds; ``same`` is the status for another search of its sender."""

    sent: float
    search: float
    feed: float
    slowest_feed: float
    same: int
    cpu: float


def main() -> None:
    """Measure both storms, and print what honest clients saw."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", type=int, default=3000)
    options.add_argument("--searches", type=int, default=1000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        fill(path, 0, chosen.releases, chosen.releases)
        home = open_home(path)
        publish_home(home)
        store = home.store()
        store.update_search_index()
        store.close()
        words = vocabulary(random.Random(0))[: chosen.searches]  # noqa: S311 - the same in every run
        found = {}
        for kind, address in (("far", ATTACKER), ("this machine", "")):
            with serving(path) as (url, process):
                found[kind] = storm(url, process, words, address)
            print(f"{kind}: {found[kind]}")
    told = {kind: asdict(one) for kind, one in found.items()}
    good = all(
        one.search <= LIMITS["search"] and one.feed <= LIMITS["feed"] for one in found.values()
    )
    print(json.dumps({**told, "limits": LIMITS, "good": good}))


@contextlib.contextmanager
def serving(home: Path) -> Iterator[tuple[str, int]]:
    """A server of a HOME: its address and its process."""
    command = [sys.executable, "-m", "scheduler", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"(http://\S+)/", server.stdout.readline())
            assert found is not None
            while httpx.get(found[1] + FEED, timeout=60).is_error:
                pass
            yield found[1], server.pid
        finally:
            server.terminate()


def storm(url: str, process: int, words: list[str], address: str) -> Found:
    """Send searches and leave, then ask as an honest client."""
    forwarded = f"X-Forwarded-For: {address}\r\n" if address else ""
    host, port = url.removeprefix("http://").split(":")
    honest = {"x-forwarded-for": HONEST}
    over = threading.Event()
    feeds: list[float] = []
    with httpx.Client(base_url=url, headers=honest, timeout=600) as web:
        assert web.get(FEED).is_success
        began, before = time.perf_counter(), cpu_of(process)
        reader = threading.Thread(target=keep_reading, args=(url, over, feeds))
        reader.start()
        for word in words:
            with socket.create_connection((host, int(port))) as connection:
                target = SEARCH.format(word)
                request = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n{forwarded}\r\n"
                connection.sendall(request.encode())
        sent = time.perf_counter() - began
        feed, _ = timed(web, FEED)
        search, status = timed(web, SEARCH.format(f"{words[0]}+{words[1]}"))
        assert status == HTTPStatus.OK, status
        over.set()
        reader.join()
        attacker = {"x-forwarded-for": address} if address else {"x-forwarded-for": ""}
        same = web.get(SEARCH.format("another"), headers=attacker).status_code
    return Found(sent, search, feed, max(feeds), same, cpu_of(process) - before)


def keep_reading(url: str, over: threading.Event, seconds: list[float]) -> None:
    """Ask for a feed a hundred times a second until it is over."""
    with httpx.Client(base_url=url, timeout=600) as web:
        while not over.is_set():
            seconds.append(timed(web, FEED)[0])
            time.sleep(0.01)


def timed(web: httpx.Client, path: str) -> tuple[float, int]:
    """The seconds until an answer, and its status."""
    began = time.perf_counter()
    status = web.get(path).status_code
    return time.perf_counter() - began, status


def cpu_of(process: int) -> float:
    """The CPU time that a process has used, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
