"""From the SQL that SQLite takes as well to psycopg's, and from Python's values to a database's."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

PARTS: Final = re.compile(
    r"'(?:[^']|'')*'"
    r"|\?(?P<number>\d*)"
    r"|(?<![:\w]):(?P<name>[a-z_]\w*)"
    # How the loops of a join are to lie: hints for SQLite's planner.
    r"| (?P<hint>CROSS(?= JOIN)|INDEXED BY \w+)"
)


@cache
def translated(sql: str) -> tuple[str, bool]:
    """A statement with its arguments as psycopg writes them; whether they have numbers."""
    numbered = False

    def part(found: re.Match[str]) -> str:
        nonlocal numbered
        if found["hint"]:
            return ""
        if found["name"]:
            return f"%({found['name']})s"
        if found["number"]:
            numbered = True
            return f"%({found['number']})s"
        return "%s" if found[0] == "?" else found[0].replace("%", "%%")

    # A sign of per cent stands in texts alone.
    return PARTS.sub(part, sql), numbered


class BoolDumper(Int8Dumper):
    """True and False as 1 and 0, which columns hold."""

    def dump(self, obj: Any) -> bytes:
        """A value as PostgreSQL reads it."""
        return b"1" if obj else b"0"


class TextDumper(StrDumperUnknown):
    """Texts, but for the one character that PostgreSQL has not: it is replaced."""

    def dump(self, obj: Any) -> Any:
        """A value as PostgreSQL reads it."""
        return super().dump(obj.replace("\0", REPLACEMENT) if "\0" in obj else obj)


def adapt(adapters: AdaptersMap) -> None:
    """Have a connection write values as columns hold them."""
    dumpers: tuple[tuple[type, type[Dumper]], ...] = (
        (bool, BoolDumper),
        (int, Int8Dumper),
        (str, TextDumper),
    )
    for type_, dumper in dumpers:
        adapters.register_dumper(type_, dumper)
