"""Address that identifies a POST request: its own address, with the posted fields as a query.

This is the convention of pywb and cdxj-indexer for requests other than GET (IIPC, "CDX: non-GET
requests"): ``https://acme.example/news?__wb_method=POST&page=2``.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from data.text.masking import masked

BY_POST: Final = "__wb_method=POST&"
"""Prefix of the posted fields in the query of the address."""

MAX_VALUE: Final = 200
"""Maximum length in characters of a posted value in an address. A longer value is replaced by its
digest."""

MAX_QUERY: Final = 2_000
"""Maximum length in characters of the posted fields in an address. A longer body is replaced by its
digest."""


def posted_query(body: str) -> str:
    """Return the fields of a form-encoded body as a query without secrets, of limited length.

    Values of parameters with the name of a secret are masked. Long values are replaced by their
    SHA-256, since the state of a page may have many kilobytes.
    """
    fields = [(name, _short(value)) for name, value in parse_qsl(body, keep_blank_values=True)]
    # A space is %20, as in the keys of cdxj-indexer.
    query = masked(f"?{urlencode(fields, quote_via=quote)}")[1:]
    return query if len(query) <= MAX_QUERY else f"__wb_post_data={_digest(body)}"


def posted_address(url: str, query: str) -> str:
    """Return the address of a POST request.

    ``query`` comes from `posted_query`. It is empty for GET.
    """
    if not query:
        return url
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{BY_POST}{query}{mark}{fragment}"


def _short(value: str) -> str:
    return value if len(value) <= MAX_VALUE else _digest(value)


def _digest(text: str) -> str:
    return f"sha256-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
