"""Pages a second, from fetch to committed release, as a ratio to bare Scrapy.

    python benchmarks/crawl.py [--pages N] [--rooms] [--profile]

A loopback server, a process of its own, serves a listing and N pages. First a bare Scrapy spider
with stock settings only fetches them, then a crawl of ours fetches, reads, cleans, files and
commits them; both are new processes and count from the answer of the listing to the last result.
The pages are real ones from ../shared where it is present, else (and with --rooms) those of the
bundled press rooms. With --profile our crawl prints where its time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scheduler.demo.answers import answers
from scheduler.demo.rooms import load_rooms, showing

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "dev"

BASE = "http://127.0.0.1"

BARE = """
import sys, time
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
class Bare(Spider):
    name = "bare"
    async def start(self):
        self.read = 0
        yield Request(sys.argv[1])
    def parse(self, response):
        self.first = time.perf_counter()
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


def pages(count: int, *, rooms: bool) -> list[bytes]:
    """The pages to serve: real ones where they are, else those of the press rooms."""
    if SHARED.is_dir() and not rooms:
        lines = (SHARED / "manifest.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        paths = [SHARED / row["html_path"] for row in rows if row["title"] and row["published"]]
        return [gzip.decompress(path.read_bytes()) for path in paths[:count]]
    return room_pages(count)


def room_pages(count: int) -> list[bytes]:
    """The release pages of the bundled press rooms, each once."""
    return [
        answers(room, 1, BASE)[load_rooms()[room].address(release)].body
        for room in load_rooms()
        for release in showing(room, 1).releases
    ][:count]


async def serve(count: int, *, rooms: bool) -> None:
    """Serve the pages; print the port."""
    made = pages(count, rooms=rooms)
    rows = "".join(
        f"<li><span>{1 + n % 28} March 2026</span>"
        f'<a href="/news/{n}">Release {n} of the benchmark</a></li>'
        for n in range(len(made))
    )
    bodies = {f"/news/{n}": body for n, body in enumerate(made)}
    bodies["/"] = f"<html><body><ul>{rows}</ul></body></html>".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            path = line.split()[1].decode()
            body = bodies.get(path, b"")
            head = f"HTTP/1.1 {200 if body else 404} X\r\nContent-Type: text/html\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ours(url: str, *, profile: bool) -> float:
    """Pages a second of a crawl of ours."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "sources").mkdir()
        (home / "communique.toml").write_text("[network]\nallow_private = true\n")
        (home / "sources" / "bench.toml").write_text(
            f'name = "Benchmark"\nurl = "{url}"\ntimezone = "UTC"\n'
        )
        job = json.dumps({"home": folder, "sources": ["bench"]}) + "\n"
        program = ["-m", "cProfile", "-s", "cumtime"] if profile else []
        child = subprocess.Popen(
            [sys.executable, *program, "-m", "scheduler.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(job)
        child.stdin.flush()
        begun = 0.0
        for line in child.stdout:
            begun = begun or time.perf_counter()
            if line.startswith('{"runs"'):
                seconds = time.perf_counter() - begun
                (run,) = json.loads(line)["runs"]
                break
        if profile:
            print("".join(line for _, line in zip(range(160), child.stdout, strict=False)))
        child.stdin.close()
        child.wait()
    if run["new"] < run["pages"] * 0.9:
        sys.exit(f"of {run['pages']} pages {run['new']} were stored: {run['errors'][:1]}")
    return float((run["pages"] - 1) / seconds)


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--rooms", action="store_true", help="the bundled press rooms' pages")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.pages, rooms=given.rooms))
    here = [sys.executable, __file__]
    with subprocess.Popen(
        [*here, "--serve", f"--pages={given.pages}", *(["--rooms"] if given.rooms else [])],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
            bare = float(subprocess.check_output([sys.executable, "-c", BARE, url], text=True))
            crawl = ours(url, profile=given.profile)
        finally:
            server.kill()
    print(f"bare Scrapy, fetch only: {bare:.0f} pages/s")
    print(f"communique, fetch to committed release: {crawl:.0f} pages/s")
    print(f"ratio: {crawl / bare:.2f}")


if __name__ == "__main__":
    main()
