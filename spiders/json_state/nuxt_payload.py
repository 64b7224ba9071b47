"""Reads the payload in which Nuxt 3 carries the state of a page.

It is a list whose first entry is the state; numbers in lists and objects are places in that list,
and a list that begins with a name is a value of that kind (github.com/sveltejs/devalue).
"""

from __future__ import annotations

from typing import Any, Final

WRAPPERS: Final = 5
"""Values around a value that are passed: those of a store that tells of changes."""

TEXTS: Final = frozenset(("Date", "RegExp", "URL", "BigInt"))
LISTS: Final = frozenset(("Set", "Map"))


def devalue(payload: list[Any]) -> Any:
    """The state. It may hold itself; every place is read once, so it is no larger than the payload.

    What is no place, or no value of JSON, is None.
    """
    return Devaluer(payload).state()


class Devaluer:
    """Puts values where their places are named."""

    def __init__(self, payload: list[Any]) -> None:
        self._payload = payload
        self._made: dict[int, Any] = {}
        self._empty: list[int] = []

    def state(self) -> Any:
        """The value at the first place."""
        whole = self._value(0)
        while self._empty:
            place = self._empty.pop()
            said, holder = self._payload[place], self._made[place]
            if isinstance(said, dict):
                holder.update((key, self._value(part)) for key, part in said.items())
            else:
                holder.extend(map(self._value, said[1:] if _kind(said) else said))
        return whole

    def _value(self, place: Any) -> Any:
        for _ in range(WRAPPERS):
            if type(place) is not int or not 0 <= place < len(self._payload):
                return None
            said = self._payload[place]
            kind = _kind(said)
            if not kind or kind in LISTS:
                break
            if kind in TEXTS:
                return said[1] if len(said) > 1 else None
            place = said[1] if len(said) > 1 else None
        return self._at(place) if type(place) is int and 0 <= place < len(self._payload) else None

    def _at(self, place: int) -> Any:
        if place not in self._made:
            said = self._payload[place]
            held = isinstance(said, (dict, list))
            self._made[place] = type(said)() if held else said
            if held:
                self._empty.append(place)
        return self._made[place]


def _kind(said: Any) -> str:
    """The kind that a list names at its beginning, or nothing."""
    named = isinstance(said, list) and said and isinstance(said[0], str)
    return str(said[0]) if named else ""
