"""Who may do what, by the token that a request carries; and what wrong tokens cost.

A token comes as ``Authorization: Bearer`` (``GoogleLogin`` of readers that sync), as the password
of ``Basic`` under any user's name, as browsers and feed readers send it, or in the address,
``?token=``, for readers that send no headers.
A token in an address lets nobody do more than read: addresses get about.

A right token is never refused for the sake of wrong ones, since nobody can guess it; behind a
proxy that is not known, whoever sends wrong ones has the same address as all others. What is
bounded is what wrong ones cost: after some of them, an address gets short answers without a page.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from starlette.types import Scope

from data.tokens import Token, TokenFolder, TokenScope
from feeds.server.requests.client import Network, client_of, network_of

PARAMETER: Final = b"token="
"""How the parameter begins that holds a token in a private address."""

SCHEME: Final = re.compile(rb"(bearer|basic|googlelogin)[ ]+(?:auth=)?(\S+)[ ]*", re.IGNORECASE)

ALLOWED: Final = 10
"""Wrong tokens of one address that are answered at length."""

FORGIVEN: Final = 6.0
"""Seconds after which one wrong token is forgotten."""

REMEMBERED: Final = 4096
"""Addresses of whose wrong tokens is kept how many; those that sent the last go last."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request: ``status`` is 200, or that of a refusal.

    401 where it has no token or a wrong one, 403 where its ``token`` is not for this, 429 where too
    many wrong ones came from its address; then it may come again after ``retry_after`` seconds.
    """

    status: int = 200
    token: Token | None = None
    retry_after: int = 0

    @property
    def is_granted(self) -> bool:
        """Whether the request may go on."""
        return self.status == 200  # noqa: PLR2004 - OK


class Access:
    """Says who may do what, by the tokens in a folder. ``clock`` tells seconds.

    Of what comes through ``proxies`` it believes from where.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        proxies: Sequence[Network] = (),
    ) -> None:
        self._tokens = TokenFolder(folder)
        self._wrong = WrongTokens(clock)
        self._proxies = proxies

    def judge(self, scope: Scope, needed: TokenScope) -> Verdict:
        """Whether a request may do what ``needed`` says, by the token that it carries."""
        text = token_in(scope["headers"])
        if text is None and needed == "read" and scope["method"] in {"GET", "HEAD"}:
            text = token_in_query(scope["query_string"])
        if text is None:
            return Verdict(401)
        if token := self.find(text):
            return Verdict(200 if token.allows(needed) else 403, token)
        wait = self._wrong.wait(client_of(scope, self._proxies))
        return Verdict(429, retry_after=wait) if wait else Verdict(401)

    def lets(self, scope: TokenScope) -> bool:
        """Whether there is a token at all that lets do something."""
        return self._tokens.lets(scope)

    def find(self, text: str) -> Token | None:
        """The token that a text is, whose use is noted, or None."""
        if token := self._tokens.find(text):
            self._tokens.note_use(token)
        return token


class WrongTokens:
    """How many wrong tokens came from which address, in bounded memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Note one more, and say after how many seconds another may come; 0 is at once."""
        network = network_of(address)
        now = self._clock()
        count, at = self._seen.pop(network, (0.0, now))
        count = max(0.0, count - (now - at) / FORGIVEN)
        wait = 0
        if count + 1 > ALLOWED:
            wait = math.ceil((count + 1 - ALLOWED) * FORGIVEN)
        else:
            count += 1
        self._seen[network] = count, now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return wait


def token_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token in the header fields of a request, or None."""
    for name, value in headers:
        if name == b"authorization" and (found := SCHEME.fullmatch(value)):
            if found[1].lower() != b"basic":
                return found[2].decode("latin-1")
            try:
                decoded = base64.b64decode(found[2], validate=True)
            except binascii.Error:
                return ""
            return decoded.decode("utf-8", "replace").partition(":")[2]
    return None


def token_in_query(query: bytes) -> str | None:
    """The token in a private address, or None."""
    # Just as it is written: what is taken for a token is taken out of the query as well.
    parts = (part for part in query.split(b"&") if part.startswith(PARAMETER))
    return next((unquote(part[len(PARAMETER) :].decode("latin-1")) for part in parts), None)
