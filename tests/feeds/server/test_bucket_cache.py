"""Nodes that serve a site from a bucket: what they serve, and how soon what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from obstore.store import MemoryStore

import feeds.publishing.bucket_push
import feeds.server.bucket_cache
from data.archive.log.tree_log import log_of
from data.network.bucket import Bucket, BucketError, BucketObject
from data.store.sqlite.store import SqliteStore
from feeds.publishing.bucket_push import PUBLICATION, SiteBucket
from feeds.publishing.bucket_records import MANIFEST_FILE, PushedFiles
from feeds.publishing.log_files import publish_log
from feeds.server.app import create_app
from feeds.server.bucket_cache import BucketCache
from tests.data.archive.log.leaves import leaves_of

PLACE = "s3://press/site"


class FailingBucket(Bucket):
    """A bucket in the memory of obstore that can be made to fail, and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(PLACE, MemoryStore())
        self.fails = False
        self.asked: list[str] = []

    def read(
        self, name: str, known: str | None = None, *, most: int | None = None
    ) -> BucketObject | None:
        """Read, as a bucket does."""
        self.asked.append(name)
        if self.fails:
            raise BucketError(self.place, "it answers 503")
        return super().read(name, known, most=most)


Publish = Callable[..., None]


@pytest.fixture
def bucket() -> FailingBucket:
    return FailingBucket()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def publish(site: Path, tmp_path: Path, bucket: Bucket, store: SqliteStore) -> Iterator[Publish]:
    """Publishes files by their names; those with an empty text are deleted."""
    kept = PushedFiles(tmp_path / "pushed.db", PLACE)
    target = SiteBucket(bucket, site, kept)

    def published(files: dict[str, str]) -> None:
        target.begin(store)
        for name, text in files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text)
            if not text:
                (site / name).unlink()
        target.push()

    with target:
        yield published
    kept.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request looks which publication is complete."""
    monkeypatch.setattr(feeds.server.bucket_cache, "CHECK_INTERVAL_SECONDS", 0.0)


def body_of(cache: BucketCache, path: str) -> bytes | None:
    held = asyncio.run(cache.load(path))
    return held.body if held else None


def test_published_files_are_served_and_removed_ones_are_not(
    bucket: FailingBucket, publish: Publish
) -> None:
    cache = BucketCache(bucket)
    publish({"index.html": "1", "feeds/all.atom": "1"})
    assert body_of(cache, "/") == body_of(cache, "/feeds/all.atom") == b"1"
    assert body_of(cache, "/nothing") is body_of(cache, f"/{MANIFEST_FILE}") is None
    publish({"index.html": "2", "feeds/all.atom": "", "nothing": "something"})
    assert body_of(cache, "/") == b"2"
    assert body_of(cache, "/feeds/all.atom") is None
    assert body_of(cache, "/nothing") == b"something"


def test_a_file_is_requested_once_per_publication(bucket: FailingBucket, publish: Publish) -> None:
    cache = BucketCache(bucket)
    publish({"index.html": "1", "feeds/all.atom": "1"})
    for _ in range(3):
        assert body_of(cache, "/") == b"1"
        assert body_of(cache, "/none") is None
    publish({"feeds/all.atom": "2"})
    for _ in range(3):
        assert body_of(cache, "/") == b"1"
    wanted = [name for name in bucket.asked if name in {"index.html", "none"}]
    assert wanted == ["index.html", "none", "index.html"]


def test_a_publication_that_is_not_complete_is_not_looked_for(
    bucket: FailingBucket, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = BucketCache(bucket)
    publish({"index.html": "1", "feeds/all.atom": "1"})
    assert body_of(cache, "/") == b"1"
    write = bucket.write

    def looked_at(name: str, body: bytes, **how: object) -> str:
        written = write(name, body, **how)  # type: ignore[arg-type]
        if name == "feeds/all.atom":
            bucket.asked.clear()
            assert body_of(cache, "/") == b"1"
            assert bucket.asked == [MANIFEST_FILE]
        return written

    monkeypatch.setattr(bucket, "write", looked_at)
    publish({"feeds/all.atom": "2", "index.html": "2"})
    assert body_of(cache, "/") == b"2"


def test_cached_files_are_served_while_the_bucket_fails(
    bucket: FailingBucket, publish: Publish
) -> None:
    cache = BucketCache(bucket)
    publish({"index.html": "1", "feeds/all.atom": "1"})
    assert body_of(cache, "/") == b"1"
    publish({"index.html": "2"})
    bucket.fails = True
    assert body_of(cache, "/") == b"1"
    with pytest.raises(BucketError, match="503"):
        body_of(cache, "/feeds/all.atom")
    bucket.fails = False
    assert body_of(cache, "/") == b"2"
    assert body_of(cache, "/feeds/all.atom") == b"1"


def test_no_older_file_is_served_after_a_newer_one(
    bucket: FailingBucket, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No publication looks after what may have come late.
    monkeypatch.setattr(feeds.publishing.bucket_push, "SETTLED_AFTER_SECONDS", -1.0)
    cache = BucketCache(bucket)
    publish({"index.html": "1"})
    publish({"index.html": "2"})
    assert body_of(cache, "/") == b"2"
    found = bucket.look("index.html")
    assert found
    bucket.write("index.html", b"late", over=found.tag, headers={PUBLICATION: "1"})
    publish({"feeds/all.atom": "1"})
    late = bucket.read("index.html")
    assert late
    assert late.body == b"late"
    assert body_of(cache, "/") == b"2"


def test_a_bucket_that_was_started_again_is_served(bucket: FailingBucket, publish: Publish) -> None:
    cache = BucketCache(bucket)
    for text in ("1", "2", "3"):
        publish({"index.html": text})
    assert body_of(cache, "/") == b"3"
    bucket.delete([MANIFEST_FILE, "index.html"])
    publish({"index.html": "anew"})
    assert body_of(cache, "/") == b"anew"


def test_no_more_is_kept_than_allowed(bucket: FailingBucket, publish: Publish) -> None:
    cache = BucketCache(bucket, limit=250)
    publish({"a.html": "a" * 100, "b.html": "b" * 100, "c.html": "c" * 100})
    for name in ("a", "b", "c", "a"):
        assert body_of(cache, f"/{name}.html") == name.encode() * 100
    assert bucket.asked.count("a.html") == 2


def test_two_nodes_answer_alike_with_the_headers_of_the_site(
    bucket: FailingBucket, publish: Publish, site: Path
) -> None:
    publish(
        {
            "index.html": "<p>1",
            "feeds/index.html": "<p>f",
            "feeds/all.atom": "<feed/>",
            "feeds/all/page/1.atom": "<feed/>",
            "feeds/all/page/2.atom": "<feed/>",
        }
    )

    async def asked(path: str) -> list[httpx.Response]:
        apps = [create_app(site / "none", bucket=bucket), create_app(site / "none", bucket=bucket)]
        apps.append(create_app(site))
        answers = []
        for app in apps:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                answers.append(await client.get(path))
        return answers

    for path in ("/", "/feeds/all.atom", "/feeds/all/page/1.atom", "/feeds", "/none", "/none/"):
        one, two, of_files = asyncio.run(asked(path))
        assert one.status_code == two.status_code == of_files.status_code
        assert one.content == two.content == of_files.content
        assert one.headers == two.headers
        for of in (one, of_files):
            of.headers.pop("last-modified", "")
        assert one.headers == of_files.headers
    page = asyncio.run(asked("/feeds/all/page/1.atom"))[0]
    assert "immutable" in page.headers["cache-control"]


def test_a_node_with_a_failing_bucket_answers_requests_that_need_no_file(
    bucket: FailingBucket, site: Path, tmp_path: Path
) -> None:
    SqliteStore(tmp_path / "node.db").close()
    bucket.fails = True

    async def asked(path: str) -> httpx.Response:
        app = create_app(site, f"sqlite:{tmp_path / 'node.db'}", bucket=bucket)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path)

    for path in ("/feeds/all.atom", "/", "/none"):
        answer = asyncio.run(asked(path))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "<h1>Service Unavailable</h1>" in answer.text
    for path in ("/healthz", "/api/releases"):
        assert asyncio.run(asked(path)).status_code == 200


def test_partial_tiles_that_the_log_outgrew_are_cut_from_those_in_the_bucket(
    bucket: FailingBucket, publish: Publish, site: Path, tmp_path: Path
) -> None:
    log = log_of(tmp_path / "home")

    async def asked(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(create_app(tmp_path / "none", bucket=bucket))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path)

    seen: dict[str, bytes] = {}
    for name, count in (("a", 100), ("b", 50), ("c", 200)):
        log.append(*leaves_of(name, count))
        log.integrate()
        publish_log(log, site)
        publish({})
        seen |= {one.name: one.read_bytes() for one in (site / "log/tile/0/000.p").glob("*")}
        for width, body in seen.items():
            answer = asyncio.run(asked(f"/log/tile/0/000.p/{width}"))
            assert (answer.status_code, answer.content) == (200, body)
    assert seen.keys() == {"100", "150"}
    assert asyncio.run(asked("/log/tile/0/001.p/255")).status_code == 404


def test_an_object_that_is_larger_than_memory_for_all_is_not_read(
    bucket: FailingBucket, publish: Publish
) -> None:
    cache = BucketCache(bucket, limit=1000)
    publish({"index.html": "1"})
    bucket.write("huge.html", bytes(1001), over=None)
    bucket.write("large.html", bytes(600), over=None)
    with pytest.raises(BucketError, match=r"huge\.html.* 1,001 bytes"):
        body_of(cache, "/huge.html")
    assert body_of(cache, "/large.html") == bytes(600)
    assert body_of(cache, "/") == b"1"


OWN = ("healthz", "metrics", "hub", "admin", "admin/", "api", "api/releases", "reader/api/0/token")


def test_no_object_of_a_bucket_takes_the_place_of_our_own_answers(
    bucket: FailingBucket, publish: Publish, site: Path, store_url: str
) -> None:
    names = [f"{name}index.html" if name.endswith("/") else name for name in OWN]
    publish({"index.html": "1"})
    for name in (*names, "metrics/index.html", "plain.html"):
        bucket.write(name, b"planted", over=None)
    app = create_app(site, store_url, bucket=bucket)

    async def answers() -> dict[str, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return {name: await client.get(f"/{name}") for name in (*OWN, "plain.html")}

    for _ in range(2):
        found = asyncio.run(answers())
        assert found.pop("plain.html").text == "planted"
        assert [name for name, answer in found.items() if "planted" in answer.text] == []
        assert found["healthz"].text == "ok\n"
        assert [found[name].status_code for name in ("metrics", "hub", "admin")] == [200, 404, 404]
        assert found["api"].headers["location"] == "api/"
