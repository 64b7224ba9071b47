"""Grants in the addresses of a captured page's parts, on a site that requires a token.

Browsers send no token in the requests of a captured page, because a page in a sandbox has no
origin. So the address of each part contains a grant: a digest of the address, made with a secret
key. The grant expires, and gives access to this part only.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final

from feeds.replay.memento import escaped
from feeds.replay.memento_address import AS_PART, DATED_PATH, address_in

HOUR_SECONDS: Final = 3600

VALID_HOURS: Final = 3
"""Maximum age of a valid grant in hours. Browsers store pages for one hour."""

DIGEST_LENGTH: Final = 32
"""Number of hexadecimal digits of a grant's digest."""


class PartGrants:
    """Makes and checks grants with the secret that ``key`` returns.

    ``clock`` returns the current time in seconds since 1970.
    """

    def __init__(self, key: Callable[[], bytes], clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def grant(self, stamp: str, url: str) -> str:
        """Return the grant for a part of a page, which follows PART in the part's address.

        ``stamp`` is the time of the page.
        """
        hour = self._hour() + VALID_HOURS
        return f"-{hour}-{self._digest(hour, stamp, address_in(escaped(url)))}"

    def allows(self, asked: str) -> bool:
        """Return whether a path has a valid grant. ``asked`` is the part after MEMENTO_PREFIX."""
        dated = DATED_PATH.fullmatch(asked)
        found = AS_PART.fullmatch(dated[1]) if dated else None
        if dated is None or found is None or found[2] is None:
            return False
        hour = int(found[2])
        digest = self._digest(hour, found[1], address_in(dated[2]))
        is_current = 0 <= hour - self._hour() <= VALID_HOURS
        return hmac.compare_digest(digest, found[3]) and is_current

    def _hour(self) -> int:
        return int(self._clock() // HOUR_SECONDS)

    def _digest(self, hour: int, stamp: str, url: str) -> str:
        text = f"{hour} {stamp} {url}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key(), text, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]
