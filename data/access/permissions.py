"""Decide what a client's token allows, and limit the cost of wrong tokens.

A client with a valid token is never refused because of other clients' wrong tokens, although all
clients behind an unknown proxy share one address. Tokens can't be guessed, so clients are never
locked out: after several wrong tokens from an address, responses only become shorter.

The table in feeds.server.requests.routes lists the permission that each address of the site needs.
"""

import hashlib
import hmac
import logging
import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.access.tokens import Token, TokenScope, load_tokens, token_digest
from data.errors import TokenError
from data.network.addresses import network_of

log = logging.getLogger(__name__)

USE_INTERVAL_SECONDS: Final = 60.0
"""Minimum time in seconds between two updates of a token's last use."""

SETTLED_NANOSECONDS: Final = 2_000_000_000
"""Minimum age in nanoseconds of a folder's modification time. Only then does a later change
certainly get a different time."""

MAX_WRONG_TOKENS: Final = 10
"""Maximum number of wrong tokens from one network that get a complete response."""

FORGIVENESS_SECONDS: Final = 6.0
"""Time in seconds after which a wrong token is no longer counted."""

MAX_NETWORKS: Final = 4096
"""Maximum number of networks whose wrong tokens are counted; the oldest are dropped first."""


class TokenFolder:
    """The tokens in a folder. Token files are read again after a token is added or revoked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed: int | None = None
        self._tokens: list[Token] = []
        self._noted: dict[str, float] = {}

    def find(self, text: str) -> Token | None:
        """Return the token with this text, or None.

        The call takes the same time in both cases, so that timing reveals nothing.
        """
        digest = token_digest(text)
        found: Token | None = None
        for token in self._refreshed():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def has_token_for(self, scope: TokenScope) -> bool:
        """Return whether any token has the permission ``scope``."""
        return any(token.allows(scope) for token in self._refreshed())

    def secret(self) -> bytes:
        """Return a secret key that changes if a token is added or revoked."""
        digests = sorted(token.digest for token in self._refreshed())
        return hashlib.sha256("".join(digests).encode()).digest()

    def note_use(self, token: Token) -> None:
        """Record the current time as the last use of a token, at most once per minute."""
        now = time.monotonic()
        if now - self._noted.get(token.name, -USE_INTERVAL_SECONDS) < USE_INTERVAL_SECONDS:
            return
        self._noted[token.name] = now
        # Ignore the error: the token may have been revoked, or its disk may be read-only.
        with suppress(OSError):
            os.utime(self._folder / f"{token.name}.toml")

    def _refreshed(self) -> Iterator[Token]:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            changed = 0
        if changed != self._changed:
            try:
                self._tokens = load_tokens(self._folder)[0]
            except TokenError as error:
                log.error("access tokens can't be loaded, so all are rejected: %s", error)  # noqa: TRY400 - no traceback needed
                self._tokens = []
            self._noted.clear()
            # Another change within the clock's resolution would have the same time.
            is_settled = time.time_ns() - changed > SETTLED_NANOSECONDS
            self._changed = changed if is_settled else None
        yield from self._tokens


@dataclass(frozen=True, slots=True)
class AccessVerdict:
    """The decision whether a request is allowed.

    ``status`` is 200, or the HTTP status of the refusal: 401 if the token is missing or wrong, 403
    if the ``token`` does not allow the request, 429 after too many wrong tokens from this network.
    After a 429, the client may try again in ``retry_after`` seconds.
    """

    status: int = 200
    token: Token | None = None
    retry_after: int = 0

    @property
    def is_granted(self) -> bool:
        """Return whether the request is allowed."""
        return self.status == 200  # noqa: PLR2004 - OK


class Permissions(TokenFolder):
    """Decides which requests are allowed, from the tokens in a folder.

    ``clock`` returns the current time in seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder)
        self._wrong = WrongTokens(clock)

    def judge(self, text: str | None, needed: TokenScope, client: str) -> AccessVerdict:
        """Decide whether a client has the permission ``needed``.

        ``text`` is the token that the client sent, or None. ``client`` is its IP address.
        """
        if text is None:
            return AccessVerdict(401)
        if token := self.find(text):
            return AccessVerdict(200 if token.allows(needed) else 403, token)
        wait = self._wrong.wait(client)
        return AccessVerdict(429, retry_after=wait) if wait else AccessVerdict(401)

    def find(self, text: str) -> Token | None:
        """Return the token with this text and record its use, or return None if it is unknown."""
        if token := super().find(text):
            self.note_use(token)
        return token


class WrongTokens:
    """Counter of wrong tokens per network, with limited memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Count a wrong token from an address.

        Returns the number of seconds until the next complete response, or 0 if it is allowed now.
        """
        network = network_of(address)
        now = self._clock()
        count, at = self._seen.pop(network, (0.0, now))
        count = max(0.0, count - (now - at) / FORGIVENESS_SECONDS)
        wait = 0
        if count + 1 > MAX_WRONG_TOKENS:
            wait = math.ceil((count + 1 - MAX_WRONG_TOKENS) * FORGIVENESS_SECONDS)
        else:
            count += 1
        self._seen[network] = count, now
        if len(self._seen) > MAX_NETWORKS:
            self._seen.popitem(last=False)
        return wait
