"""Measure response times while the service crawls and publishes, as a ratio to when it is idle.

    python benchmarks/busy.py [--releases 3000] [--seconds 15]

One service serves a HOME with invented releases. Two hundred times a second, a client requests a
feed that it already has (304) and a feed with gzip, and measures the delay of each response. At
first, the service is idle. Then it visits the bundled press rooms without a pause, and ten new
releases per second are added to its store, which it publishes.

Real readers and press rooms are on other machines, but here they share the processors of this
machine with the service. So the time that the client itself waits for a processor is not counted
(if Linux reports it). The server of the press rooms runs at a low priority, and so does the process
that adds releases.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import multiprocessing
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.publish import NEW, SOURCES, draft, opened, record, vocabulary
from data.models import Source
from scheduler.children.child import lower_priority
from scheduler.demo.server import ServedRooms, rooms_served, write_sources
from scheduler.home.home import open_home
from scheduler.home.home_publication import publish_home

SETTINGS = """
[network]
allow_private = true
[collect]
interval = 1
[site]
port = 0
"""
RATE = 200
FEED = "/feeds/all.atom"
LEFT_OVER = 19
"""The niceness of what takes only what nobody else wants."""


def main() -> None:
    """Measure idle and busy, and print the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", type=int, default=3000)
    options.add_argument("--seconds", type=int, default=15)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, rooms_served() as rooms:
        path = Path(name)
        (path / "communique.toml").write_text(SETTINGS)
        fill(path, 0, chosen.releases, chosen.releases)
        publish_home(open_home(path))
        with running(path) as (url, log):
            answers(url, 5)
            idle = answers(url, chosen.seconds)
            with working(path, rooms, chosen.releases):
                for line in log:
                    if "event=visited" in line:
                        break
                busy = answers(url, chosen.seconds)
    for kind in ("304", "gzip"):
        first, second = worst(idle[kind]), worst(busy[kind])
        print(
            f"{kind}: median {statistics.median(idle[kind]) * 1000:.2f} ms idle,"
            f" {statistics.median(busy[kind]) * 1000:.2f} ms busy; 99th percentile"
            f" {first * 1000:.2f} ms idle, {second * 1000:.2f} ms busy, ratio {second / first:.1f}"
        )


def fill(home: Path, first: int, count: int, size: int) -> None:
    """Record made-up releases."""
    chance = random.Random(first)  # noqa: S311 - the same releases in every run
    store = opened(home)
    for number in range(SOURCES):
        store.register(
            Source(f"source-{number}", f"Source {number}", f"https://s{number}.example/")
        )
    words = vocabulary(chance)
    record(store, (draft(chance, words, first + number, size) for number in range(count)))
    store.close()


@contextlib.contextmanager
def running(home: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """The service: its address and its log."""
    with subprocess.Popen(
        [sys.executable, "-m", "scheduler", "run", "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        assert service.stdout is not None
        try:
            found = re.search(r"site=(\S+)/", next(service.stdout))
            assert found is not None
            while httpx.get(found[1] + FEED, timeout=60).is_error:
                pass
            yield found[1], iter(service.stdout)
        finally:
            service.terminate()


@contextlib.contextmanager
def working(home: Path, rooms: ServedRooms, first: int) -> Iterator[None]:
    """Let the service visit the rooms all the time, and put new releases into its store."""
    os.setpriority(os.PRIO_PROCESS, rooms.child.pid, LEFT_OVER)
    write_sources(home / "sources", rooms.bases)
    more = multiprocessing.Process(target=keep_filling, args=[home, first])
    more.start()
    try:
        yield
    finally:
        more.terminate()
        more.join()


def keep_filling(home: Path, first: int) -> None:
    """Ten new releases a second."""
    os.setsid()
    lower_priority(os.getpid())
    for step in itertools.count():
        fill(home, first + NEW * step, NEW, first)
        time.sleep(1)


def answers(url: str, seconds: int) -> dict[str, list[float]]:
    """How late answers are, in seconds, when each is due at a fixed time."""
    host, port = url.removeprefix("http://").split(":")
    tag = httpx.get(url + FEED, headers={"accept-encoding": "gzip"}).headers["etag"]
    plain = f"GET {FEED} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
    late: dict[str, list[float]] = {"304": [], "gzip": []}
    with socket.create_connection((host, int(port))) as opened_:
        begin = time.perf_counter()
        waited = own_waits()
        for number in range(seconds * RATE):
            kind = ("304", "gzip")[number % 2]
            due = begin + number / RATE
            time.sleep(max(due - time.perf_counter(), 0))
            known = f"If-None-Match: {tag}\r\n" if kind == "304" else ""
            opened_.sendall(f"{plain}{known}\r\n".encode())
            tag = read(opened_) or tag
            before, waited = waited, own_waits()
            late[kind].append(time.perf_counter() - due - (waited - before))
    return late


def own_waits() -> float:
    """How long this thread has waited for a processor that others had, in seconds."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text("ascii").split()[1]) / 10**9
    except OSError:
        return 0.0


def read(opened_: socket.socket) -> str:
    """Read one answer to its end; its tag."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        head += opened_.recv(65536)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += opened_.recv(65536)
    tag = re.search(rb"etag: (\S+)", head)
    return tag[1].decode() if tag else ""


def worst(late: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(late, n=100)[98]


if __name__ == "__main__":
    main()
