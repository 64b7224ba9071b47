"""Remember the addresses that one visit requests."""

from __future__ import annotations

from data.text.urls import canonical_url


class RequestedUrls:
    """The requested addresses of a visit, and the listed addresses that others replaced."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._listed: dict[str, str] = {}

    def claim(self, url: str) -> bool:
        """Mark an address as requested. Return False if this visit has already requested it."""
        key = canonical_url(url)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def has(self, url: str) -> bool:
        """Whether this visit has already requested an address."""
        return canonical_url(url) in self._keys

    def instead(self, listed: str, url: str) -> str:
        """Return a release's address ``url``, and remember that it replaces the ``listed`` one."""
        key = canonical_url(url)
        if key != canonical_url(listed):
            self._listed[key] = listed
        return url

    def other(self, url: str) -> str | None:
        """Mark the listed address of the release at ``url`` as requested, and return it.

        None if the release has no other address, or if that was requested before.
        """
        listed = self._listed.get(canonical_url(url))
        return listed if listed and self.claim(listed) else None
