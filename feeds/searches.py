"""What the address of a feed or page that is made on demand asks for, in one canonical form.

Addresses that ask for the same in another order or with other spaces are one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

LONGEST: Final = 40_000
"""Bytes of a query string that are read: a text of many more characters than are searched for."""

SEARCHED: Final = ("q", "source", "topic", "lang", "state", "since", "until")
"""What a search is asked by."""

PAGED: Final = ("sort", "cursor", "more")
"""What the page of a search is asked by besides: its order, where it goes on, a list in full."""

LISTS: Final = ("source", "topic", "lang", "state", "groups")
"""What may be named several times, or parted by commas: any of them will do."""


NOT_IN_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no feed can hold (XML 1.0, section 2.2); what is asked for stands in its head."""


def parse_query(query: bytes, taken: Collection[str]) -> dict[str, str]:
    """What a query string asks for, of all that is ``taken``; repeated, parted by commas."""
    text = query[:LONGEST].decode("ascii", "replace")
    try:
        pairs = parse_qsl(text, max_num_fields=20)
    except ValueError:
        return {}
    asked: dict[str, str] = {}
    for name, text in pairs:
        value = NOT_IN_XML.sub("\ufffd", text)
        if name in taken and value:
            asked[name] = f"{asked[name]},{value}" if name in asked else value
    plain = ((name, canonical_value(name, value)) for name, value in asked.items())
    return {name: value for name, value in plain if value}


def canonical_value(name: str, value: str) -> str:
    """What is asked for by one name, as all write it who ask for the same; it may be empty."""
    if name in LISTS:
        return ",".join(sorted(filter(None, set(value.split(",")))))
    return " ".join(value.split()) if name == "q" else value


def canonical_query(asked: Mapping[str, str]) -> str:
    """What is asked for as the query of an address, always in the same order."""
    return urlencode(sorted(asked.items()))
