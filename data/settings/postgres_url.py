"""Check whether a PostgreSQL URL separates its password clearly.

PostgreSQL accepts more than RFC 3986 allows. Other programs would split such URLs elsewhere and
show a part of the password.
"""

from __future__ import annotations

import re
from typing import Final

CLEARLY_ESCAPED: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?:[A-Za-z0-9._~!$&()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:[A-Za-z0-9._~:,\[\]-]|%[0-9A-Fa-f]{2})*"
    r"(?:[/?](?:[A-Za-z0-9._~!$&()*+,;=:/?-]|%[0-9A-Fa-f]{2})*)?"
)
"""A libpq URL whose user, password and options contain no unescaped separators."""

ESCAPING_MESSAGE: Final = (
    "this database address can't be read, and is not shown because it may contain a password: "
    "write each character that is not a letter or digit as its percent code, such as %25 for a "
    "percent sign, %2F for a slash, %3F for a question mark, %23 for a number sign, %40 for an at "
    "sign, %27 for an apostrophe"
)


def is_clearly_escaped(url: str) -> bool:
    """Whether all separators inside the parts of a PostgreSQL URL are percent-encoded."""
    return CLEARLY_ESCAPED.fullmatch(url) is not None
