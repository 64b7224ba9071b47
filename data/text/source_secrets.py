"""Secrets that the addresses of sources carry, hidden wherever a text repeats them.

A site may write the token of its address into links, redirects and scripts, in any spelling:
percent-encoded, as HTML references, as escapes of JSON, JavaScript and CSS. The patterns here begin
at a fixed character and are bounded, so that they take time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from hashlib import sha256
from html.entities import html5
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus, urlsplit

from data.text.redaction import HIDDEN, NAMES

MIN_VALUE_LENGTH: Final = 8
"""Characters of a value from which on it is hidden without the name of its parameter."""

MAX_ADDRESS_LENGTH: Final = 2000
"""Characters of an address in which a parameter is looked for by its name alone."""

USER_INFO: Final = re.compile(r"(?<=://)([^/\s?#\"'<>@]*)@")

NAMED_VALUE: Final = re.compile(
    rf"[?&;#](?:amp;)?({NAMES})=([^&;#\s\"'<>()]+)", re.IGNORECASE | re.ASCII
)

QUOTE: Final = r"(?:\\?[\"']|&quot;|&#0{0,4}3[49];|\\u0022)"

REFERENCES: Final[dict[str, list[str]]] = {}
"""The names of HTML references to a character, such as ``equals`` of ``=``."""

for _name, _character in html5.items():
    if _name.endswith(";"):
        REFERENCES.setdefault(_character, []).append(_name[:-1])


class Secret(NamedTuple):
    """A secret of an address: the name of its parameter, empty for a user, and its value."""

    name: str
    value: str

    @property
    def is_distinctive(self) -> bool:
        """Whether the value is hidden without its name: no short text, plain word or number."""
        is_word = self.value.isalpha() and (self.value.islower() or self.value.istitle())
        return len(self.value) >= MIN_VALUE_LENGTH and not is_word and not self.value.isdecimal()


class Secrets:
    """Hides the secrets of some addresses in texts.

    ``addresses`` are those of sources, as requested or as published. Of an address whose value is
    hidden already, all values of that parameter at its host are hidden, unless another address
    gives the value.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        addresses = sorted(set(addresses))
        self.known = frozenset(one for address in addresses for one in secrets_in(address))
        names = {one.name for one in self.known}
        self._places = frozenset(
            (urlsplit(address).netloc, found[1].lower())
            for address in addresses
            for found in NAMED_VALUE.finditer(address)
            if found[2] == HIDDEN and found[1].lower() not in names
        )
        self._pattern = _pattern(self.known, self._places)

    def __bool__(self) -> bool:
        """Whether there is any secret."""
        return self._pattern is not None

    @property
    def identity(self) -> tuple[AbstractSet[Secret], AbstractSet[tuple[str, str]]]:
        """What is hidden: the secrets, and hosts with the names of parameters."""
        return self.known, self._places

    @property
    def mark(self) -> bytes:
        """Two bytes that other secrets rarely have: enough to notice a change, too few to guess."""
        told = repr((sorted(self.known), sorted(self._places))).encode()
        return sha256(told).digest()[:2] if self else b""

    def hidden(self, text: str) -> str:
        """A text with ``***`` in place of each secret."""
        return self._pattern.sub(_replacement, text) if self._pattern else text

    def is_in(self, content: bytes) -> bool:
        """Whether some bytes hold a secret, as text in any charset that extends ASCII or UTF-16."""
        if self._pattern is None:
            return False
        return self._pattern.search(content.replace(b"\0", b"").decode("latin-1")) is not None


def secrets_in(address: str) -> set[Secret]:
    """The users, passwords and values of secret parameters in an address; none that are hidden."""
    found = {
        Secret(one[1].lower(), unquote_plus(one[2]))
        for one in NAMED_VALUE.finditer(address)
        if one[2] != HIDDEN
    }
    for one in USER_INFO.finditer(address):
        found |= {Secret("", unquote(part)) for part in one[1].split(":", 1)}
    return {one for one in found if one.value and (one.name or one.is_distinctive)}


def _replacement(found: re.Match[str]) -> str:
    kept = next((part for part in found.groups() if part), "")
    return kept + HIDDEN


@lru_cache(maxsize=16)
def _pattern(
    secrets: frozenset[Secret], places: frozenset[tuple[str, str]]
) -> re.Pattern[str] | None:
    """What matches any of these secrets; a group keeps what stands before the value."""
    parts = []
    for one in sorted(secrets, key=lambda one: (-len(one.value), one)):
        if one.is_distinctive:
            parts.append(_spelled(one.value))
        else:
            equals = rf"(?:{_spelled('=')}|{QUOTE}\s{{0,9}}:\s{{0,9}}{QUOTE}?)"
            parts.append(rf"({_spelled(one.name)}{equals}){_spelled(one.value)}(?![A-Za-z0-9_])")
    for host, name in sorted(places):
        way = rf"//{re.escape(host)}/(?:(?!//)[^\s\"'<>]){{0,{MAX_ADDRESS_LENGTH}}}?[?&;#](?:amp;)?"
        parts.append(rf"({way}{re.escape(name)}=)(?!\*\*\*)[^&;#\s\"'<>()]+")
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _spelled(text: str) -> str:
    """A pattern for a text, each of its characters in any spelling."""
    return "".join(_any_spelling(one) for one in text)


@lru_cache(maxsize=256)
def _any_spelling(one: str) -> str:
    code = ord(one)
    units = one.encode("utf-16-be").hex()
    escape = "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    percent = "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in one.encode("utf-8", "replace"))
    ways = [
        re.escape(one),
        percent,
        rf"&(?:amp;)?\#(?:0{{0,6}}{code}|x0{{0,6}}{code:x})(?:;|(?![0-9a-f]))",
        escape,
        rf"\\(?:x|u\{{)?0{{0,4}}{code:x}(?:[\s}}]|(?![0-9a-f]))",
    ]
    if code < 256:  # noqa: PLR2004 - \xhh has two digits
        ways.append(rf"\\x{code:02x}")
    if not one.isascii():
        # UTF-8 that is read as Latin-1.
        ways.append(re.escape(one.encode("utf-8", "replace").decode("latin-1")))
    if names := REFERENCES.get(one):
        ways.append(rf"&(?:{'|'.join(sorted(names, key=len, reverse=True))});")
    if one == " ":
        ways.append(r"\+")
    if not one.isalnum():
        ways.append(rf"\\{re.escape(one)}")
    return f"(?:{'|'.join(ways)})"


NO_SECRETS: Final = Secrets(())
