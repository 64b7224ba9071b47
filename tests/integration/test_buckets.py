"""A site in a bucket of servers that others wrote: conditions, publishing, web nodes."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from data.network.bucket import Bucket, Replaced, open_bucket
from data.settings import BucketSettings
from data.store.sqlite.store import SqliteStore
from feeds.publishing.bucket_records import MANIFEST_FILE
from feeds.server.app import create_app
from tests.buckets import COMMANDS, KEY, bucket_server, missing
from tests.command import communique
from tests.drafts import draft
from tests.feeds.serving import served_by

pytestmark = pytest.mark.integration

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
RACERS = 16


@pytest.fixture(scope="module", params=COMMANDS)
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of one of the servers, with a bucket that is called press."""
    if why := missing(request.param):
        pytest.skip(why)
    with bucket_server(request.param) as found:
        yield found


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key as the tools of AWS have it."""
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)


def bucket_at(address: str, prefix: str) -> Bucket:
    return open_bucket(f"s3://press/{prefix}", BucketSettings(endpoint=address))


def test_objects_have_headers_tags_and_any_name(address: str) -> None:
    bucket = bucket_at(address, "objects")
    names = ["a b.txt", "ü/~é+.html", "deep/er/index.html"]
    headers = {"Content-Type": "text/css", "Cache-Control": "max-age=5", "communique-of": "7"}
    tags = {name: bucket.write(name, b"1", over=None, headers=headers) for name in names}
    for name in names:
        found = bucket.read(name)
        assert found
        assert (found.body, found.tag) == (b"1", tags[name])
        assert headers.items() >= {(wanted, found.headers[wanted.lower()]) for wanted in headers}
        looked = bucket.look(name)
        assert looked
        assert looked.headers == found.headers
        again = bucket.read(name, known=found.tag)
        assert again
        assert (again.body, again.tag) == (b"", found.tag)
    assert sorted(bucket.tags()) == sorted((name, tags[name], 1) for name in names)
    assert [name for name, _, _ in bucket.tags("deep")] == ["deep/er/index.html"]
    bucket.delete([*names, "none"])
    assert [*bucket.tags()] == []


def test_of_many_that_write_over_the_same_object_one_does(address: str) -> None:
    bucket = bucket_at(address, "race")
    over: str | None = None
    for turn in range(5):

        def written(racer: int, over: str | None = over, turn: int = turn) -> str:
            try:
                return bucket.write("one", f"{turn} {racer}".encode(), over=over)
            except Replaced:
                return ""

        with ThreadPoolExecutor(RACERS) as pool:
            won = [*filter(None, pool.map(written, range(RACERS)))]
        assert len(won) == 1
        found = bucket.look("one")
        assert found
        assert found.tag == won[0]
        over = won[0]


def home_at(path: Path, address: str, place: str) -> Path:
    path.mkdir()
    (path / "communique.toml").write_text(
        f'[site]\ntarget = "{place}"\n[bucket]\nendpoint = "{address}"\n'
    )
    return path


def put(home: Path, number: int) -> None:
    """Have the store of a HOME hold one more release."""
    with closing(SqliteStore(home / "communique.db")) as store:
        url = f"http://harbour.example/news/{number}"
        text = f"Buoy {number} off Lindmouth is lit again, said the harbour master on Monday."
        new = draft(url, title=f"Buoy {number} is lit", body_text=text, body_html=f"<p>{text}</p>")
        store.record(new, seen=NOON, since=NOON)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def objects_in(bucket: Bucket, home: Path) -> dict[str, bytes]:
    """The site in a bucket, without partial tiles of the log that it outgrew, which stay there."""
    outgrown = {
        name
        for name, _, _ in bucket.tags("log/tile")
        if ".p/" in name and not (home / "site" / name).exists()
    }
    names = [name for name, _, _ in bucket.tags() if name != MANIFEST_FILE and name not in outgrown]
    return {name: found.body for name in names if (found := bucket.read(name))}


def test_a_site_that_is_out_of_reach_takes_nothing_from_the_bucket(
    address: str, tmp_path: Path
) -> None:
    home = home_at(tmp_path / "home", address, "s3://press/unmounted")
    put(home, 1)
    assert communique("publish", home=home).returncode == 0
    bucket = bucket_at(address, "unmounted")
    before = [*bucket.tags()]
    (home / "site").rename(tmp_path / "site")
    (home / "site").symlink_to(tmp_path / "unmounted")
    put(home, 2)
    assert communique("publish", home=home).returncode == 1
    assert [*bucket.tags()] == before


def test_pages_that_can_not_be_rendered_remain_in_the_bucket(address: str, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", address, "s3://press/emptied")
    put(home, 1)
    assert communique("publish", home=home).returncode == 0
    bucket, site = bucket_at(address, "emptied"), home / "site"
    before = {name for name, _, _ in bucket.tags()}
    shutil.rmtree(site)
    site.mkdir()
    (site / "releases").write_text("no page of a release can be written")
    assert communique("publish", home=home).returncode == 1
    assert before <= {name for name, _, _ in bucket.tags()}

    (site / "releases").unlink()
    assert communique("publish", home=home).returncode == 0
    assert objects_in(bucket, home) == files_in(site)


def test_a_home_publishes_to_the_bucket_and_a_node_without_files_serves_it(
    address: str, tmp_path: Path
) -> None:
    home = home_at(tmp_path / "home", address, "s3://press/site")
    bucket = bucket_at(address, "site")
    for number in (1, 2):
        put(home, number)
        done = communique("publish", home=home)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(f"in {home}/site and s3://press/site\n")
        assert objects_in(bucket, home) == files_in(home / "site")
    found = bucket.look("feeds/all.atom")
    assert found
    assert found.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert "max-age=60" in found.headers["cache-control"]

    serving = contextmanager(served_by)
    with (
        serving(create_app(home / "site")) as here,
        serving(create_app(tmp_path / "nowhere", bucket=bucket)) as there,
    ):
        for name in ("", "feeds/all.atom", "sources/harbour/", "style.css", "none"):
            one, other = here.get(f"/{name}"), there.get(f"/{name}")
            assert (one.status_code, one.content) == (other.status_code, other.content), name
            assert one.headers.get("etag") == other.headers.get("etag")


def test_a_missing_bucket_is_reported_and_the_site_is_written_locally(
    address: str, tmp_path: Path
) -> None:
    home = home_at(tmp_path / "home", address, "s3://nowhere/site")
    put(home, 1)
    done = communique("publish", home=home)
    assert done.returncode == 1
    assert "could not publish s3://nowhere/site: " in done.stderr
    assert "Traceback" not in done.stderr
    assert (home / "site/feeds/all.atom").exists()
    # It is made later on, and what was published meanwhile comes.
    settings = (home / "communique.toml").read_text().replace("nowhere/site", "press/later")
    (home / "communique.toml").write_text(settings)
    assert communique("publish", home=home).returncode == 0
    assert objects_in(bucket_at(address, "later"), home) == files_in(home / "site")
