"""Parse JSON and JavaScript literals without running scripts, and iterate over JSON values."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

_PAIRED: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE: Final = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
ESCAPES: Final = re.compile(rf"\\\\|{_PAIRED}|(?P<lone>{_LONE})")

MAX_VALUES: Final = 500_000
"""Maximum number of values read from one JSON document."""

MAX_OBJECTS: Final = 5_000
"""Maximum number of lists and objects read from one JSON-LD document."""

REPLACEMENT_ESCAPE: Final = r"\ufffd"
"""Escape sequence of the replacement character, as long as the escape that it replaces."""


def load_json(text: str) -> Any:
    """Parse a JSON text that may contain raw control characters in strings.

    Raises ValueError if the text is invalid, and RecursionError if it is nested too deeply.
    """
    return json.loads(without_lone_surrogates(text), strict=False)


def without_lone_surrogates(text: str) -> str:
    r"""Replace escapes of unpaired surrogates (``\ud800``) in JSON or in a script.

    RFC 8259, section 8.2, allows these escapes, but their characters cannot be encoded in UTF-8.
    The length of the text does not change.
    """
    if r"\ud" not in text and r"\uD" not in text:
        return text
    return ESCAPES.sub(lambda found: REPLACEMENT_ESCAPE if found["lone"] else found[0], text)


def values_of(document: Any) -> Iterator[Any]:
    """Yield all values in a JSON document in document order, containers before their contents.

    An object that is reachable by two paths is yielded once. Yields at most MAX_VALUES values. Deep
    nesting is safe, because the function does not recurse.
    """
    waiting = [document]
    seen: set[int] = set()
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            if id(value) in seen:
                continue
            seen.add(id(value))
            waiting.extend(reversed(value.values() if isinstance(value, dict) else value))
        yield value


def json_objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a JSON document, outer objects before the objects inside them.

    Reads at most MAX_OBJECTS lists and objects, and 200 values per list. Does not recurse.
    """
    queue = [document]
    for place in range(MAX_OBJECTS):
        if place >= len(queue):
            return
        item = queue[place]
        if isinstance(item, dict):
            yield item
            queue.extend(part for part in item.values() if isinstance(part, (dict, list)))
        elif isinstance(item, list):
            queue.extend(part for part in item[:200] if isinstance(part, (dict, list)))


MAX_TOKENS: Final = 200_000
"""Maximum number of tokens read per JavaScript literal."""

MAX_DEPTH: Final = 80
"""Maximum nesting depth of lists and objects in a literal."""

