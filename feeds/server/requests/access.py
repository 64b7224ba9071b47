"""Find the token in a request, and decide whether it allows the request.

A client sends its token as ``Authorization: Bearer`` (``GoogleLogin`` in the Google Reader API), as
the password of ``Basic`` with any user name (browsers and feed readers do this), or as ``?token=``.
A token in a URL allows only reading, because URLs are shared and logged. In the address of a
memento, ``?token=`` is a part of the archived URL.

The rules for tokens are in data.access.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote

from starlette.types import Scope

from data.access.permissions import AccessVerdict, Permissions
from data.access.tokens import TokenScope
from feeds.replay.memento_address import MEMENTO_PREFIX
from feeds.server.requests.client import Network, client_of

TOKEN_PARAMETER: Final = b"token="
"""Beginning of the query parameter that contains a token."""

TOKEN_NAME: Final = "communique.token"  # noqa: S105 - the name of a key
"""Key in the ASGI scope for the name of the token that allowed the request."""

SCHEME: Final = re.compile(rb"(bearer|basic|googlelogin)[ ]+(?:auth=)?(\S+)[ ]*", re.IGNORECASE)

BEARER: Final = re.compile(rb"(bearer)[ ]+(\S+)[ ]*", re.IGNORECASE)


class Access:
    """Decides whether requests are allowed, by their tokens and the site's ``permissions``.

    ``proxies`` are trusted to report the addresses of their clients.
    """

    def __init__(self, permissions: Permissions, proxies: Sequence[Network] = ()) -> None:
        self.permissions: Final = permissions
        self._proxies = proxies

    def judge(
        self, scope: Scope, needed: TokenScope, *, bearer_only: bool = False
    ) -> AccessVerdict:
        """Decide whether the token in a request allows the request.

        ``needed`` is the required permission: to read the site or to operate it. With
        ``bearer_only``, a password that a browser may send by itself is not accepted.
        """
        text = token_in(scope["headers"], BEARER if bearer_only else SCHEME)
        if text is None and needed == "read" and scope["method"] in {"GET", "HEAD"}:
            text = token_in_query(scope)
        return self.permissions.judge(text, needed, client_of(scope, self._proxies))


def token_in(
    headers: Iterable[tuple[bytes, bytes]], scheme: re.Pattern[bytes] = SCHEME
) -> str | None:
    """Return the token in a request's Authorization header, or None if there is none."""
    for name, value in headers:
        if name == b"authorization" and (found := scheme.fullmatch(value)):
            if found[1].lower() != b"basic":
                return found[2].decode("latin-1")
            try:
                decoded = base64.b64decode(found[2], validate=True)
            except binascii.Error:
                return ""
            return decoded.decode("utf-8", "replace").partition(":")[2]
    return None


def token_in_query(scope: Scope) -> str | None:
    """Return the token in a request's query string, or None if it contains no token."""
    if is_memento(scope):
        return None
    # The name is not decoded: only an unescaped ``token=`` is also removed from the query.
    parts = (one for one in scope["query_string"].split(b"&") if one.startswith(TOKEN_PARAMETER))
    return next((unquote(part[len(TOKEN_PARAMETER) :].decode("latin-1")) for part in parts), None)


def without_token(scope: Scope) -> bytes:
    """Return a request's query string without the token, which must not be in links and caches."""
    query: bytes = scope["query_string"]
    if is_memento(scope):
        return query
    return b"&".join(part for part in query.split(b"&") if not part.startswith(TOKEN_PARAMETER))


def is_memento(scope: Scope) -> bool:
    """Return whether a request is for a memento, whose query belongs to the archived URL."""
    path: str = scope["path"]
    return path.startswith(MEMENTO_PREFIX)
