"""The log as readers and verifiers get it by HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.archive.log.merkle_tree import TileTree, added_files
from data.archive.log.notes import parse_checkpoint
from data.archive.log.tree_log import TreeLog, log_of
from feeds.publishing.log_files import publish_log
from feeds.server.app import create_app
from tests.data.archive.log.leaves import leaves_of
from tests.feeds.serving import served_by

ENDLESS = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def log(home: Path) -> TreeLog:
    """A log that was published at 300 leaves, and is now at 310."""
    log = log_of(home)
    for count in (300, 10):
        log.append(*leaves_of(str(count), count))
        log.integrate()
        publish_log(log, home / "site")
    return log


@pytest.fixture(scope="module")
def web(home: Path, log: TreeLog) -> Iterator[httpx.Client]:
    assert log
    (home / "site/secret").write_bytes(b"secret")
    yield from served_by(create_app(home / "site"))


def test_the_checkpoint_is_text_that_is_kept_for_seconds(web: httpx.Client, log: TreeLog) -> None:
    answer = web.get("/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content == log.read("checkpoint")
    assert web.get("/log/key/0").headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/54", "tile/1/000.p/1", "tile/entries/001.p/54"]
)
def test_tiles_are_bytes_that_are_kept_for_ever(web: httpx.Client, log: TreeLog, path: str) -> None:
    answer = web.get(f"/log/{path}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == ENDLESS
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.content == log.read(path)


def test_partial_tiles_of_an_earlier_checkpoint_are_served(web: httpx.Client, log: TreeLog) -> None:
    for path in added_files(0, 300):
        answer = web.get(f"/log/{path}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == ENDLESS
        assert answer.content == log.read(path)
    tree = TileTree(300, lambda path: web.get(f"/log/{path}").raise_for_status().content)
    assert tree.root() == log.tree(310).root_of(300)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002",
        "tile/0/001.p/55",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/00/001.p/1",
        "tile/0/..%2f..%2f..%2fsecret.p/1",
        "tile/0/001.p/",
        "tile/",
        "pending",
        "tree.lock",
    ],
)
def test_records_outside_the_log_are_not_found(web: httpx.Client, path: str) -> None:
    assert web.get(f"/log/{path}").status_code == 404


def test_a_checkpoint_that_changed_is_seen_at_once(
    web: httpx.Client, log: TreeLog, home: Path
) -> None:
    before = web.get("/log/checkpoint")
    since = {"if-none-match": before.headers["etag"]}
    assert web.get("/log/checkpoint", headers=since).status_code == 304
    log.append(*leaves_of("more", 5))
    log.integrate()
    publish_log(log, home / "site")
    after = web.get("/log/checkpoint", headers=since)
    assert after.status_code == 200
    assert parse_checkpoint(after.content).size == parse_checkpoint(before.content).size + 5