TOKEN: Final = re.compile(
    r"""(?:\s++|/\*.*?\*/|//[^\n]*+)*+(?:
    (?P<sign>[{}\[\](),:])
    | "(?P<double>(?:[^"\\]++|\\.)*+)"
    | '(?P<single>(?:[^'\\]++|\\.)*+)'
    | `(?P<template>(?:[^`\\$]++|\\.|\$(?!\{))*+)`
    | (?P<hex>0[xX][0-9a-fA-F]{1,16})
    | (?P<number>-?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d{1,3})?)
    | (?P<truth>![01]) | (?P<void>void\ 0)
    | new\ Date\((?P<date>-?\d{1,16}|"[^"\\]{0,60}")\)
    | (?P<name>[A-Za-z_$][\w$]*+)
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))", re.DOTALL
)
PLAIN: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
CONSTANTS: Final[dict[str, Any]] = {"true": True, "false": False}
FUNCTION_CALL: Final = re.compile(
    r"\(?\s*function\s*\w*\s*\(([\w$,\s]{0,20000})\)\s*\{\s*(?:return\s*)?(?=[{\[])"
)
PARSED: Final = re.compile(r"JSON\s*\.\s*parse\(\s*(decodeURIComponent\(\s*)?(?=[\"'`])")
REST: Final = re.compile(r"[;\s]*\}\s*\)?\s*\(")


class NoLiteral(ValueError):
    """Raised if a script contains no readable value at the given offset."""


def first_value(text: str, at: int) -> tuple[Any, int]:
    """Return the value at the offset ``at`` in a script, and the offset of its end.

    The value may be JSON, a JavaScript object literal, ``JSON.parse("…")``, or a function that is
    called immediately and returns an object (``__NUXT__`` of Nuxt 2). Raises NoLiteral if no value
    can be read.
    """
    if text[at : at + 1] in {"{", "["}:
        try:
            return json.JSONDecoder(strict=False).raw_decode(text, at)
        except (ValueError, RecursionError):
            reader = LiteralReader(text, at)
            return reader.value(), reader.at
    if match := PARSED.match(text, at):
        reader = LiteralReader(text, match.end())
        value = reader.value()
        if not isinstance(value, str):
            raise NoLiteral
        return decoded(unquote(value) if match[1] else value), reader.at
    if match := FUNCTION_CALL.match(text, at):
        return _returned(text, match)
    raise NoLiteral


def decoded(text: str) -> Any:
    """Parse a JSON text. Raises NoLiteral if the text is invalid."""
    try:
        return load_json(text)
    except (ValueError, RecursionError) as error:
        raise NoLiteral from error


def _returned(text: str, match: re.Match[str]) -> tuple[Any, int]:
    """Parse an immediately invoked function, and return its result with all arguments inserted.

    Also returns the offset after the call.
    """
    reader = LiteralReader(text, match.end())
    value = reader.value()
    call = REST.match(text, reader.at)
    if call is None:
        return value, reader.at
    given = LiteralReader(text, call.end() - 1)
    names = [name.strip() for name in match[1].split(",")]
    known = dict(zip(names, given.listed(")"), strict=False))
    for holder, key, name in reader.named:
        holder[key] = known.get(name)
    return value, given.at


class LiteralReader:
    """Reads one JavaScript literal from the offset ``at`` in a script.

    ``named`` records each use of a variable: the list or object, the index or key, and the
    variable's name.
    """

    def __init__(self, text: str, at: int) -> None:
        self.at = at
        self.named: list[tuple[Any, Any, str]] = []
        self._text = text
        self._left = MAX_TOKENS
        self._depth = 0

    def value(self, holder: Any = None, key: Any = None) -> Any:  # noqa: PLR0911 - one return per lexeme type
        """Return the next value. Raises NoLiteral if it can't be read.

        A variable is returned as None and recorded in ``named``. ``holder`` and ``key`` are the
        list or object that contains the value, and the value's index or key.
        """
        kind, lexeme = self._next()
        if kind == "sign":
            return self._held(lexeme)
        if kind in {"double", "single", "template"}:
            return unescaped(lexeme)
        if kind == "hex":
            return int(lexeme, 16)
        if kind == "number":
            return float(lexeme) if set(lexeme) & {".", "e", "E"} else int(lexeme[:300])
        if kind == "truth":
            return lexeme == "!0"
        if kind == "date":
            return lexeme.strip('"')
        if kind == "name" and lexeme in CONSTANTS:
            return CONSTANTS[lexeme]
        if kind == "name" and holder is not None:
            self.named.append((holder, key, lexeme))
        return None

    def listed(self, close: str) -> list[Any]:
        """Return the values of a list up to the closing character ``close``."""
        if close == ")":
            self._next()
        found: list[Any] = []
        while not self._closes(close):
            found.append(None)
            found[-1] = self.value(found, len(found) - 1)
        return found

    def _held(self, sign: str) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH or sign not in {"{", "["}:
            raise NoLiteral
        found: Any = self.listed("]") if sign == "[" else self._object()
        self._depth -= 1
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._closes("}"):
            kind, key = self._next()
            if kind not in {"double", "single", "name", "number"} or self._next() != ("sign", ":"):
                raise NoLiteral
            if kind in {"double", "single"}:
                key = unescaped(key)
            found[key] = None
            found[key] = self.value(found, key)
        return found

    def _closes(self, close: str) -> bool:
        """Whether the list or object ends at the current offset.

        Otherwise, the comma before the next value is skipped.
        """
        place = self.at
        following = self._next()
        if following == ("sign", ","):
            place = self.at
            following = self._next()
        if following == ("sign", close):
            return True
        self.at = place
        return False

    def _next(self) -> tuple[str, str]:
        match = TOKEN.match(self._text, self.at)
        self._left -= 1
        if match is None or match.lastgroup is None or self._left < 0:
            raise NoLiteral
        self.at = match.end()
        return match.lastgroup, match[match.lastgroup]


def unescaped(text: str) -> str:
    """Replace the escape sequences of a JavaScript string and join surrogate pairs."""
    if "\\" not in text:
        return text
    plain = ESCAPE.sub(_meant, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meant(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else ""  # noqa: PLR2004 - last code point of Unicode
    return "" if match[4] else PLAIN.get(match[5], match[5])
