"""The tokens of a folder, for servers: cached, and current after changes by other processes."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.access.tokens import Token, TokenScope, digest_of, load_tokens

USE_INTERVAL_SECONDS: Final = 60.0
"""Minimum seconds between two updates of a token's last use."""

SETTLED_NANOSECONDS: Final = 2_000_000_000
"""Age of a folder's modification time after which a later change gets a different time."""


class TokenFolder:
    """The tokens of a folder. Their files are read again when tokens are added or revoked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: int | None = None
        self._tokens: list[Token] = []
        self._noted: dict[str, float] = {}

    def find(self, text: str) -> Token | None:
        """Return the token with this text, or None. The time does not depend on the result."""
        digest = digest_of(text)
        found: Token | None = None
        for token in self._refreshed():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def has_token_for(self, scope: TokenScope) -> bool:
        """Return whether any token allows ``scope``."""
        return any(token.allows(scope) for token in self._refreshed())

    def note_use(self, token: Token) -> None:
        """Record that a token was used now, at most once per minute."""
        now = time.monotonic()
        if now - self._noted.get(token.name, -USE_INTERVAL_SECONDS) < USE_INTERVAL_SECONDS:
            return
        self._noted[token.name] = now
        # Ignored: the token may have been revoked, or its disk may be read-only.
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
            # A second change within the clock's resolution would get the same time.
            is_settled = time.time_ns() - changed > SETTLED_NANOSECONDS
            self._changed = changed if is_settled else None
        yield from self._tokens
