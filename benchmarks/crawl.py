"""Pages a second, from fetch to committed release, as a ratio to bare Scrapy.

    python benchmarks/crawl.py [--pages N] [--real] [--archive] [--profile]

A loopback server, a process of its own, serves listings and N release pages. First a bare Scrapy
spider with stock settings only fetches them, then a crawl of ours fetches, reads, cleans, files and
commits them; both are new processes and count from the answer of the first listing to the last
result. The pages are those of the bundled press rooms, each a source of its own, with texts that
are put together anew for each page. With --real they are pages of many news sites, from ../shared,
as if one source had served them: the worst case, with no layout to learn. With --archive our crawl
keeps what it fetches besides, which benchmarks/archive.py measures by itself. With --profile it
prints where its time goes.

Two ratios are printed: of elapsed time, and of the processes' CPU time, which other work on the
machine disturbs less; the second counts the start of both processes too.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from scheduler.demo.responses import release_pages
from scheduler.demo.rooms import ReleaseText, Showing, load_rooms, showing

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "dev"

WITHOUT_ARCHIVE = "[archive]\nenabled = false\n"

BARE = """
import sys, time
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
class Bare(Spider):
    name = "bare"
    async def start(self):
        self.read = self.first = 0
        for url in sys.argv[1:]:
            yield Request(url)
    def parse(self, response):
        self.first = self.first or time.perf_counter()
        for link in response.css("li a::attr(href)"):
            yield response.follow(link.get(), self.page)
    def page(self, response):
        self.read += 1
    def closed(self, reason):
        print(self.read / (time.perf_counter() - self.first))
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
    """Serve each site on a port of its own; print the ports and time zones."""
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
    """What answers the requests to one site."""

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
        writer.close()

    return answer


@dataclass(frozen=True)
class Spent:
    """Seconds that a crawl of ours took for a page, from its first answer to its last report."""

    elapsed: float
    cpu: float


def ours(sites: list[tuple[str, str]], *, profile: bool = False, settings: str = "") -> Spent:
    """What a crawl of ours takes, with these settings added to those that it needs."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "sources").mkdir()
        (home / "communique.toml").write_text(f"[network]\nallow_private = true\n{settings}")
        names = [f"bench{number}" for number in range(len(sites))]
        for name, (url, zone) in zip(names, sites, strict=True):
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
        begun = begun_cpu = 0.0
        runs: list[dict[str, Any]] = []
        for line in child.stdout:
            if not begun:
                begun, begun_cpu = time.perf_counter(), cpu_of(child.pid)
            if line.startswith('{"run"'):
                runs.append(json.loads(line)["run"])
                if len(runs) == len(names):
                    break
        seconds, cpu = time.perf_counter() - begun, cpu_of(child.pid) - begun_cpu
        child.stdin.close()
        for line in child.stdout:
            if profile:
                print(line, end="")
        child.wait()
    read = sum(run["pages"] for run in runs) - len(sites)
    new = sum(run["new"] for run in runs)
    if new < read * 0.9:
        errors = [error for run in runs for error in run["errors"][:1]]
        sys.exit(f"of {read} pages {new} were stored: {errors}")
    return Spent(seconds / read, cpu / read)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used so far, with all its threads; by proc(5)."""
    # The name of the program, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spent() -> float:
    """Seconds of CPU that ended child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def served(pages: int, *, real: bool = False) -> Iterator[list[tuple[str, str]]]:
    """The addresses and time zones of sites of so many pages, served by a process of its own."""
    here = [sys.executable, __file__, "--serve", f"--pages={pages}", *(["--real"] if real else [])]
    with subprocess.Popen(here, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            told = json.loads(server.stdout.readline())
            yield [(f"http://127.0.0.1:{port}/", zone) for port, zone in told]
        finally:
            server.kill()


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--real", action="store_true", help="pages of many news sites")
    parser.add_argument("--archive", action="store_true", help="keep what is fetched")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve([real_site(given.pages)] if given.real else room_sites(given.pages)))
    with served(given.pages, real=given.real) as sites:
        urls = [url for url, _ in sites]
        start = spent()
        bare = float(subprocess.check_output([sys.executable, "-c", BARE, *urls], text=True))
        between = spent()
        settings = "" if given.archive else WITHOUT_ARCHIVE
        crawl = ours(sites, profile=given.profile, settings=settings)
        end = spent()
    print(f"bare Scrapy, fetch only: {bare:.0f} pages/s")
    speed = 1 / crawl.elapsed
    print(f"communique, fetch to committed release: {speed:.0f} pages/s")
    print(f"ratio: {speed / bare:.2f}; of CPU time: {(between - start) / (end - between):.2f}")


if __name__ == "__main__":
    main()
