"""The site in a bucket: what is written, in which order, and what no publisher writes over."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from obstore.store import MemoryStore

from data.archive.log.tree_log import log_of
from data.network.bucket import Bucket, BucketError
from data.store.sqlite.store import SqliteStore
from feeds.publishing import bucket_push
from feeds.publishing.bucket_push import OCCUPIED_MESSAGE, PUBLICATION, SiteBucket, Superseded
from feeds.publishing.bucket_records import (
    MANIFEST_FILE,
    BucketManifest,
    PushedFiles,
    StoredManifest,
    read_manifest,
)
from feeds.publishing.log_files import publish_log
from tests.data.archive.log.leaves import grown
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)

PLACE = "s3://press/site"


class NotedBucket(Bucket):
    """A bucket in the memory of obstore that notes what it is told to do."""

    def __init__(self) -> None:
        super().__init__(PLACE, MemoryStore())
        self.done: list[str] = []

    def write(self, name: str, body: bytes, **how: object) -> str:
        """Write, as a bucket does."""
        self.done.append(name)
        return super().write(name, body, **how)  # type: ignore[arg-type]

    def delete(self, names: Iterable[str]) -> None:
        """Delete, as a bucket does."""
        names = list(names)
        self.done += [f"-{name}" for name in names]
        super().delete(names)

    def content(self) -> dict[str, bytes]:
        """All files of the site."""
        names = [name for name, _, _ in self.tags() if name != MANIFEST_FILE]
        return {name: found.body for name in names if (found := self.read(name))}

    def manifest(self) -> BucketManifest:
        """What the bucket says of its publications."""
        found = self.read(MANIFEST_FILE)
        assert found
        return msgspec.json.decode(found.body, type=BucketManifest)


class Publisher:
    """A HOME that publishes into a bucket."""

    def __init__(self, home: Path, bucket: Bucket, store: SqliteStore) -> None:
        self.site = home / "site"
        self.bucket, self.store = bucket, store
        self.kept = PushedFiles(made(home) / "pushed.db", bucket.place)
        self.target = SiteBucket(bucket, self.site, self.kept)

    def put(self, **files: str) -> None:
        """Write the site: files by their names, ``/`` as ``__`` and ``.`` as ``_``."""
        for name, text in files.items():
            path = self.site / name.replace("__", "/").replace("_", ".")
            made(path.parent)
            path.write_text(text)

    def close(self) -> None:
        """End, as a process does."""
        with self.target:
            self.kept.close()

    def begin(self) -> bool:
        """Begin a publication; whether somebody else published before."""
        return self.target.begin(self.store)

    def publish(self, **files: str) -> bool:
        """Publish some files and what is there already; whether somebody else did before."""
        another = self.begin()
        self.put(**files)
        self.target.push()
        return another


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def bucket() -> NotedBucket:
    return NotedBucket()


@pytest.fixture
def two(
    tmp_path: Path, bucket: NotedBucket, store: SqliteStore
) -> Iterator[tuple[Publisher, Publisher]]:
    """Two installations with one store, which publish to one bucket."""
    first, second = (Publisher(tmp_path / name, bucket, store) for name in ("first", "second"))
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def one(two: tuple[Publisher, Publisher]) -> Publisher:
    return two[0]


def test_the_bucket_and_the_folder_have_the_same_files(one: Publisher, bucket: NotedBucket) -> None:
    assert one.publish(feeds__all_atom="1", releases__a_html="a", index_html="i")
    (one.site / ".layout").write_text("ours")
    assert not one.publish(feeds__all_atom="2")
    (one.site / "releases/a.html").unlink()
    one.publish()

    assert bucket.content() == {"feeds/all.atom": b"2", "index.html": b"i"}
    assert bucket.manifest().number == bucket.manifest().complete == 3


def test_unchanged_files_are_not_written(one: Publisher, bucket: NotedBucket) -> None:
    one.publish(feeds__all_atom="1", releases__a_html="a")
    bucket.done.clear()
    one.publish()
    assert bucket.done == []
    one.publish(feeds__all_atom="2")
    assert bucket.done == [MANIFEST_FILE, "feeds/all.atom", MANIFEST_FILE]


def test_referenced_files_are_written_before_and_deleted_after_their_referrers(
    one: Publisher, bucket: NotedBucket
) -> None:
    names = ["releases/a.html", "feeds/all/page/1.atom", "feeds/all.atom", "index.html"]
    one.publish(
        index_html="i", feeds__all_atom="f", feeds__all__page__1_atom="p", releases__a_html="a"
    )
    assert bucket.done == [MANIFEST_FILE, *names, MANIFEST_FILE]

    for name in names:
        (one.site / name).unlink()
    bucket.done.clear()
    one.publish()
    assert bucket.done == [MANIFEST_FILE, *(f"-{name}" for name in reversed(names)), MANIFEST_FILE]


def test_objects_have_a_content_type_and_a_cache_lifetime(
    one: Publisher, bucket: NotedBucket
) -> None:
    one.publish(
        feeds__all_atom="f", feeds__all__page__1_atom="p", style_css="c", log__checkpoint="x"
    )

    def headers(name: str) -> tuple[str, str]:
        found = bucket.look(name)
        assert found
        assert found.headers[PUBLICATION] == str(bucket.manifest().number)
        return found.headers["content-type"], found.headers["cache-control"].split(",")[1].strip()

    atom = "application/atom+xml; charset=utf-8"
    assert headers("feeds/all.atom") == (atom, "max-age=60")
    assert headers("style.css") == ("text/css; charset=utf-8", "max-age=3600")
    assert headers("log/checkpoint") == ("text/plain; charset=utf-8", "max-age=5")
    # The last archive page still grows a link to the next; with that it is for ever.
    assert headers("feeds/all/page/1.atom") == (atom, "max-age=60")
    one.publish(feeds__all__page__2_atom="q")
    assert headers("feeds/all/page/1.atom") == (atom, "max-age=31536000")


def test_a_new_publisher_renders_everything(
    two: tuple[Publisher, Publisher],
) -> None:
    first, second = two
    assert first.publish(index_html="1")
    assert second.publish(index_html="2")
    assert not second.publish(index_html="3")
    assert first.publish(index_html="4")


def test_work_begun_later_by_another_process_is_not_overwritten(
    two: tuple[Publisher, Publisher], bucket: NotedBucket
) -> None:
    first, second = two
    first.publish(index_html="1", feeds__all_atom="1")
    first.begin()
    second.publish(index_html="new", feeds__all_atom="new")
    first.put(index_html="old", feeds__all_atom="old")

    with pytest.raises(Superseded):
        first.target.push()
    assert bucket.content() == {"index.html": b"new", "feeds/all.atom": b"new"}
    assert bucket.manifest().publisher == second.kept.publisher


def test_an_upload_after_a_later_publication_is_refused(
    one: Publisher, bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.publish(index_html="1")
    one.begin()
    one.put(index_html="old")
    write = bucket.write

    def late(name: str, body: bytes, **how: object) -> str:
        """A request of the first one is on its way while another publishes."""
        if body == b"old":
            found = bucket.look(name)
            assert found
            write(name, b"new", over=found.tag, headers={PUBLICATION: "99"})
        return write(name, body, **how)

    monkeypatch.setattr(bucket, "write", late)
    with pytest.raises(Superseded):
        one.target.push()
    assert bucket.content() == {"index.html": b"new"}


def test_a_late_upload_is_replaced_by_the_next_publication(
    two: tuple[Publisher, Publisher], bucket: NotedBucket
) -> None:
    first, second = two
    first.publish(index_html="same", feeds__all_atom="1")
    before = bucket.look("index.html")
    assert before
    second.publish(index_html="same", feeds__all_atom="2")
    # The tag in a real bucket is that of the content: nothing tells that this is late.
    known = bucket.look("index.html")
    assert known
    bucket.write("index.html", b"late", over=known.tag, headers={PUBLICATION: "1"})
    bucket.delete(["feeds/all.atom"])

    second.publish()
    assert bucket.content() == {"index.html": b"same", "feeds/all.atom": b"2"}


def test_a_killed_publication_is_resumed(
    one: Publisher, bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.publish(index_html="1", feeds__all_atom="1", releases__a_html="1")
    one.begin()
    one.put(index_html="2", feeds__all_atom="2", releases__a_html="2")

    class KilledError(BaseException):
        """What no handler takes for an error."""

    write = bucket.write

    def killed_after(name: str, body: bytes, **how: object) -> str:
        written = write(name, body, **how)
        if name == "feeds/all.atom":
            raise KilledError
        return written

    with monkeypatch.context() as patched:
        patched.setattr(bucket, "write", killed_after)
        with pytest.raises(KilledError):
            one.target.push()
    assert bucket.manifest().complete < bucket.manifest().number

    with one.target, SiteBucket(bucket, one.site, one.kept) as again:
        assert not again.begin(one.store)
        again.push()
    assert set(bucket.content().values()) == {b"2"}
    assert bucket.manifest().complete == bucket.manifest().number


def test_pages_that_failed_to_render_are_not_deleted(one: Publisher, bucket: NotedBucket) -> None:
    one.publish(index_html="1", releases__a_html="a")
    (one.site / "releases/a.html").unlink()
    one.begin()
    one.put(index_html="2")
    one.target.push(deletes=False)
    assert bucket.content() == {"index.html": b"2", "releases/a.html": b"a"}
    one.publish()
    assert bucket.content() == {"index.html": b"2"}


def test_a_publisher_that_stops_early_renders_everything_the_next_time(
    two: tuple[Publisher, Publisher],
) -> None:
    first, second = two
    first.publish(index_html="1")
    assert second.begin()
    second.close()
    home = second.site.parent
    again = Publisher(home, second.bucket, second.store)
    assert again.publish(index_html="2")
    assert not again.begin()
    again.close()


def test_the_local_record_of_a_bucket_may_be_lost(
    one: Publisher, bucket: NotedBucket, tmp_path: Path
) -> None:
    one.publish(index_html="1", old_html="gone by then")
    one.close()
    (tmp_path / "first/pushed.db").write_bytes(b"damaged" * 200)
    (one.site / "old.html").unlink()
    anew = Publisher(tmp_path / "first", bucket, one.store)
    assert anew.publish(index_html="2")
    assert bucket.content() == {"index.html": b"2"}
    anew.close()


def test_objects_written_by_no_publication_are_not_deleted(
    one: Publisher, bucket: NotedBucket
) -> None:
    bucket.write("photos/cat.jpg", b"mine", over=None)
    with pytest.raises(BucketError) as refused:
        one.publish(index_html="1")
    assert refused.value.cause == OCCUPIED_MESSAGE
    assert bucket.content() == {"photos/cat.jpg": b"mine"}


def test_a_restored_store_does_not_publish_over_what_it_forgot(
    one: Publisher, bucket: NotedBucket, tmp_path: Path, store: SqliteStore
) -> None:
    store.record(draft(), seen=NOON, since=NOON)
    one.publish(index_html="with the release")
    old = SqliteStore(tmp_path / "old.db")
    one.store = old
    with pytest.raises(BucketError) as refused:
        one.publish(index_html="without")
    assert refused.value.cause == bucket_push.OTHER_STORE
    assert bucket.content() == {"index.html": b"with the release"}
    old.close()


def test_a_manifest_of_another_program_is_refused(one: Publisher, bucket: NotedBucket) -> None:
    for body in (b"{", b'{"name": "press"}', b"\xff"):
        found = bucket.look(MANIFEST_FILE)
        bucket.write(MANIFEST_FILE, body, over=found.tag if found else None)
        with pytest.raises(BucketError, match=MANIFEST_FILE):
            one.publish(index_html="1")


def test_links_and_hidden_files_stay_here(
    one: Publisher, bucket: NotedBucket, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    made(one.site)
    (one.site / "secret.html").symlink_to(tmp_path / "secret")
    one.publish(index_html="1")
    (one.site / ".index.html.part").write_text("half")
    one.publish()
    assert bucket.content() == {"index.html": b"1"}


def test_a_running_publication_is_waited_for(
    two: tuple[Publisher, Publisher], bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.begin()
    first.put(index_html="1")

    def other(_: float) -> None:
        """What happens while the second one sleeps."""
        monkeypatch.setattr(time, "sleep", forbidden)
        first.target.push()

    def forbidden(_: float) -> None:
        raise AssertionError("it waits for nothing")

    monkeypatch.setattr(time, "sleep", other)
    second.publish(index_html="2")
    assert bucket.manifest().number == bucket.manifest().complete == 2
    assert bucket.content() == {"index.html": b"2"}


def test_a_process_waits_for_the_first_check_of_another(
    two: tuple[Publisher, Publisher], bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two

    def amid(asked: Bucket) -> StoredManifest | None:
        """There is no manifest yet; until it is known what else there is, another publishes."""
        found = read_manifest(asked)
        monkeypatch.setattr(bucket_push, "read_manifest", read_manifest)
        first.publish(index_html="1")
        return found

    monkeypatch.setattr(bucket_push, "read_manifest", amid)
    assert second.publish(index_html="2")
    assert bucket.manifest().number == 2
    assert bucket.content() == {"index.html": b"2"}


def test_a_publication_shows_that_it_is_under_way(
    two: tuple[Publisher, Publisher], bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_push, "HEARTBEAT_SECONDS", 0.001)
    monkeypatch.setattr(bucket_push, "MAX_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(bucket_push, "CHECK_INTERVAL_SECONDS", 0.001)
    first, second = two
    first.begin()
    first.put(index_html="1")
    with pytest.raises(BucketError, match="another installation"):
        second.begin()
    first.target.push()
    assert bucket.content() == {"index.html": b"1"}
    signs = bucket.done.count(MANIFEST_FILE)
    # It is over: nothing is shown any more.
    assert not [one for one in threading.enumerate() if one.name.startswith("Thread-")]
    assert signs > 2


def test_a_publication_that_shows_nothing_is_overtaken(
    two: tuple[Publisher, Publisher], bucket: NotedBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_push, "ABANDONED_AFTER_SECONDS", 0.0)
    first, second = two
    first.begin()
    second.publish(index_html="2")
    first.put(index_html="1")
    with pytest.raises(Superseded):
        first.target.push()
    assert bucket.content() == {"index.html": b"2"}


def test_a_log_signed_on_another_machine_keeps_its_progress(
    two: tuple[Publisher, Publisher], bucket: NotedBucket, tmp_path: Path
) -> None:
    first, second = two
    log = log_of(tmp_path / "first")
    publish_log(grown(log, "a", 5), first.site)
    first.publish(index_html="1")
    shutil.copytree(first.site / "log", tmp_path / "older")
    publish_log(grown(log, "b", 5), first.site)
    first.publish()
    log.close()
    newest = (first.site / "log/checkpoint").read_bytes()

    second.publish(index_html="2")
    assert bucket.content()["log/checkpoint"] == newest
    shutil.copytree(tmp_path / "older", second.site / "log")
    second.publish(index_html="3")
    there = bucket.content()
    assert (there["index.html"], there["log/checkpoint"]) == (b"3", newest)
    assert "log/tile/0/000.p/10" in there
