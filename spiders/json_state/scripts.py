"""Decode the JSON state in a page's scripts and attributes without running JavaScript.

Supported forms:

- JSON scripts, such as ``__NEXT_DATA__`` and Angular's transfer state
- the payload of Nuxt 3
- assignments, such as ``window.__INITIAL_STATE__ = {…}``, ``var news = [{…}]``, ``__NUXT__``
- the stream of Next.js (``__next_f.push``)
- attributes, see `_attributes`

At most MAX_CHARACTERS characters in MAX_SCRIPTS scripts are read per page. Unreadable values are
skipped.

Nuxt's payload is a list. Its first entry is the state, and numbers inside lists and objects are
indexes into the payload. A list that begins with a name is a value of the type with that name
(github.com/sveltejs/devalue).
"""

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from lxml import etree

from spiders.page.literals import (
    MAX_DEPTH,
    NoLiteral,
    decoded,
    first_value,
    without_lone_surrogates,
)

MAX_SCRIPTS: Final = 100
"""Maximum number of scripts checked per page."""

MAX_CHARACTERS: Final = 4_000_000
"""Maximum total length of the scripts and attributes read per page, in characters."""

MAX_ASSIGNED: Final = 12
"""Maximum number of assigned values parsed per script."""

MIN_STATE_LENGTH: Final = 80
"""Minimum length in characters of a script or attribute that may contain JSON state."""

ASSIGNED: Final = re.compile(r"=\s*+(?=[{\[]|JSON\s*+\.|\(?\s*+function\s*+\()")
STATE_NAME: Final = re.compile(
    r"""(?:\b(?:window|self|globalThis)\s*(?:\.\s*[\w$]{1,60}|\[\s*["'][\w$]{1,60}["']\s*\])"""
    r"|\b__?[A-Za-z][\w$]{1,60}|\b[A-Za-z_]{0,30}(?:[sS]tate|STATE|Data|DATA|Props))\s*$"
)
"""Pattern of the name of a variable or property for state, up to the equals sign."""

DECLARED_NAME: Final = re.compile(
    r"(?:\b(?:var|let|const)\s+[\w$]{1,60}|[\w$]{1,60}(?:\.[\w$]{1,60}){1,4})\s*$"
)
"""Pattern of the name of any variable or property to which a list of records may be assigned."""

RECORDS: Final = re.compile(r"\[\s*+\{")

MAX_ATTRIBUTES: Final = 100
"""Maximum number of attributes with JSON that are read per page."""

MAX_NAME_LENGTH: Final = 90
MAX_SIGNS: Final = 2_000
"""Maximum number of equals signs checked per script."""

STREAMED: Final = re.compile(r"__next_f\.push\(\s*(?=\[)")
ROW: Final = re.compile(r"[0-9a-f]{1,8}:(?:(?P<long>T)(?P<size>[0-9a-f]{1,6}),)?")
MAX_ROWS: Final = 5_000
"""Maximum number of rows read from a stream of React server components."""

ANGULAR: Final = {"&q;": '"', "&s;": "'", "&l;": "<", "&g;": ">", "&a;": "&"}

MAX_BLANKS: Final = 20
"""Maximum number of characters before the JSON object or list in an attribute."""

MAX_WRAPPERS: Final = 5
"""Maximum number of nested wrappers removed from a value, such as reactive references."""

TEXTS: Final = frozenset(("Date", "RegExp", "URL", "BigInt"))
LISTS: Final = frozenset(("Set", "Map"))


def states(root: etree._Element) -> Iterator[Any]:
    """Yield the JSON values in a page's scripts and attributes, except JSON-LD."""
    left = MAX_CHARACTERS
    stream: list[str] = []
    for number, script in enumerate(root.iter("script")):
        kind = (script.get("type") or "").lower()
        if number >= MAX_SCRIPTS or left <= 0:
            break
        text = "" if "ld+json" in kind else script.text or ""
        if MIN_STATE_LENGTH <= len(text) <= left:
            left -= len(text)
            yield from _island(script, text) if "json" in kind else _assigned(text, stream)
    if stream:
        yield from _rows("".join(stream))
    for text in _attributes(root):
        if len(text) <= left:
            left -= len(text)
            with suppress(NoLiteral):
                yield without_metadata(first_value(without_lone_surrogates(text), 0)[0])


