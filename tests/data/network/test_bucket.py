"""A bucket: what is written on which condition, and what is said where it can't be used."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable
from itertools import count

import pytest
from obstore.store import MemoryStore

import data.network.bucket
from data.network.bucket import Bucket, BucketError, Replaced, open_bucket
from data.settings import BucketSettings
from tests.raw_server import serving

PLACE = "s3://press/site"
SECRET = "known-secret"  # noqa: S105 - it must not be told

Said = Callable[[], Iterable[bytes]]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(PLACE, MemoryStore())


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a minute in a test."""
    monkeypatch.setattr(data.network.bucket, "TIMEOUT", dt.timedelta(seconds=0.3))
    monkeypatch.setattr(data.network.bucket, "RETRY_TIMEOUT", dt.timedelta(seconds=2))
    monkeypatch.setattr(data.network.bucket, "MAX_RETRIES", 2)


def test_an_object_is_read_with_its_headers(bucket: Bucket) -> None:
    headers = {
        "Content-Type": "text/css",
        "Cache-Control": "max-age=5",
        "communique-publication": "7",
    }
    tag = bucket.write("a/ü~.css", b"p {}", over=None, headers=headers)
    found = bucket.read("a/ü~.css")
    assert found
    assert (found.body, found.tag, found.size) == (b"p {}", tag, 4)
    assert found.headers == {name.lower(): value for name, value in headers.items()}
    looked = bucket.look("a/ü~.css")
    assert looked
    assert (looked.tag, looked.headers, looked.body) == (tag, found.headers, b"")
    again = bucket.read("a/ü~.css", known=tag)
    assert again
    assert (again.tag, again.body) == (tag, b"")
    assert [*bucket.tags()] == [("a/ü~.css", tag, 4)]


def test_a_missing_object_is_returned_as_none(bucket: Bucket) -> None:
    assert bucket.read("a") is bucket.look("a") is None
    bucket.delete(["a"])
    assert [*bucket.tags()] == []


def test_an_object_is_only_overwritten_if_its_tag_matches(bucket: Bucket) -> None:
    first = bucket.write("a", b"1", over=None)
    second = bucket.write("a", b"2", over=first)
    for over in (None, first):
        with pytest.raises(Replaced):
            bucket.write("a", b"3", over=over)
    with pytest.raises(Replaced):
        bucket.write("b", b"3", over=second)
    found = bucket.read("a")
    assert found
    assert found.body == b"2"


def error(status: str, code: str = "") -> Said:
    """An answer of S3 that says why not."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode() if code else b""

    def said() -> Iterable[bytes]:
        yield f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return said


def whole(body: bytes = b"all of it") -> Iterable[bytes]:
    """An object."""
    yield (
        b'HTTP/1.1 200 OK\r\nETag: "1"\r\nLast-Modified: Mon, 02 Mar 2026 12:00:00 GMT\r\n'
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body


def torn() -> Iterable[bytes]:
    """An object of which a part arrives, before the connection ends."""
    yield next(iter(whole()))[:-4]
    raise OSError


def rest() -> Iterable[bytes]:
    """The part that did not arrive."""
    yield (
        b'HTTP/1.1 206 Partial Content\r\nETag: "1"\r\nContent-Range: bytes 5-8/9\r\n'
        b"Last-Modified: Mon, 02 Mar 2026 12:00:00 GMT\r\nContent-Length: 4\r\n\r\nf it"
    )


def bucket_at(address: str) -> Bucket:
    settings = BucketSettings(endpoint=address, access_key="key", secret_key=SECRET)
    return open_bucket(PLACE, settings)


def answering(*said: Said) -> Callable[[str], Iterable[bytes]]:
    """Answers one after the other; the last one for ever."""
    numbers = count()
    return lambda _: said[min(next(numbers), len(said) - 1)]()


def test_a_busy_bucket_is_retried() -> None:
    with serving(answering(error("503 Slow Down", "SlowDown"), torn, rest)) as address:
        found = bucket_at(address).read("a")
    assert found
    assert found.body == b"all of it"


def no_length() -> Iterable[bytes]:
    """Not quite an answer."""
    yield b"HTTP/1.1 200 OK\r\n\r\n"


def noise() -> Iterable[bytes]:
    """No HTTP at all."""
    yield b"\x00\xff" * 100


ACTS: dict[str, Callable[[Bucket], object]] = {
    "read": lambda bucket: bucket.read("a"),
    "write": lambda bucket: bucket.write("a", b"1", over='"0"'),
    "look": lambda bucket: bucket.look("a"),
    "delete": lambda bucket: bucket.delete(["a"]),
    "tags": lambda bucket: [*bucket.tags()],
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param(error("503 Slow Down", "SlowDown"), "503", id="busy"),
        pytest.param(
            error("403 Forbidden", "AccessDenied"), "list, read, write and delete", id="denied"
        ),
        pytest.param(
            error("403 Forbidden", "SignatureDoesNotMatch"), "correct bucket.secret_key", id="key"
        ),
        pytest.param(
            error("403 Forbidden", "RequestTimeTooSkewed"), "the clock of this machine", id="clock"
        ),
        pytest.param(error("403 Forbidden"), "the key is not accepted", id="forbidden"),
        pytest.param(error("404 Not Found", "NoSuchBucket"), "correct its name", id="gone"),
        pytest.param(
            error("400 Bad Request", "AuthorizationHeaderMalformed"),
            "correct bucket.region",
            id="region",
        ),
        pytest.param(
            error("301 Moved Permanently", "PermanentRedirect"), "correct bucket.region", id="moved"
        ),
        pytest.param(error("501 Not Implemented", "NotImplemented"), "If-Match", id="old"),
        pytest.param(torn, "bucket.endpoint", id="torn"),
        pytest.param(no_length, "can't be used", id="no-length"),
        pytest.param(noise, "bucket.endpoint", id="noise"),
    ],
)
def test_a_bucket_error_is_one_sentence_with_the_fix(said: Said, meant: str) -> None:
    with serving(answering(said)) as address, pytest.raises(BucketError) as told:
        bucket_at(address).read("a")
    assert str(told.value).startswith(f"the bucket {PLACE} can't be used: ")
    assert meant in str(told.value)
    assert SECRET not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("act", ACTS)
def test_every_method_reports_a_failing_bucket(act: str) -> None:
    busy = answering(error("503 Slow Down", "SlowDown"))
    with serving(busy) as address, pytest.raises(BucketError, match="503"):
        ACTS[act](bucket_at(address))
    # Nobody listens there any more.
    with pytest.raises(BucketError, match=r"bucket\.endpoint"):
        ACTS[act](bucket_at(address))


def test_a_missing_package_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(BucketError, match=r"python\S* -m pip install 'communique\[s3\]'"):
        bucket_at("http://127.0.0.1:1")
