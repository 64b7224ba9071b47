"""Client for S3 buckets, based on obstore, which reads and conditionally writes whole objects.

An object exists completely or not at all. A writer passes the ETag of the object to replace, or
requires that no object exists (If-Match and If-None-Match, which S3 supports since 2024). Requests
that time out or fail on the server are retried a few times. Error messages explain how to fix the
settings.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from data.errors import CommuniqueError
from data.settings import BucketSettings
from data.wording import how_to_install

CODE: Final = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
STATUS: Final = re.compile(r"status code: (\d{3})")

REGION: Final = "it is in another region; correct bucket.region"
MEANINGS: Final[Mapping[str, str]] = {
    "NoSuchBucket": "it does not exist; create it, or correct its name",
    "AccessDenied": "the key has too few rights; allow it to list, read, write and delete objects",
    "InvalidAccessKeyId": "the key is unknown; correct bucket.access_key",
    "SignatureDoesNotMatch": "the secret key is wrong; correct bucket.secret_key",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
    "AuthorizationHeaderMalformed": REGION,
    "PermanentRedirect": REGION,
    "IllegalLocationConstraintException": REGION,
    "301": REGION,
    "401": "the key is not accepted; correct bucket.access_key and bucket.secret_key",
    "403": "the key is not accepted; correct it, or give it rights on this bucket",
    "404": "it does not exist; create it, or correct its name",
    "501": "it does not support conditional writes (If-Match), so an older file could replace a "
    "newer one; use an S3 service that does",
}
"""Meaning and fix for each S3 error code or status."""

NO_RESPONSE: Final = "it does not respond; check the network and bucket.endpoint"

TIMEOUT: Final = dt.timedelta(seconds=30)
"""Maximum time to wait for a response from the bucket's server."""

RETRY_TIMEOUT: Final = dt.timedelta(seconds=60)
"""Maximum total time for all retries of a request."""

MAX_RETRIES: Final = 5
"""Maximum number of retries of a request."""

NOT_INSTALLED: Final = f"support for S3 is not installed: {how_to_install('communique[s3]')}"


class BucketError(CommuniqueError):
    """A bucket can't be used. The message contains the bucket, the cause and the fix."""

    def __init__(self, bucket: str, cause: str) -> None:
        super().__init__(f"the bucket {bucket} can't be used: {cause}")
        self.bucket = bucket
        self.cause = cause


class Missing(BucketError):
    """The requested object does not exist. Without any object, the bucket itself is missing."""


class Replaced(CommuniqueError):
    """The object to replace was changed or deleted, or another object was created in its place."""

    def __init__(self, bucket: str, name: str) -> None:
        super().__init__(f"{name} in the bucket {bucket} was changed by another writer")
        self.name = name


@dataclass(frozen=True, slots=True)
class BucketObject:
    """An object in a bucket. ``tag`` is its ETag, which changes whenever its content changes.

    ``headers`` contains its headers and metadata, with lower-case names. ``modified`` is in UTC.
    """

    tag: str
    size: int
    modified: dt.datetime
    headers: Mapping[str, str]
    body: bytes = b""


def meaning_of(message: str) -> str:
    """Return an explanation of an error message from obstore, with a fix."""
    code, status = CODE.search(message), STATUS.search(message)
    for found in (code, status):
        if found and found[1] in MEANINGS:
            return MEANINGS[found[1]]
    if "redirect without LOCATION" in message:
        return REGION
    if status:
        return f"it responds with status {status[1]}" + (f" ({code[1]})" if code else "")
    return NO_RESPONSE


if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ObjectStore, S3Config


