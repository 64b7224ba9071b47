"""Mask secrets in addresses before they are shown, logged or published.

Source files keep their addresses unchanged, and so do requests.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"

USER: Final = re.compile(r"(?<=://)[^/\s?#\"'<>]*@")
"""The user and password in front of a host."""

DATABASE: Final = re.compile(r"(postgres(?:ql)?://)(\S*)")
"""Pattern of a database address. Its password may contain characters that end other addresses.

The match includes the rest of the word, so that a long word is read once."""

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
"""A TOML string, in each of its four notations."""

SETTING: Final = re.compile(
    rf"((?:^|[{{,])[ \t]*(?:[\w\"'-]+\.)*[\"']?(?:ping|{NAMES})[\"']?[ \t]*=[ \t]*)({VALUE})",
    re.IGNORECASE | re.ASCII | re.MULTILINE | re.DOTALL,
)
"""A secret in a TOML file, including the address of the health ping."""


def masked(text: str) -> str:
    """Remove users and passwords from addresses in a text, and hide values of secret parameters."""
    if "://" not in text and "=" not in text:
        return text
    text = DATABASE.sub(lambda found: found[1] + found[2].rpartition("@")[2], text)
    return PARAMETER.sub(rf"\g<1>{MASK}", USER.sub("", text))


def masked_toml(text: str) -> str:
    """Remove secrets from a TOML file; secret keys get empty values.

    A placeholder such as ``***`` is not a valid address, and would make the file invalid.
    """
    return SETTING.sub(lambda found: found[1] + 2 * found[2][0], masked(text))


def without_user(url: str) -> str:
    """Remove the user and password from an address."""
    return USER.sub("", url, count=1)
