"""Listings in JSON: JSON Feed, WordPress's posts, and any array of records that names links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from data.dates import Reading
from spiders.json_next import next_of
from spiders.json_records import read_records, unwrapped
from spiders.json_text import load_json
from spiders.page import Page
from spiders.pages import ListingPage

MAX_VALUES = 500_000
"""Values of one document that are looked at."""

MAX_HTML = 2_000_000
"""Characters of HTML within a document that are read."""


def read_json(page: Page, reading: Reading) -> ListingPage:
    """The items of a JSON listing; where its strings hold HTML instead, ``html_within`` has it."""
    try:
        document = load_json(page.text)
    except (ValueError, RecursionError) as error:
        reason = f"the document is not JSON ({str(error)[:120]})"
        return ListingPage(page.url, (), rule="json", reasons=(reason,))
    best = read_records(_arrays(document), page, reading)
    reasons = () if best else ("the document holds no records with an address",)
    following = next_of(document, page, len(best))
    return ListingPage(page.url, tuple(best), following, "json", 0.9 if best else 0.0, reasons)


def html_within(page: Page) -> str | None:
    """The HTML with links among the strings, as "load more" answers carry it.

    Rows of cells make a table; else it is the longest string, or all where each holds a part.
    """
    try:
        document = load_json(page.text)
    except (ValueError, RecursionError):
        return None
    rows = [row for row in values_of(document) if isinstance(row, list) and _is_row(row)]
    if len(rows) > 1:
        cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"[:MAX_HTML]
    pieces = [value for value in values_of(document) if isinstance(value, str) and "<a" in value]
    longest = max(pieces, key=len, default=None)
    if longest is None or len(longest) * 2 >= sum(map(len, pieces)):
        return longest
    return "".join(pieces)[:MAX_HTML]


def _is_row(value: list[Any]) -> bool:
    """Whether a list is a row of cells, one of them with a link (DataTables)."""
    plain = all(isinstance(cell, (str, int, float)) or cell is None for cell in value)
    return plain and any(isinstance(cell, str) and "<a" in cell for cell in value)


def values_of(document: Any) -> Iterator[Any]:
    """The values in a document, outermost first; lists and objects once, also if held twice."""
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


def _arrays(document: Any) -> Iterator[list[dict[str, Any]]]:
    for value in values_of(document):
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield list(map(unwrapped, value))
