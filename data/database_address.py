"""Addresses of databases: whether one is written so that its password can be told from the rest.

PostgreSQL takes more than a URL may be (RFC 3986): what other programs would split elsewhere, and
show a part of the password.
"""

from __future__ import annotations

import re
from typing import Final

WRITTEN: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?:[A-Za-z0-9._~!$&()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:[A-Za-z0-9._~:,\[\]-]|%[0-9A-Fa-f]{2})*"
    r"(?:[/?](?:[A-Za-z0-9._~!$&()*+,;=:/?-]|%[0-9A-Fa-f]{2})*)?"
)
"""A URL of libpq, in which a user, a password or an option has no character that parts it."""

FIX: Final = (
    "this address of a database can't be read, and is not shown, as it may hold a password: write "
    "a character that is no letter and no digit as its percent code, such as %25 for a percent "
    "sign, %2F for a slash, %3F for a question mark, %23 for a number sign, %40 for an at sign, "
    "%27 for an apostrophe"
)


def is_written(url: str) -> bool:
    """Whether an address of PostgreSQL has all that would part it elsewhere as percent codes."""
    return WRITTEN.fullmatch(url) is not None
