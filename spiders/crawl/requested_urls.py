"""The addresses that one visit asks for."""

from __future__ import annotations

from data.text.urls import canonical_url


class RequestedUrls:
    """Which addresses a visit has asked for, each once, and where it asks in place of others."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._listed: dict[str, str] = {}

    def claim(self, url: str) -> bool:
        """Whether an address has not been asked for in this visit; from now on it has."""
        key = canonical_url(url)
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def has(self, url: str) -> bool:
        """Whether an address has been asked for in this visit."""
        return canonical_url(url) in self._keys

    def instead(self, listed: str, url: str) -> str:
        """The address ``url`` of a release, remembering under which one it is ``listed``."""
        key = canonical_url(url)
        if key != canonical_url(listed):
            self._listed[key] = listed
        return url

    def other(self, url: str) -> str | None:
        """The other address under which the release at ``url`` is listed, which may be asked next.

        None where there is none, or where it has been asked for.
        """
        listed = self._listed.get(canonical_url(url))
        return listed if listed and self.claim(listed) else None
