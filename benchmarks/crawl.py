"""Measure pages per second, from request to committed release, as a ratio to bare Scrapy.

    python benchmarks/crawl.py [--pages N] [--rounds N] [--real] [--archive] [--profile]

A separate process serves listings and N release pages on loopback. A bare Scrapy spider with
default settings only requests the pages. Our crawl requests, extracts, cleans and commits them.
Both are new processes, timed from the response with the first listing to their last result.

The pages are those of the bundled press rooms, each a separate source. Each page has a new text
made from their paragraphs. With --real, one source serves pages of many news sites, from ../shared.
This is the worst case, because there is no layout to learn. With --archive, our crawl also archives
its responses; benchmarks/archive.py measures this separately. --profile prints where our crawl
spends its time.

The rounds alternate between the two crawls, because other work on the machine changes. Two ratios
are printed, each the median of the rounds: of elapsed time, and of the CPU time of the two
processes. Other work affects the second ratio much less. Bare Scrapy sends up to eight requests
to a host at a time and our crawl one, so the first ratio also depends on how soon a busy machine
runs the server.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from scheduler.demo.responses import release_pages
from scheduler.demo.rooms import ReleaseText, Showing, load_rooms, showing

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "dev"

WITHOUT_ARCHIVE = "[archive]\nenabled = false\n"
WITHOUT_REQUISITES = '[archive]\nrequisites = "none"\n'
START_SECONDS = 120
"""Maximum time until a crawl requests its first listing, in seconds."""

BARE = """
import sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
class Bare(Spider):
    name = "bare"
    async def start(self):
        self.read = 0
        for url in sys.argv[1:]:
            yield Request(url)
    def parse(self, response):
        for link in response.css("li a::attr(href)"):
            yield response.follow(link.get(), self.page)
    def page(self, response):
        self.read += 1
    def closed(self, reason):
        print(self.read, flush=True)
