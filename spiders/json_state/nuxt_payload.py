"""Decode the payload in which Nuxt 3 stores the state of a page.

The payload is a list. Its first entry is the state, and numbers inside lists and objects are
indexes into the payload. A list that begins with a name is a value of that type
(github.com/sveltejs/devalue).
"""

from __future__ import annotations

from typing import Any, Final

WRAPPERS: Final = 5
"""Maximum number of nested wrappers, such as reactive references, that are removed from a value."""

TEXTS: Final = frozenset(("Date", "RegExp", "URL", "BigInt"))
LISTS: Final = frozenset(("Set", "Map"))


def devalue(payload: list[Any]) -> Any:
    """Return the state in a payload. The state may contain itself.

    Each index is decoded once, so the state is no larger than the payload. Invalid indexes and
    non-JSON values become None.
    """
    return Devaluer(payload).state()


class Devaluer:
    """Replaces the indexes in a payload with their values."""

    def __init__(self, payload: list[Any]) -> None:
        self._payload = payload
        self._made: dict[int, Any] = {}
        self._empty: list[int] = []

    def state(self) -> Any:
        """Return the value at index 0 with all its indexes replaced."""
        whole = self._value(0)
        while self._empty:
            place = self._empty.pop()
            encoded, holder = self._payload[place], self._made[place]
            if isinstance(encoded, dict):
                holder.update((key, self._value(part)) for key, part in encoded.items())
            else:
                holder.extend(map(self._value, encoded[1:] if _kind(encoded) else encoded))
        return whole

    def _value(self, place: Any) -> Any:
        for _ in range(WRAPPERS):
            if type(place) is not int or not 0 <= place < len(self._payload):
                return None
            encoded = self._payload[place]
            kind = _kind(encoded)
            if not kind or kind in LISTS:
                break
            if kind in TEXTS:
                return encoded[1] if len(encoded) > 1 else None
            place = encoded[1] if len(encoded) > 1 else None
        return self._at(place) if type(place) is int and 0 <= place < len(self._payload) else None

    def _at(self, place: int) -> Any:
        if place not in self._made:
            encoded = self._payload[place]
            held = isinstance(encoded, (dict, list))
            self._made[place] = type(encoded)() if held else encoded
            if held:
                self._empty.append(place)
        return self._made[place]


def _kind(encoded: Any) -> str:
    """Return the type name at the beginning of a list, or ""."""
    named = isinstance(encoded, list) and encoded and isinstance(encoded[0], str)
    return str(encoded[0]) if named else ""
