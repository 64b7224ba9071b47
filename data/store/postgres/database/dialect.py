"""Convert SQL for both databases to psycopg's placeholders, and Python values for columns."""

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
    # Hints for SQLite's planner about the order of the loops of a join.
    r"| (?P<hint>CROSS(?= JOIN)|INDEXED BY \w+)"
)


@cache
def translated(sql: str) -> tuple[str, bool]:
    """Return a statement with psycopg's placeholders, and whether they are numbered."""
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

    # Percent signs only occur in string literals.
    return PARTS.sub(part, sql), numbered


class BoolDumper(Int8Dumper):
    """Dumper that writes True and False as 1 and 0, because the columns are integers."""

    def dump(self, obj: Any) -> bytes:
        """Return a value in PostgreSQL's format."""
        return b"1" if obj else b"0"


class TextDumper(StrDumperUnknown):
    """Dumper that writes texts, replacing NUL, the only character that PostgreSQL can't store."""

    def dump(self, obj: Any) -> Any:
        """Return a value in PostgreSQL's format."""
        return super().dump(obj.replace("\0", REPLACEMENT) if "\0" in obj else obj)


def adapt(adapters: AdaptersMap) -> None:
    """Make a connection convert Python values to the types of the columns."""
    dumpers: tuple[tuple[type, type[Dumper]], ...] = (
        (bool, BoolDumper),
        (int, Int8Dumper),
        (str, TextDumper),
    )
    for type_, dumper in dumpers:
        adapters.register_dumper(type_, dumper)