process = AsyncCrawlerProcess({"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False})
process.crawl(Bare)
process.start()
"""


@dataclass(frozen=True)
class Site:
    """What one source serves: its pages, and how it labels and lists them."""

    content_type: str
    timezone: str
    pages: tuple[bytes, ...]
    listed: tuple[tuple[str, str], ...]
    """The day and the title of each page."""


def real_site(count: int) -> Site:
    """Real pages of many sites, as if they were one's."""
    if not SHARED.is_dir():
        sys.exit(f"--real needs the pages in {SHARED}")
    rows = map(json.loads, (SHARED / "manifest.jsonl").read_text("utf-8").splitlines())
    known = [row for row in rows if row["title"] and row["published"]][:count]
    made = tuple(gzip.decompress((SHARED / row["html_path"]).read_bytes()) for row in known)
    listed = tuple((row["published"][:10], row["title"]) for row in known)
    return Site("text/html", "UTC", made, listed)


def room_sites(count: int) -> list[Site]:
    """The press rooms, grown to this many releases in all."""
    rooms = load_rooms()
    sites = []
    for number, (room_id, room) in enumerate(rooms.items()):
        share = count // len(rooms) + (number < count % len(rooms))
        shown = replace(
            showing(room_id, 1), releases=tuple(grown(showing(room_id, 1).releases, share))
        )
        listed = tuple((f"{one.day}", one.title) for one in shown.releases)
        sites.append(Site(room.content_type, room.timezone, pages_of(shown), listed))
    return sites


def pages_of(shown: Showing) -> tuple[bytes, ...]:
    """The page of each release of a room."""
    return tuple(answer.body for _, answer in release_pages(shown, "http://127.0.0.1"))


def grown(releases: tuple[ReleaseText, ...], count: int) -> Iterator[ReleaseText]:
    """As many releases, each of paragraphs, and a title of words, that others of them hold."""
    chance = random.Random(len(releases))  # noqa: S311 - the same at each run
    words = [word for release in releases for word in release.title.split()]
    parts = [part for release in releases for part in release.body.strip().split("\n\n")]
    for number in range(count):
        like = releases[number % len(releases)]
        size = len(like.body.strip().split("\n\n"))
        body = "\n\n".join(chance.sample(parts, size))
        title = " ".join(chance.sample(words, 8))
        yield msgspec.structs.replace(
            like, key=f"{like.key}-{number}", title=title, body=body, copies=""
        )


async def serve(sites: list[Site]) -> None:
    """Serve each site on a port of its own; print the ports and time zones.

    After that, each response with a listing writes one more byte to standard output.
    """
    addresses = []
    for site in sites:
        bodies = {f"/news/{n}": body for n, body in enumerate(site.pages)}
        rows = "".join(
            f'<li><span>{day}</span> <a href="/news/{n}">{escape(title)}</a></li>'
            for n, (day, title) in enumerate(site.listed)
        )
        bodies["/"] = f"<html><body><ul>{rows}</ul></body></html>".encode()
        server = await asyncio.start_server(answerer(site, bodies), "127.0.0.1", 0)
        addresses.append((server.sockets[0].getsockname()[1], site.timezone))
    print(json.dumps(addresses), flush=True)
    await asyncio.Event().wait()


def answerer(site: Site, bodies: dict[str, bytes]) -> asyncio.streams._ClientConnectedCallback:
    """Return the function that answers the requests to one site."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            path = line.split()[1].decode()
            body = bodies.get(path, b"")
            kind = site.content_type if path != "/" else "text/html; charset=utf-8"
            head = f"HTTP/1.1 {200 if body else 404} X\r\nContent-Type: {kind}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            if path == "/":
                os.write(sys.stdout.fileno(), b".")
        writer.close()

    return answer


@dataclass(frozen=True)
class Spent:
    """Seconds from the first listing to the last result, per page."""

    elapsed: float
    cpu: float


@dataclass(frozen=True)
class Sites:
    """The addresses and time zones of the served sites, and the server's output."""

    addresses: list[tuple[str, str]]
    output: int

    def forget_listings(self) -> None:
        """Forget the listings that earlier crawls requested."""
        while select.select([self.output], [], [], 0)[0]:
            os.read(self.output, 1024)

    def await_listing(self) -> None:
        """Wait until the server has sent a listing."""
        if not select.select([self.output], [], [], START_SECONDS)[0]:
            sys.exit(f"no listing was requested in {START_SECONDS} seconds")
        os.read(self.output, 1)


def bare(sites: Sites) -> Spent:
    """Measure a crawl of bare Scrapy."""
    sites.forget_listings()
    urls = [url for url, _ in sites.addresses]
    with subprocess.Popen([sys.executable, "-c", BARE, *urls], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        sites.await_listing()
        begun = used_by(child.pid)
        read = int(child.stdout.readline())
        return spent_since(begun, child.pid, read)


def ours(sites: Sites, *, profile: bool = False, settings: str = "") -> Spent:
    """Measure a crawl of ours with some settings."""
    sites.forget_listings()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "sources").mkdir()
        (home / "communique.toml").write_text(f"[network]\nallow_private = true\n{settings}")
        names = [f"bench{number}" for number in range(len(sites.addresses))]
        for name, (url, zone) in zip(names, sites.addresses, strict=True):
            (home / "sources" / f"{name}.toml").write_text(
                f'name = "Benchmark {name}"\nurl = "{url}"\ntimezone = "{zone}"\n'
            )
        program = ["-m", "cProfile", "-s", "cumtime"] if profile else []
        child = subprocess.Popen(
            [sys.executable, *program, "-m", "scheduler.children.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        lines = [{"home": folder}, *({"source": name} for name in names)]
        child.stdin.writelines(json.dumps(line) + "\n" for line in lines)
        child.stdin.flush()
        sites.await_listing()
        begun = used_by(child.pid)
        runs: list[dict[str, Any]] = []
        for line in child.stdout:
            if line.startswith('{"run"'):
                runs.append(json.loads(line)["run"])
                if len(runs) == len(names):
                    break
        read = sum(run["pages"] for run in runs) - len(names)
        spent = spent_since(begun, child.pid, read)
        child.stdin.close()
        for line in child.stdout:
            if profile:
                print(line, end="")
        child.wait()
    new = sum(run["new"] for run in runs)
    if new < read * 0.9:
        errors = [error for run in runs for error in run["errors"][:1]]
        sys.exit(f"of {read} pages {new} were stored: {errors}")
    return spent


def used_by(pid: int) -> tuple[float, float]:
    """Return the time, and the CPU seconds that all threads of a process have used (proc(5))."""
    # The name of the program, in brackets, may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return time.perf_counter(), cpu


def spent_since(begun: tuple[float, float], pid: int, pages: int) -> Spent:
    """Return the seconds per page that a process has spent since ``begun``."""
    elapsed, cpu = (now - then for then, now in zip(begun, used_by(pid), strict=True))
    return Spent(elapsed / pages, cpu / pages)


@contextmanager
def served(pages: int, *, real: bool = False) -> Iterator[Sites]:
    """Serve sites with ``pages`` pages in all, from a separate process."""
    here = [sys.executable, __file__, "--serve", f"--pages={pages}", *(["--real"] if real else [])]
    with subprocess.Popen(here, stdout=subprocess.PIPE, bufsize=0) as server:
        assert server.stdout is not None
        try:
            ports = json.loads(server.stdout.readline())
            addresses = [(f"http://127.0.0.1:{port}/", zone) for port, zone in ports]
            yield Sites(addresses, server.stdout.fileno())
        finally:
            server.kill()


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real", action="store_true", help="pages of many news sites")
    parser.add_argument("--archive", action="store_true", help="archive the responses")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve([real_site(given.pages)] if given.real else room_sites(given.pages)))
    settings = WITHOUT_REQUISITES if given.archive else WITHOUT_ARCHIVE
    ratios = []
    with served(given.pages, real=given.real) as sites:
        for _ in range(given.rounds):
            base, crawl = bare(sites), ours(sites, profile=given.profile, settings=settings)
            ratios.append((base.elapsed / crawl.elapsed, base.cpu / crawl.cpu))
            print(f"bare Scrapy {shown(base)}; communique {shown(crawl)}", flush=True)
    elapsed, cpu = map(median, zip(*ratios, strict=True))
    print(f"ratio: {elapsed:.2f}; of CPU time: {cpu:.2f}")


def shown(spent: Spent) -> str:
    """Return the speed of a crawl as text."""
    return f"{1 / spent.elapsed:.0f} pages/s, {spent.cpu * 1000:.2f} ms of CPU per page"


if __name__ == "__main__":
    main()
