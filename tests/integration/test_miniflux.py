"""Miniflux, on PostgreSQL, takes every item once and sees nothing as new that is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.test_readers import COUNT, Press, files_of
from tests.ports import free_port

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
USER = "postgres" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root; Debian's package brings a user for it."""

PATIENCE = 60

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        shutil.which("miniflux") is None or not SERVERS,
        reason="miniflux and postgresql are not installed (Debian has both)",
    ),
]


def run(program: str, *options: str) -> None:
    """Run one of PostgreSQL's programs."""
    command = [str(SERVERS[-1].parent / program), *options]
    # Not piped: the server would hold the pipe open.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=USER, timeout=PATIENCE)  # noqa: S603 - our own words


@contextmanager
def postgresql(folder: Path) -> Iterator[None]:
    """A new PostgreSQL that listens in ``folder`` alone."""
    data = str(folder / "db")
    run("initdb", "-D", data, "-A", "trust", "-U", "reader")
    options = f"-k {folder} -h '' -F"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(scope="module")
def miniflux() -> Iterator[httpx.Client]:
    """A client of a new Miniflux."""
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        if USER:
            shutil.chown(name, USER)
        address = f"127.0.0.1:{free_port()}"
        settings = {
            "DATABASE_URL": f"user=reader dbname=postgres host={name} sslmode=disable",
            "LISTEN_ADDR": address,
            "RUN_MIGRATIONS": "1",
            "CREATE_ADMIN": "1",
            "ADMIN_USERNAME": "admin",
            "ADMIN_PASSWORD": "for-a-test",
            "DISABLE_SCHEDULER_SERVICE": "1",
        }
        with (
            postgresql(Path(name)),
            subprocess.Popen(
                ["miniflux"],  # noqa: S607 - wherever it is installed
                env=settings,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as server,
            httpx.Client(
                base_url=f"http://{address}",
                auth=("admin", "for-a-test"),
                timeout=PATIENCE,
                # It listens once its tables are laid.
                transport=httpx.HTTPTransport(retries=8),
            ) as client,
        ):
            try:
                client.get("/healthcheck").raise_for_status()
                yield client
            finally:
                server.terminate()


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    found = Press(tmp_path / "home")
    yield found
    found.stop()


def entries(client: httpx.Client, feed: int) -> list[dict[str, Any]]:
    """All that Miniflux holds of a feed."""
    answer = client.get(f"/v1/feeds/{feed}/entries", params={"limit": 100})
    return list(answer.raise_for_status().json()["entries"])


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_miniflux_takes_all_once_and_sees_nothing_as_new_that_is_not(
    miniflux: httpx.Client, press: Press, kind: str
) -> None:
    category = miniflux.get("/v1/categories").json()[0]["id"]
    asked = {"feed_url": f"{press.url}/feeds/all.{kind}", "category_id": category}
    feed = miniflux.post("/v1/feeds", json=asked).raise_for_status().json()["feed_id"]
    first = entries(miniflux, feed)
    assert len(first) == COUNT + 1
    by_url = {entry["url"]: entry for entry in first}
    for release in press.store.every().values():
        entry = by_url[release.url]
        assert entry["title"] == release.content.title
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", release.published.at.utctimetuple())
        assert entry["published_at"] == at
        assert "All that statement" in entry["content"]
        held = {one["url"] for one in entry["enclosures"] or ()}
        assert held <= {media.url for media in files_of(release)}
        assert release.content.attachments[0].url in held
    press.statuses.clear()
    miniflux.put(f"/v1/feeds/{feed}/refresh").raise_for_status()
    assert press.statuses == [304]
    press.happen()
    miniflux.put(f"/v1/feeds/{feed}/refresh").raise_for_status()
    assert press.statuses[-1] == 200
    after = entries(miniflux, feed)
    assert {entry["hash"] for entry in after} == {entry["hash"] for entry in first}
    assert len(after) == len(first)
