"""Secrets in addresses: what is told, logged or published of an address shows none of them.

A source's own file keeps its address as it is, and so does what asks for it.
"""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "***"

USER: Final = re.compile(r"(?<=://)[^/\s?#\"'<>]*@")
"""The user and the password before a host."""

DATABASE: Final = re.compile(r"(postgres(?:ql)?://)(\S*)")
"""The address of a database. Its password may contain characters that end one elsewhere.

The rest of the word belongs to the match, so a long word is read once.
"""

NAMES: Final = (
    # Words that stand in names of parameters, such as X-Amz-Signature and access_token.
    # Bounded: the names in a captured page may be as long as the page.
    r"[\w.\-\[\]]{0,80}"
    r"(?:token|secret|passw|pwd|signature|credential|api[_-]?key|access[_-]?key)"
    r"[\w.\-\[\]]{0,80}"
    # And whole names.
    r"|auth(?:orization|[_-]?key)?|code|hmac|jwt|key|pass|pw|session(?:[_-]?id)?|sid|sig"
)

PARAMETER: Final = re.compile(
    rf"([?&;#](?:amp;)?(?:{NAMES})=)[^&;#\s\"'<>()]+", re.IGNORECASE | re.ASCII
)


VALUE: Final = (
    r"\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}.*?'{3}"  # of several lines
    r"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'"
)
"""A text in TOML, in each of the four ways to write one."""

SETTING: Final = re.compile(
    rf"((?:^|[{{,])[ \t]*(?:[\w\"'-]+\.)*[\"']?(?:ping|{NAMES})[\"']?[ \t]*=[ \t]*)({VALUE})",
    re.IGNORECASE | re.ASCII | re.MULTILINE | re.DOTALL,
)
"""A secret in a TOML file, the address of a dead man's switch among them."""


def redacted(text: str) -> str:
    """A text whose addresses hold no user, no password, and no value of a secret parameter."""
    if "://" not in text and "=" not in text:
        return text
    text = DATABASE.sub(lambda found: found[1] + found[2].rpartition("@")[2], text)
    return PARAMETER.sub(rf"\g<1>{HIDDEN}", USER.sub("", text))


def redacted_toml(text: str) -> str:
    """A TOML file whose addresses hold no secrets, with empty values of secret keys.

    Empty, as what is merely hidden is no address: the file could not be used.
    """
    return SETTING.sub(lambda found: found[1] + 2 * found[2][0], redacted(text))


def without_user(url: str) -> str:
    """An address without a user and a password."""
    return USER.sub("", url, count=1)
