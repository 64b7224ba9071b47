"""Query strings of generated feeds and pages, in one canonical form.

Queries that differ only in the order of parameters or in white space have the same canonical form.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlencode

from data.search.query import means_the_same, upgraded
from data.search.syntax import LANGUAGE_VERSION

SearchParameters: TypeAlias = Mapping[str, str]
"""Parameters of a search, by name."""

CURRENT_VERSION: Final = str(LANGUAGE_VERSION)

MAX_QUERY_BYTES: Final = 40_000
"""Maximum size in bytes of the part of a query string that is parsed. Valid searches are much
shorter."""

SEARCH_PARAMETERS: Final = ("q", "ql", "source", "topic", "lang", "state", "since", "until")
"""Query parameters that select the results of a search. ``ql`` is the version of the language of
``q``; without it, ``q`` has its meaning in version 1."""

PAGE_PARAMETERS: Final = ("sort", "cursor", "more")
"""Further parameters of a search page: sort order, cursor, and the filter whose values are all
shown.
"""

LIST_PARAMETERS: Final = ("source", "topic", "lang", "state", "groups")
"""Parameters that accept several values, repeated or separated by commas. A result must match one
of the values."""

NOT_IN_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Pattern for characters that are not allowed in XML 1.0 (section 2.2). The title of a
search feed contains its query."""


def parse_query(query: bytes, accepted: Collection[str]) -> dict[str, str]:
    """Parse a query string and return the parameters in ``accepted``.

    Values of a repeated parameter are joined with commas. If the query has too many parameters, the
    result is empty.
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
    found = {name: value for name, value in plain if value}
    return with_version(found) if found.get("ql") == CURRENT_VERSION else without_version(found)


def with_version(asked: Mapping[str, str]) -> dict[str, str]:
    """Return search parameters for a query in the current version of the query language.

    The version is omitted if the query means the same in version 1, so that such a search has only
    one address.
    """
    found = without_version(asked)
    return found if means_the_same(found.get("q", "")) else {**found, "ql": CURRENT_VERSION}


def without_version(asked: Mapping[str, str]) -> dict[str, str]:
    """Return search parameters without the version of the query language."""
    return {name: value for name, value in asked.items() if name != "ql"}


def present_text(asked: Mapping[str, str]) -> str:
    """Return the query in search parameters, in the current version of the query language."""
    text = asked.get("q", "")
    return text if asked.get("ql") == CURRENT_VERSION else upgraded(text)


def canonical_value(name: str, value: str) -> str:
    """Return the value of a parameter in canonical form.

    Lists are sorted, and white space in ``q`` is collapsed.
    """
    if name in LIST_PARAMETERS:
        return ",".join(sorted(filter(None, set(value.split(",")))))
    return " ".join(value.split()) if name == "q" else value


def canonical_query(asked: Mapping[str, str]) -> str:
    """Return parameters as a canonical query string, sorted by name."""
    return urlencode(sorted(asked.items()))
