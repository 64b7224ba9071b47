"""Tokens: who may read or operate a HOME over HTTP, each a file that holds no token but its digest.

A token is 256 random bits, which nobody guesses however fast the digest is: a slow one, as
passwords need, would only let strangers keep the server busy.

The file's time is that of the last use, to a minute: noting it writes no byte, waits for no lock,
and any process may do it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from data.clock import utc_now
from data.errors import TokenError, UnknownToken
from data.files import sync, write_secret
from data.toml_files import ID, check_id, decode, read_text

TokenScope: TypeAlias = Literal["read", "operate"]
"""What a token lets do: read what the site shows, or change how it works; that takes in reading."""

PREFIX: Final = "communique_"
"""How all tokens begin: whoever finds one, a scanner for secrets say, knows what it is."""

BYTES: Final = 32

USE_NOTED: Final = 60.0
"""Seconds in which one use is noted at most."""

NO_ID: Final = "use lower-case letters, digits and hyphens, at most 64"

SETTLED: Final = 2_000_000_000
"""Nanoseconds after which a change of a folder has another time than the one before."""


class TokenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file of a token says."""

    sha256: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")],
        msgspec.Meta(description="It is written by `communique token new`."),
    ]
    scopes: Annotated[
        tuple[TokenScope, ...],
        msgspec.Meta(min_length=1, description='Write ["read"] or ["operate"].'),
    ]
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class Token:
    """One token, by its name; when it was used last is told to a minute."""

    name: str
    scopes: tuple[TokenScope, ...]
    created: dt.datetime
    last_used: dt.datetime | None
    digest: str

    def allows(self, scope: TokenScope) -> bool:
        """Whether it lets do something."""
        return scope in self.scopes or "operate" in self.scopes


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(folder: Path, name: str, scopes: tuple[TokenScope, ...]) -> str:
    """Make a token, keep its digest, and give the text of it, which nobody can find out again.

    Raises TokenError for a name that can't be used or is taken, and OSError.
    """
    path = folder / f"{name}.toml"
    if not ID.fullmatch(name):
        raise TokenError(str(path), "file name", NO_ID)
    text = PREFIX + secrets.token_urlsafe(BYTES)
    created = utc_now().replace(microsecond=0)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listed = ", ".join(f'"{one}"' for one in dict.fromkeys(scopes))
    try:
        write_secret(
            path,
            f'sha256 = "{digest_of(text)}"\n'
            f"scopes = [{listed}]\n"
            f"created = {created:%Y-%m-%dT%H:%M:%SZ}\n",
        )
    except FileExistsError as error:
        raise TokenError(str(path), "file name", "it is taken; choose another name") from error
    os.utime(path, (created.timestamp(), created.timestamp()))
    return text


def revoke_token(folder: Path, name: str) -> None:
    """Let a token be of no use from now on, also where its file can't be used.

    Raises UnknownToken, and OSError.
    """
    path = folder / f"{name}.toml"
    if not ID.fullmatch(name) or not path.exists():
        raise UnknownToken(name, tuple(sorted(one.stem for one in folder.glob("*.toml"))))
    path.unlink()
    sync(folder)


def load_tokens(folder: Path) -> tuple[list[Token], list[TokenError]]:
    """The tokens of a folder by their names, and what is wrong with the other files."""
    tokens: list[Token] = []
    errors: list[TokenError] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tokens.append(read_token(path))
        except TokenError as error:
            # One that is revoked meanwhile is none.
            if path.exists() or path.is_symlink():
                errors.append(error)
    return tokens, errors


def read_token(path: Path) -> Token:
    """The token of one file. Raises TokenError."""
    check_id(path, TokenError)
    said = decode(read_text(path, TokenError), TokenFile, str(path), TokenError)
    if said.created.tzinfo is None:
        raise TokenError(str(path), "created", "write it in UTC, such as 2026-03-02T12:00:00Z")
    try:
        used = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError as error:
        raise TokenError(str(path), "file", f"it can't be read ({error.strerror})") from error
    last_used = None if used == said.created else used
    return Token(path.stem, said.scopes, said.created, last_used, said.sha256)


class TokenFolder:
    """The tokens of a folder for a server that is asked often.

    The files are read again when some are added or revoked, be it by another process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: int | None = None
        self._tokens: list[Token] = []
        self._noted: dict[str, float] = {}

    def find(self, text: str) -> Token | None:
        """The token that a text is, or None. It takes as long whichever it is, or none."""
        digest = digest_of(text)
        found: Token | None = None
        for token in self._refreshed():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def lets(self, scope: TokenScope) -> bool:
        """Whether there is a token at all that lets do something."""
        return any(token.allows(scope) for token in self._refreshed())

    def note_use(self, token: Token) -> None:
        """Note that a token is used now."""
        now = time.monotonic()
        if now - self._noted.get(token.name, -USE_NOTED) < USE_NOTED:
            return
        self._noted[token.name] = now
        # It may be revoked meanwhile, or its disk be for reading only.
        with suppress(OSError):
            os.utime(self._folder / f"{token.name}.toml")

    def _refreshed(self) -> Iterator[Token]:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed != self._changed:
            self._tokens = load_tokens(self._folder)[0]
            self._noted.clear()
            # Two changes of one moment have the same time: it is read again until that is past.
            self._changed = changed if time.time_ns() - changed > SETTLED else None
        yield from self._tokens
