"""The address by which a request by POST is known: its own, with what it posts as a query.

It is the convention of pywb and cdxj-indexer for requests other than GET (IIPC, "CDX: non-GET
requests"): ``https://acme.example/news?__wb_method=POST&page=2``.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from data.text.redaction import redacted

BY_POST: Final = "__wb_method=POST&"
"""What the query of such an address contains before the posted fields."""

MAX_VALUE: Final = 200
"""Maximum characters of a posted value in an address. A digest stands for a longer value."""

MAX_QUERY: Final = 2_000
"""Maximum characters of what is added to an address. A digest stands for a longer body."""


def posted_query(body: str) -> str:
    """The fields of a form-encoded body as part of an address, without secrets, of bounded length.

    The value of a parameter whose name marks it as a secret is hidden. The SHA-256 of a long value
    stands for the value: the state of a page may have many kilobytes.
    """
    fields = [(name, _short(value)) for name, value in parse_qsl(body, keep_blank_values=True)]
    # A space is %20, as in the keys of cdxj-indexer.
    query = redacted(f"?{urlencode(fields, quote_via=quote)}")[1:]
    return query if len(query) <= MAX_QUERY else f"__wb_post_data={_digest(body)}"


def posted_address(url: str, query: str) -> str:
    """The address of a request by POST; ``query`` is from `posted_query`, empty for GET."""
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{BY_POST}{query}{mark}{fragment}"


def _short(value: str) -> str:
    return value if len(value) <= MAX_VALUE else _digest(value)


def _digest(text: str) -> str:
    return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
