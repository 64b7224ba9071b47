"""Query strings of feeds and pages made on demand, in one canonical form.

Queries that differ only in the order of parameters or in white space become equal.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

MAX_QUERY_BYTES: Final = 40_000
"""Maximum number of bytes of a query string that are read. This is far more than any valid search
needs."""

SEARCH_PARAMETERS: Final = ("q", "source", "topic", "lang", "state", "since", "until")
"""Parameters that select the results of a search."""

PAGE_PARAMETERS: Final = ("sort", "cursor", "more")
"""Further parameters of a search page: sort order, cursor, and a filter to list in full."""

LIST_PARAMETERS: Final = ("source", "topic", "lang", "state", "groups")
"""Parameters with several values, repeated or separated by commas; any of them matches."""

NOT_IN_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters not allowed in XML 1.0 (section 2.2). The head of a feed repeats the query."""


def parse_query(query: bytes, accepted: Collection[str]) -> dict[str, str]:
    """Parse a query string; only the parameters in ``accepted`` count.

    Values of a repeated parameter are joined with commas. A query with too many parameters gives
    an empty result.
    """
    text = query[:MAX_QUERY_BYTES].decode("ascii", "replace")
    try:
        pairs = parse_qsl(text, max_num_fields=20)
    except ValueError:
        return {}
    asked: dict[str, str] = {}
    for name, text in pairs:
        value = NOT_IN_XML.sub("\ufffd", text)
        if name in accepted and value:
            asked[name] = f"{asked[name]},{value}" if name in asked else value
    plain = ((name, canonical_value(name, value)) for name, value in asked.items())
    return {name: value for name, value in plain if value}


def canonical_value(name: str, value: str) -> str:
    """Return the canonical value of a parameter: lists sorted, white space of ``q`` collapsed."""
    if name in LIST_PARAMETERS:
        return ",".join(sorted(filter(None, set(value.split(",")))))
    return " ".join(value.split()) if name == "q" else value


def canonical_query(asked: Mapping[str, str]) -> str:
    """Return parameters as a query string, sorted by name."""
    return urlencode(sorted(asked.items()))
