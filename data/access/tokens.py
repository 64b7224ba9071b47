"""Token files: permissions to read or operate a home directory over HTTP.

A file contains a digest, not the token. The digest can be fast because a token has 256 random bits
and can't be guessed. A slow digest, as for passwords, would let strangers keep the server busy.

A file's modification time is the time of the token's last use, to the minute. Setting it needs no
lock, so every process may do it.
"""

import datetime as dt
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from data.clock import utc_now
from data.errors import TokenError, UnknownToken
from data.files import sync, write_secret
from data.toml_files import ID, check_id, decode, find_file, read_text, toml_files, unreadable

TokenScope: TypeAlias = Literal["read", "operate"]
"""Permission of a token: to read the site, or to operate the service, which includes reading."""

TOKEN_PREFIX: Final = "communique_"  # noqa: S105 - not a password
"""Prefix of all tokens, so that people and secret scanners recognize a leaked token."""

TOKEN_BYTES: Final = 32
"""Number of random bytes in a token."""

INVALID_NAME: Final = "use at most 64 lower-case letters, digits and hyphens"


class TokenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Content of a token file."""

    sha256: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")],
        msgspec.Meta(description="It is written by `communique token new`."),
    ]
    scopes: Annotated[tuple[TokenScope, ...], msgspec.Meta(min_length=1)]
    """Write ["read"] or ["operate"]."""
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class Token:
    """Name and permissions of an access token.

    ``last_used`` is exact to the minute, or None if the token was never used.
    """

    name: str
    scopes: tuple[TokenScope, ...]
    created: dt.datetime
    last_used: dt.datetime | None
    digest: str

    def allows(self, scope: TokenScope) -> bool:
        """Return whether the token has the permission ``scope``."""
        return scope in self.scopes or "operate" in self.scopes


def token_digest(text: str) -> str:
    """Return the digest of a token, which is stored instead of the token itself."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_token(folder: Path, name: str, scopes: tuple[TokenScope, ...]) -> str:
    """Create a token, store only its digest, and return the token.

    Raises TokenError if the name is invalid or exists, and OSError.
    """
    path = folder / f"{name}.toml"
    if not ID.fullmatch(name):
        raise TokenError(str(path), "file name", INVALID_NAME)
    text = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    created = utc_now().replace(microsecond=0)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    listed = ", ".join(f'"{one}"' for one in dict.fromkeys(scopes))
    try:
        write_secret(
            path,
            f'sha256 = "{token_digest(text)}"\n'
            f"scopes = [{listed}]\n"
            f"created = {created:%Y-%m-%dT%H:%M:%SZ}\n",
        )
    except FileExistsError as error:
        raise TokenError(
            str(path), "file name", "a token with this name already exists; choose another name"
        ) from error
    os.utime(path, (created.timestamp(), created.timestamp()))
    return text


def revoke_token(folder: Path, name: str) -> None:
    """Delete a token, even if its file is invalid.

    Raises UnknownToken, OSError, and TokenError if the folder can't be read.
    """
    path = find_file(folder, name, TokenError)
    if path is None:
        raise UnknownToken(name, tuple(one.stem for one in toml_files(folder, TokenError)))
    path.unlink()
    sync(folder)


def load_tokens(folder: Path) -> tuple[list[Token], list[TokenError]]:
    """Return the valid tokens in a folder by name, and the errors of invalid token files."""
    tokens: list[Token] = []
    errors: list[TokenError] = []
    for path in toml_files(folder, TokenError):
        try:
            tokens.append(read_token(path))
        except TokenError as error:
            # If the file was deleted in the meantime, the token was revoked.
            if path.exists() or path.is_symlink():
                errors.append(error)
    return tokens, errors


def read_token(path: Path) -> Token:
    """Read one token file. Raises TokenError."""
    check_id(path, TokenError)
    file = decode(read_text(path, TokenError), TokenFile, str(path), TokenError)
    if file.created.tzinfo is None:
        raise TokenError(
            str(path), "created", "the time has no time zone; write it like 2026-03-02T12:00:00Z"
        )
    try:
        used = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError as error:
        raise TokenError(str(path), "file", unreadable("file", error)) from error
    last_used = None if used == file.created else used
    return Token(path.stem, file.scopes, file.created, last_used, file.sha256)
