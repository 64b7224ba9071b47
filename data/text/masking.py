"""Masking of secrets in addresses before they are shown, logged or published.

Source files and requests contain the unmasked addresses.
"""

import re
from typing import Final

MASK: Final = "***"

USER: Final = re.compile(r"(?<=://)[^/\s?#\"'<>]*@")
"""Pattern that matches the user and password before a host."""

DATABASE: Final = re.compile(r"(postgres(?:ql)?://)(\S*)")
"""Pattern of a database address. Its password may contain characters at which other addresses end.

The match includes all characters up to the next white space, so that a long word is read only once.
"""

NAMES: Final = (
    # Parts of parameter names, such as X-Amz-Signature and access_token. The length is limited,
    # because names in a captured page may be as long as the page.
    r"[\w.\-\[\]]{0,80}"
    r"(?:token|secret|passw|pwd|signature|credential|api[_-]?key|access[_-]?key)"
    r"[\w.\-\[\]]{0,80}"
    # Complete parameter names.
    r"|auth(?:orization|[_-]?key)?|code|hmac|jwt|key|pass|pw|session(?:[_-]?id)?|sid|sig"
)

PARAMETER: Final = re.compile(
    rf"([?&;#](?:amp;)?(?:{NAMES})=)[^&;#\s\"'<>()]+", re.IGNORECASE | re.ASCII
)


VALUE: Final = (
    r"\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}.*?'{3}"  # multi-line strings
    r"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'"
)
"""Pattern that matches a TOML string in any of its four notations."""

SETTING: Final = re.compile(
    rf"((?:^|[{{,])[ \t]*(?:[\w\"'-]+\.)*[\"']?(?:ping|{NAMES})[\"']?[ \t]*=[ \t]*)({VALUE})",
    re.IGNORECASE | re.ASCII | re.MULTILINE | re.DOTALL,
)
"""Pattern that matches a secret setting in a TOML file, including the address of the health
ping."""


def masked(text: str) -> str:
    """Return a text with masked secret parameters and without users and passwords in addresses."""
    if "@" in text and "://" in text:
        text = DATABASE.sub(lambda found: found[1] + found[2].rpartition("@")[2], text)
        text = USER.sub("", text)
    return PARAMETER.sub(rf"\g<1>{MASK}", text) if "=" in text else text


def masked_toml(text: str) -> str:
    """Remove secrets from the text of a TOML file. Values of secret keys become empty.

    A placeholder such as ``***`` would not be a valid address.
    """
    return SETTING.sub(lambda found: found[1] + 2 * found[2][0], masked(text))


def without_user(url: str) -> str:
    """Return an address without its user and password."""
    return USER.sub("", url, count=1)
