"""A bucket of a store that speaks S3, through obstore: whole objects, written on conditions.

An object is there whole or not at all. Whoever writes one says what has to lie there: what has an
entity tag, or nothing (If-Match and If-None-Match, which S3 knows since 2024). What a bucket
answers late, or with an error of its own, is asked again a few times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from data.bucket.answers import (
    MEANINGS,
    BucketError,
    Replaced,
    Stored,
    meaning_of,
)
from data.settings import Bucket as BucketSettings
from data.wording import how_to_install

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ObjectStore, S3Config

TIMEOUT: Final = dt.timedelta(seconds=30)
"""For how long one answer is waited for."""

PATIENCE: Final = dt.timedelta(seconds=60)
"""For how long a request is made again and again."""

RETRIES: Final = 5
"""How often it is made again in that time."""

EXTRA: Final = f"what reaches it is not installed: {how_to_install('communique[s3]')}"


class Bucket:
    """The objects below one prefix of a bucket. For use by several threads.

    All raise BucketError where the bucket can't be used, which is told within a minute or two.
    """

    def __init__(self, place: str, store: ObjectStore) -> None:
        self.place = place
        self._store = store

    def read(
        self, name: str, known: str | None = None, *, most: int | None = None
    ) -> Stored | None:
        """An object with its content, or None where there is none.

        The content is left out where it still has the tag that is ``known``. One of more than
        ``most`` bytes is not read: raises BucketError.
        """
        import obstore  # noqa: PLC0415
        from obstore.exceptions import NotModifiedError  # noqa: PLC0415

        try:
            with self._reported():
                options: GetOptions = {"if_none_match": known} if known else {}
                found = obstore.get(self._store, name, options=options)
                size = found.meta["size"]
                if most is not None and size > most:
                    raise BucketError(self.place, f"{name} is too large, it has {size:,} bytes")
                return stored(found, bytes(found.bytes()))
        except NotModifiedError:
            return Stored(known or "", 0, dt.datetime.now(dt.UTC), {})
        except Missing:
            return None

    def look(self, name: str) -> Stored | None:
        """An object without its content, or None where there is none."""
        import obstore  # noqa: PLC0415

        try:
            with self._reported():
                return stored(obstore.get(self._store, name, options={"head": True}))
        except Missing:
            return None

    def write(
        self, name: str, body: bytes, *, over: str | None, headers: Mapping[str, str] | None = None
    ) -> str:
        """Write an object over the one with the tag ``over``, or where None, where there is none.

        Returns its tag. An answer that was lost has it written twice: the second time, what lies
        there is our own. Raises Replaced.
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
        """Write a large file in parts, over whatever lies there. Raises OSError too."""
        import obstore  # noqa: PLC0415

        try:
            with self._reported():
                obstore.put(self._store, name, file, attributes=dict(headers))
        except Missing as error:
            raise BucketError(self.place, MEANINGS["NoSuchBucket"]) from error

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that are not there are gone already."""
        import obstore  # noqa: PLC0415

        for name in names:
            # One by one: not every store has the call that deletes many.
            try:
                with self._reported():
                    obstore.delete(self._store, name)
            except Missing:
                continue

    def tags(self, prefix: str | None = None) -> Iterator[tuple[str, str, int]]:
        """All objects: their names, tags and sizes."""
        import obstore  # noqa: PLC0415

        try:
            with self._reported():
                for some in obstore.list(self._store, prefix):
                    for one in some:
                        yield one["path"], one["e_tag"] or "", one["size"]
        except Missing as error:
            raise BucketError(self.place, MEANINGS["NoSuchBucket"]) from error

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
            if "NoSuchBucket" in str(error):
                raise BucketError(self.place, MEANINGS["NoSuchBucket"]) from error
            raise Missing from error
        except (AlreadyExistsError, NotModifiedError, PreconditionError) as error:
            if "NoSuchBucket" in str(error):
                raise BucketError(self.place, MEANINGS["NoSuchBucket"]) from error
            raise
        except BaseError as error:
            raise BucketError(self.place, meaning_of(str(error))) from error


class Missing(Exception):
    """There is no such object."""


def stored(found: GetResult, body: bytes = b"") -> Stored:
    """An object as obstore tells of it."""
    meta = found.meta
    headers = {name.lower(): value for name, value in found.attributes.items()}
    return Stored(meta["e_tag"] or "", meta["size"], meta["last_modified"], headers, body)


def open_bucket(place: str, settings: BucketSettings) -> Bucket:
    """The bucket and prefix at a place such as ``s3://bucket/prefix``; nothing is asked yet.

    Without a key in the settings it is the one that the environment names as AWS has it
    (AWS_ACCESS_KEY_ID and the like), or that of the machine. Raises BucketError.
    """
    try:
        from obstore.store import S3Store  # noqa: PLC0415
    except ImportError as error:
        raise BucketError(place, EXTRA) from error
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
            "max_retries": RETRIES,
            "retry_timeout": PATIENCE,
            "backoff": {
                "init_backoff": dt.timedelta(milliseconds=100),
                "max_backoff": dt.timedelta(seconds=5),
                "base": 2,
            },
        },
        config=given,
    )
    return Bucket(place, store)
