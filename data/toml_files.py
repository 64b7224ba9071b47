"""TOML files that people write, decoded strictly: a mistake names file, key and fix."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from data.errors import ConfigurationError

Shape = TypeVar("Shape")

UNKNOWN = re.compile(r"unknown field `(.+?)`")
MISSING = re.compile(r"missing required field `(.+?)`")


def read_text(path: Path, error: type[ConfigurationError]) -> str:
    """The text of a file. Raises ``error`` where it can't be read as UTF-8."""
    try:
        return path.read_text("utf-8")
    except OSError as cause:
        raise error(str(path), "file", f"it can't be read ({cause.strerror})") from cause
    except UnicodeDecodeError as cause:
        raise error(str(path), "file", f"it can't be read ({cause})") from cause


def decode(text: str, shape: type[Shape], path: str, error: type[ConfigurationError]) -> Shape:
    """The TOML ``text`` as a value of ``shape``; ``path`` is for messages.

    Raises ``error`` for what is no TOML, an unknown or missing key, and a value out of bounds.
    """
    try:
        return msgspec.convert(tomllib.loads(text), shape)
    except tomllib.TOMLDecodeError as cause:
        raise error(path, "syntax", f"it is not TOML ({cause})") from cause
    except msgspec.ValidationError as cause:
        message, _, where = str(cause).partition(" - at ")
        inside = where.rpartition("`$")[2].strip("`.")
        named = UNKNOWN.search(message) or MISSING.search(message)
        key = ".".join(filter(None, (inside, named[1] if named else "")))
        raise error(path, key or "keys", _fix(message)) from cause


def _fix(message: str) -> str:
    if UNKNOWN.search(message):
        return "there is no such key; take it out or mend its spelling"
    if MISSING.search(message):
        return "it is missing and must be there"
    return message
