"""Private keys that sign our requests, in HOME/bot.key or in a fleet's database.

Only the owner can read the file. All machines of a fleet share the keys in the database, because
they sign for one site. Backups contain no keys: a lost key is replaced by a new one.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from data.clock import utc_now
from data.errors import CommuniqueError, StoreError
from data.files import rewrite, write_secret
from data.network.request_signer import OVERLAP, RequestKey, published_keys
from data.toml_files import read_bytes

MAX_WAIT_SECONDS: Final = 30.0
"""Maximum time in seconds to wait for a restarting database."""

SEED_BYTES: Final = 32


class RequestKeyError(CommuniqueError):
    """The keys that sign requests can't be read or written."""

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(f"{path}: {cause}")


class StoredKey(msgspec.Struct, frozen=True):
    """A key as it is stored. ``seed`` is in base64."""

    seed: str
    since: dt.datetime


class RequestKeys:
    """The keys in the file ``path``, or in the PostgreSQL database at ``url`` if it is given."""

    def __init__(self, path: Path, url: str = "") -> None:
        self._path = path
        self._url = url

    def load(self) -> tuple[RequestKey, ...]:
        """Return all keys, oldest first. Creates the first key if none exists.

        Raises RequestKeyError.
        """
        if self._url:
            return self._decoded(self._in_database(None), "the database")
        return self._decoded(self._in_file(), str(self._path))

    def exist(self) -> bool:
        """Return whether a key exists. Creates nothing. Raises RequestKeyError."""
        if not self._url:
            return self._path.exists()
        # Imported here: the libraries for PostgreSQL may not be installed.
        from data.store.postgres.pool import connected, explained  # noqa: PLC0415

        try:
            # A connection of the pool would migrate the database.
            with explained(self._url), connected(self._url) as db:
                (table,) = db.execute("SELECT to_regclass('request_keys')").fetchone() or (None,)
                return bool(table and db.execute("SELECT 1 FROM request_keys").fetchone())
        except StoreError as error:
            raise RequestKeyError("the database", str(error)) from error

    def rotate(self, *, revoke: bool) -> tuple[RequestKey, ...]:
        """Add a key, and return the published keys. The caller must hold the lock on the keys.

        The new key starts to sign after OVERLAP, when all sites know it. With ``revoke``, it signs
        immediately, and the other keys are no longer published. Raises RequestKeyError.
        """
        now = utc_now()
        old = () if revoke else tuple(published_keys(self.load(), now))
        keys = (*old, RequestKey.new(now if revoke else now + OVERLAP))
        text = _encoded(keys)
        if self._url:
            self._in_database(text)
        else:
            self._in_file()
            rewrite(self._path, text)
        return keys

    def _in_file(self) -> bytes:
        try:
            if not self._path.exists():
                # Another process may create the file first.
                with suppress(FileExistsError):
                    write_secret(self._path, _encoded([RequestKey.new(utc_now())]))
            return read_bytes(self._path)
        except OSError as error:
            cause = f"the key that signs requests can't be used ({error.strerror})"
            raise RequestKeyError(str(self._path), cause) from error

    def _in_database(self, replacement: str | None) -> bytes:
        """Store ``replacement``, or the first key if there is none, and return the stored keys."""
        # Imported here: the libraries for PostgreSQL may not be installed.
        from data.store.postgres.pool import explained, pool_of  # noqa: PLC0415

        try:
            pool = pool_of(self._url, MAX_WAIT_SECONDS)
            with explained(self._url), pool.connection() as db, db.transaction():
                found = db.execute("SELECT keys FROM request_keys").fetchall()
                if replacement is not None:
                    db.execute("DELETE FROM request_keys")
                if replacement is not None or not found:
                    db.execute(
                        "INSERT INTO request_keys (one, keys) VALUES (1, %s)"
                        " ON CONFLICT (one) DO NOTHING",
                        [replacement or self._first()],
                    )
                    found = db.execute("SELECT keys FROM request_keys").fetchall()
                return str(found[0][0]).encode()
        except StoreError as error:
            raise RequestKeyError("the database", str(error)) from error

    def _first(self) -> str:
        """Return the keys for a new database: the file's keys, or a new key if there is no file."""
        if self._path.exists():
            return self._in_file().decode("utf-8", "replace")
        return _encoded([RequestKey.new(utc_now())])

    def _decoded(self, content: bytes, place: str) -> tuple[RequestKey, ...]:
        try:
            stored = msgspec.json.decode(content, type=tuple[StoredKey, ...])
            seeds = [base64.b64decode(one.seed, validate=True) for one in stored]
        except (msgspec.DecodeError, binascii.Error) as error:
            raise RequestKeyError(place, DAMAGED) from error
        if not seeds or any(len(seed) != SEED_BYTES for seed in seeds):
            raise RequestKeyError(place, DAMAGED)
        return tuple(RequestKey(seed, one.since) for seed, one in zip(seeds, stored, strict=True))


DAMAGED: Final = (
    "the keys that sign requests are damaged; run `communique bot rotate --revoke` to replace them"
)


def _encoded(keys: Sequence[RequestKey]) -> str:
    stored = [StoredKey(base64.b64encode(one.seed).decode(), one.since) for one in keys]
    return msgspec.json.encode(stored).decode() + "\n"