def _attributes(root: etree._Element) -> Iterator[str]:
    """Yield the values of attributes that contain a JSON object or list.

    Examples are component props, ``data-page`` of Inertia, ``x-data`` of Alpine, snapshots of
    Livewire and values of Stimulus.
    """
    values = (
        value
        for element in root.iter("*")
        for value in element.values()
        if len(value) >= MIN_STATE_LENGTH and value[:MAX_BLANKS].lstrip()[:1] in {"{", "["}
    )
    for value in islice(values, MAX_ATTRIBUTES):
        text = str(value).strip()
        yield html.unescape(text) if "&quot;" in text[:200] else text


def without_metadata(state: Any) -> Any:
    """Return the data of a Livewire snapshot without its metadata, or any other state unchanged.

    Livewire stores a list as a pair of the list and an object with the key ``s``.
    """
    if not (isinstance(state, dict) and "memo" in state and "checksum" in state):
        return state
    return _without_notes(state.get("data"), MAX_DEPTH)


def _without_notes(value: Any, left: int) -> Any:
    if left == 0:
        return None
    if isinstance(value, dict):
        return {name: _without_notes(one, left - 1) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    match value:
        case [inner, {"s": _}]:
            return _without_notes(inner, left - 1)
    return [_without_notes(one, left - 1) for one in value]


def _island(script: etree._Element, text: str) -> Iterator[Any]:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip()
    if text.startswith("{&q;"):
        for short, meant in ANGULAR.items():
            text = text.replace(short, meant)
    found = [*_read(text)] or ([*_read(html.unescape(text))] if "&quot;" in text[:200] else [])
    for value in found:
        nuxt = script.get("id") == "__NUXT_DATA__" or script.get("data-nuxt-data") is not None
        yield Devaluer(value).state() if nuxt and isinstance(value, list) else value


def _read(text: str) -> Iterator[Any]:
    with suppress(NoLiteral):  # A script without JSON is not an error.
        yield decoded(text)


def _assigned(text: str, stream: list[str]) -> Iterator[Any]:
    text = without_lone_surrogates(text)
    at = found = 0
    for _ in range(MAX_SIGNS):
        match = ASSIGNED.search(text, at)
        if match is None or found == MAX_ASSIGNED:
            break
        at = match.end()
        before = text[max(0, match.start() - MAX_NAME_LENGTH) : match.start()]
        if STATE_NAME.search(before) or (RECORDS.match(text, at) and DECLARED_NAME.search(before)):
            found += 1
            with suppress(NoLiteral):
                value, at = first_value(text, at)
                yield value
    for match in STREAMED.finditer(text):
        try:
            value, _ = first_value(text, match.end())
        except NoLiteral:
            continue
        if isinstance(value, list) and value and isinstance(value[-1], str):
            stream.append(value[-1])


def _rows(stream: str) -> Iterator[Any]:
    """Yield the values in a stream of React server components, with long texts inserted."""
    stream = without_lone_surrogates(stream)
    texts: dict[str, str] = {}
    values: list[Any] = []
    at = 0
    for _ in range(MAX_ROWS):
        match = ROW.match(stream, at)
        if match and match["long"]:
            # The length counts UTF-8 bytes, so a slice of the same number of characters contains
            # the whole text.
            size = int(match["size"], 16)
            row = stream[match.end() : match.end() + size].encode("utf-8", "replace")
            text = row[:size].decode("utf-8", "ignore")
            texts[f"${match[0].partition(':')[0]}"] = text
            at = match.end() + len(text)
            continue
        if match:
            with suppress(NoLiteral):
                value, at = first_value(stream, match.end())
                values.append(value)
        at = stream.find("\n", at) + 1
        if not at:
            break
    for value in values:
        yield _with_texts(value, texts) if texts else value


def _with_texts(value: Any, texts: dict[str, str]) -> Any:
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        parts = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, part in [*parts] if isinstance(holder, (dict, list)) else ():
            if isinstance(part, str) and part in texts:
                holder[key] = texts[part]
            elif isinstance(part, (dict, list)):
                waiting.append(part)
    return value


class Devaluer:
    """Decodes a Nuxt payload by replacing its indexes with their values.

    Each index is decoded once, so the state is no larger than the payload. Invalid indexes and
    non-JSON values become None. The state may contain references to itself.
    """

    def __init__(self, payload: list[Any]) -> None:
        self._payload = payload
        self._made: dict[int, Any] = {}
        self._empty: list[int] = []

    def state(self) -> Any:
        """Return the value at index 0 of the payload, with indexes replaced by their values."""
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
        for _ in range(MAX_WRAPPERS):
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
    """Return the name of a type at the start of an encoded list, or ""."""
    named = isinstance(encoded, list) and encoded and isinstance(encoded[0], str)
    return str(encoded[0]) if named else ""