class Bucket:
    """The objects in a bucket whose names have a common prefix. Thread-safe.

    If the bucket can't be used, all methods raise BucketError after at most two minutes.
    """

    def __init__(self, place: str, store: ObjectStore) -> None:
        self.place = place
        self._store = store

    def read(
        self, name: str, known: str | None = None, *, most: int | None = None
    ) -> BucketObject | None:
        """Return an object with its content, or None if it is missing.

        If the object still has the ETag ``known``, its content is omitted. Raises BucketError if
        the object is larger than ``most`` bytes.
        """
        import obstore  # noqa: PLC0415
        from obstore.exceptions import NotModifiedError  # noqa: PLC0415

        try:
            with self._reported():
                options: GetOptions = {"if_none_match": known} if known else {}
                found = obstore.get(self._store, name, options=options)
                size = found.meta["size"]
                if most is not None and size > most:
                    raise BucketError(self.place, f"{name} is too large: {size:,} bytes")
                return stored(found, bytes(found.bytes()))
        except NotModifiedError:
            return BucketObject(known or "", 0, dt.datetime.now(dt.UTC), {})
        except Missing:
            return None

    def look(self, name: str) -> BucketObject | None:
        """Return an object without its content, or None if it is missing."""
        import obstore  # noqa: PLC0415

        try:
            with self._reported():
                return stored(obstore.get(self._store, name, options={"head": True}))
        except Missing:
            return None

    def write(
        self, name: str, body: bytes, *, over: str | None, headers: Mapping[str, str] | None = None
    ) -> str:
        """Write an object and return its ETag.

        The new object replaces the object with the ETag ``over``. If ``over`` is None, no object
        may exist. Raises Replaced. If the response to a successful write is lost, a retry
        recognizes its own object.
        """
        import obstore  # noqa: PLC0415
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415

        try:
            with self._reported():
                written = obstore.put(
                    self._store,
                    name,
                    body,
                    attributes=dict(headers or {}),
                    mode="create" if over is None else {"e_tag": over},
                    use_multipart=False,
                )
        except (AlreadyExistsError, PreconditionError, Missing) as error:
            raise Replaced(self.place, name) from error
        return written["e_tag"] or ""

    def upload(self, name: str, file: Path, headers: Mapping[str, str]) -> None:
        """Upload a large file in parts, replacing any object with the same name.

        Raises BucketError and OSError.
        """
        import obstore  # noqa: PLC0415

        with self._reported():
            obstore.put(self._store, name, file, attributes=dict(headers))

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects. Missing objects are ignored."""
        import obstore  # noqa: PLC0415

        for name in names:
            # Objects are deleted one by one, because some S3 services can't delete several at once.
            with suppress(Missing), self._reported():
                obstore.delete(self._store, name)

    def tags(self, prefix: str | None = None) -> Iterator[tuple[str, str, int]]:
        """Yield the name, ETag and size of each object."""
        import obstore  # noqa: PLC0415

        with self._reported():
            for some in obstore.list(self._store, prefix):
                for one in some:
                    yield one["path"], one["e_tag"] or "", one["size"]

    @contextmanager
    def _reported(self) -> Iterator[None]:
        from obstore.exceptions import (  # noqa: PLC0415
            AlreadyExistsError,
            BaseError,
            NotModifiedError,
            PreconditionError,
        )

        try:
            yield
        except FileNotFoundError as error:
            kind = BucketError if "NoSuchBucket" in str(error) else Missing
            raise kind(self.place, MEANINGS["NoSuchBucket"]) from error
        except (AlreadyExistsError, NotModifiedError, PreconditionError) as error:
            if "NoSuchBucket" in str(error):
                raise BucketError(self.place, MEANINGS["NoSuchBucket"]) from error
            raise
        except BaseError as error:
            raise BucketError(self.place, meaning_of(str(error))) from error


def stored(found: GetResult, body: bytes = b"") -> BucketObject:
    """Convert an object in the form of obstore to a BucketObject."""
    meta = found.meta
    headers = {name.lower(): value for name, value in found.attributes.items()}
    return BucketObject(meta["e_tag"] or "", meta["size"], meta["last_modified"], headers, body)


def open_bucket(place: str, settings: BucketSettings) -> Bucket:
    """Return the bucket and prefix at a location such as ``s3://bucket/prefix``.

    Sends no request. If the settings contain no key, it comes from the usual variables of AWS, such
    as AWS_ACCESS_KEY_ID, or from the machine's role. Raises BucketError.
    """
    try:
        from obstore.store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise BucketError(place, NOT_INSTALLED) from error
    parts = urlsplit(place)
    given: S3Config = {}
    if settings.endpoint:
        given["endpoint"] = settings.endpoint
    if settings.region:
        given["region"] = settings.region
    if settings.access_key:
        given["access_key_id"] = settings.access_key
        given["secret_access_key"] = settings.secret_key
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options={
            "timeout": TIMEOUT,
            "allow_http": settings.endpoint.startswith("http://"),
        },
        retry_config={
            "max_retries": MAX_RETRIES,
            "retry_timeout": RETRY_TIMEOUT,
            "backoff": {
                "init_backoff": dt.timedelta(milliseconds=100),
                "max_backoff": dt.timedelta(seconds=5),
                "base": 2,
            },
        },
        config=given,
    )
    return Bucket(place, store)
