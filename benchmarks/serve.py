"""Measure requests per second from one worker, as a ratio to nginx with the same files.

    python benchmarks/serve.py [--seconds 5]

The benchmark needs nginx and wrk (Debian: nginx-light, wrk). Both servers serve a site over
loopback, one after the other, three times in turn: a feed that the reader already has (304), and
the feed with gzip. nginx takes the compressed feed from a file, and our server from memory. The
results are medians.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import SampleStore, make_release
from tests.ports import free_port

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  etag on;
  gzip_static on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  open_file_cache max=1000;
  server {{ listen 127.0.0.1:{port}; root {folder}/site; keepalive_requests 1000000; }}
}}
"""

OURS = """
import sys
from pathlib import Path
import uvicorn
from feeds.server.app import create_app
from scheduler.service.web import listen, server_config
opened = listen("127.0.0.1", int(sys.argv[2]))
uvicorn.Server(server_config(create_app(Path(sys.argv[1])))).run(sockets=[opened])
"""

ROUNDS = 3


def main() -> None:
    """Serve with both, and print the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=5)
    seconds: int = options.parse_args().seconds
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} must be installed (Debian: nginx-light, wrk)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        releases = (make_release(number, body_html=body(number)) for number in range(120))
        with closing(SampleStore(*releases)) as store:
            publish(store, folder / "site", SiteSettings())
        feed = folder / "site/feeds/all.atom"
        feed.with_name("all.atom.gz").write_bytes(gzip.compress(feed.read_bytes(), 6, mtime=0))
        found: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for server, command in (("nginx", nginx(folder)), ("ours", ours(folder))):
                with running(*command) as url:
                    for kind, rate in measured(f"{url}/feeds/all.atom", seconds).items():
                        found.setdefault((kind, server), []).append(rate)
    for kind in ("304", "gzip"):
        theirs, own = (statistics.median(found[kind, name]) for name in ("nginx", "ours"))
        print(f"{kind}: ours {own:,.0f}/s, nginx {theirs:,.0f}/s, ratio {own / theirs:.2f}")


def body(number: int) -> str:
    """A text of 3 KB that no other release has."""
    return "".join(
        f"<p>Paragraph {line} of {number} says {number * line} things.</p>" * 2
        for line in range(30)
    )


def nginx(folder: Path) -> tuple[list[str], int]:
    """The command that starts nginx, and its port."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port


def ours(folder: Path) -> tuple[list[str], int]:
    """The command that starts our server, and its port."""
    port = free_port()
    return [sys.executable, "-c", OURS, str(folder / "site"), str(port)], port


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    """A server's address, while it runs."""
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command) as process:
        try:
            for _ in range(100):
                time.sleep(0.1)
                try:
                    httpx.get(url).close()
                    break
                except httpx.TransportError:
                    continue
            yield url
        finally:
            process.terminate()


def measured(url: str, seconds: int) -> dict[str, float]:
    """Requests a second for both kinds of answer."""
    packed = {"Accept-Encoding": "gzip"}
    answer = httpx.get(url, headers=packed)
    assert answer.headers["content-encoding"] == "gzip"
    tag = {**packed, "If-None-Match": answer.headers["etag"]}
    assert httpx.get(url, headers=tag).status_code == HTTPStatus.NOT_MODIFIED
    return {"304": wrk(url, tag, seconds), "gzip": wrk(url, packed, seconds)}


def wrk(url: str, headers: dict[str, str], seconds: int) -> float:
    """Requests a second that wrk counts."""
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", *named, url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1])


if __name__ == "__main__":
    main()
