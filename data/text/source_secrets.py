"""Masking of secrets from source addresses in any text that repeats them.

A site may write a token from its address into links, redirects and scripts, in any encoding. Texts
and secrets are compared in decoded form (data.text.decoded_forms). The time depends on the length
of the text, not on the number of secrets.
"""

import re
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import unquote, unquote_plus, urlsplit

from data.text.decoded_forms import (
    DecodedForm,
    decoded_forms,
    decoded_texts,
    letters_form,
    letters_of,
)
from data.text.masking import MASK, NAMES, without_user

RULES_VERSION: Final = 5
"""Version of the masking rules. When it changes, the whole site is rendered again."""

MIN_VALUE_LENGTH: Final = 8
"""Minimum number of letters and digits of a value that is masked even without its parameter's name.
"""

MAX_ADDRESS_LENGTH: Final = 2000
"""Maximum length in characters of an address whose secret parameters are found by name alone."""

MAX_DIRECT_LOOKUPS: Final = 128
"""Maximum number of spellings of secrets that are searched one by one."""

MIN_RANDOM_LENGTH: Final = 16
"""Minimum length in characters of a value that counts as secret only because it looks random."""

USER_INFO: Final = re.compile(r"(?<=://)([^/\s?#\"'<>@]*)@")

PARAMETER: Final = re.compile(r"[?&;#](?:amp;)?([^=&;#?\s]{1,200})=([^&;#\s]+)")

SECRET_NAME: Final = re.compile(
    rf"(?:{NAMES})|.*(?:token|secret|passw|pwd|signature|credential|session)s?.*"
    r"|(?:.*[^a-z])?(?:auth|sig|pass|pw|hash|hmac|jwt|key)(?:[^a-z].*)?|.*(?:rss|feed|user|app|subscription|member|private)key",
    re.IGNORECASE | re.ASCII,
)

HONEST_NAMES: Final = frozenset(
    ["id", "page", "category", "keyword", "keywords", "q", "query", "search", "lang", "language"]
)
"""Names of parameters whose values are not secret, even if they look random."""

RANDOM: Final = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[\w+/=-]+", re.ASCII)
"""Pattern that matches a random value: it has digits and letters of both cases."""

HEX: Final = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{24,}", re.IGNORECASE)

ADDRESS: Final = re.compile(rf"//([^/\s\"'<>?#]+)(/(?:(?!//)[^\s\"'<>]){{0,{MAX_ADDRESS_LENGTH}}})")

SHOWN_VALUE: Final = re.compile(r"([?&;#](?:amp;)?([^=&;#?\s]{1,200})=)(?!\*\*\*)[^&;#\s\"'<>()]+")

TAG_WITH_VALUE: Final = re.compile(r"<(?:input|meta|param|option|button|data)\s[^<>]*>")

ATTRIBUTE: Final = re.compile(
    r"([\w:-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
)

BARE_TAG: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,20}>")
"""Pattern that matches a tag without attributes, which can't contain a secret."""

DATE: Final = re.compile(
    r"(?:[0-3]?[0-9][-./]){0,2}(?:19|20)[0-9]{2}(?:[-./][0-3]?[0-9]){0,2}"
    r"(?:[-./](?:19|20)[0-9]{2})?(?:[T ][0-9:.]{2,15}(?:Z|[+-][0-9:]{2,5})?)?"
)
"""Pattern that matches a date, with or without a time, or a range of years such as 2025-2026."""

FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
"""Map from printable ASCII characters to their full-width forms, by code point."""

SEPARATOR: Final = re.compile(r"[\"'\]]{0,3}\s{0,9}[=:/]\s{0,9}\[?[\"']?|[\"']\s{0,9},\s{0,9}[\"']")
"""Pattern that matches the characters between a parameter's name and its value."""


NAME_ENDS: Final = "]\"'"
"""Characters at the end of a parameter's name that `SEPARATOR` also matches."""


class Secret(NamedTuple):
    """A secret in a source's address: its value, and the name of its URL parameter.

    For a password with a user name, ``name`` is the user name. For a user name or password alone,
    ``name`` is empty.
    """

    name: str
    value: str

    @property
    def is_distinctive(self) -> bool:
        """Return whether the value is masked wherever it occurs, even without its parameter's name.

        A distinctive value is long, and neither a plain word nor a number nor a date.
        """
        is_word = self.value.isalpha() and (self.value.islower() or self.value.istitle())
        is_long = len(_letters(self.value)) >= MIN_VALUE_LENGTH
        is_number = self.value.isdecimal() or DATE.fullmatch(self.value)
        return is_long and not is_word and not is_number


class Secrets:
    """Masks secrets from source addresses in texts.

    ``addresses`` are the sources' addresses, as requested or with masked values. If an address
    contains a masked value, all values of this parameter are masked in addresses at the same host.
    An exception is a parameter that another source address contains with its value.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        addresses = sorted(set(addresses))
        self.known = frozenset(one for address in addresses for one in secrets_in(address))
        places: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
        for address in addresses:
            for name, value in parameters(address):
                host = urlsplit(without_user(address)).netloc
                places[value == MASK].add((host, name))
        self._places = frozenset(places[True] - places[False])
        # Distinctive values are grouped by their first letters, other values by their parameter's
        # name.
        self._values: dict[str, dict[str, str]] = {}
        self._named: dict[str, set[str]] = {}
        for one in sorted(self.known):
            # Pages may decode UTF-8 as Latin-1.
            values = {one.value, one.value.encode("utf-8", "replace").decode("latin-1")}
            for value in values | (encoded_spellings(one.value) if one.is_distinctive else set()):
                if one.is_distinctive:
                    letters = _letters(value)
                    self._values.setdefault(letters[:MIN_VALUE_LENGTH], {})[letters] = value.lower()
                else:
                    name = one.name.rstrip(NAME_ENDS)
                    self._named.setdefault(name, set()).add(value.lower())
        self._value_lengths = {one: _lengths(some) for one, some in self._values.items()}
        self._named_lengths = {one: _lengths(some) for one, some in self._named.items()}
        self._name_lengths = _lengths(self._named)

    def __bool__(self) -> bool:
        """Return whether there are any secrets."""
        return bool(self.known or self._places)

    @property
    def identity(self) -> tuple[AbstractSet[Secret], AbstractSet[tuple[str, str]]]:
        """Return the known secrets, and the pairs of a host and a masked parameter."""
        return self.known, self._places

    @property
    def mark(self) -> bytes:
        """Return two bytes that change with the secrets but are too short to reveal a secret."""
        known = repr((RULES_VERSION, sorted(self.known), sorted(self._places))).encode()
        return sha256(known).digest()[:2] if self else b""

    def masked(self, text: str) -> str:
        """Replace each secret in a text by ``***``."""
        if self.known and self._may_be_in(text):
            text = _without(text, self._spans(text))
        return ADDRESS.sub(self._without_values, text) if self._places else text

    def is_in(self, content: bytes) -> bool:
        """Return whether bytes contain a secret, in UTF-16 or any charset that extends ASCII."""
        if not self:
            return False
        text = content.replace(b"\0", b"").decode("latin-1")
        return self.masked(text) != text

    def _may_be_in(self, text: str) -> bool:
        """Return whether a text, in any decoded form, may contain a secret.

        A form may contain a secret if it has the beginning of a distinctive value, or the name of a
        secret followed by a value.
        """
        for form in decoded_texts(text):
            if self._named and (any(self._after_names(form)) or TAG_WITH_VALUE.search(form)):
                return True
            if self._values and self._has_beginning(form):
                return True
        return False

    def _has_beginning(self, text: str) -> bool:
        """Return whether the beginning of a distinctive value occurs in a decoded text."""
        return next(self._beginnings(letters_of(text)), None) is not None

    def _beginnings(self, letters: str) -> Iterator[int]:
        """Yield the positions in ``letters`` where a distinctive value may begin."""
        if len(self._values) <= MAX_DIRECT_LOOKUPS and not any(
            one in letters for one in self._values
        ):
            return iter(())
        known, length = self._values, MIN_VALUE_LENGTH
        places = range(len(letters) - length + 1)
        return (at for at in places if letters[at : at + length] in known)

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each secret in a text."""
        for form in decoded_forms(text):
            # Computing positions takes much longer than finding the letters.
            if self._values and self._has_beginning(form.text):
                yield from self._distinctive(form)
            if self._named:
                yield from self._behind_names(form)
                yield from self._in_tags(form)

    def _distinctive(self, form: DecodedForm) -> Iterator[tuple[int, int]]:
        letters = letters_form(form)
        end = 0
        for at in self._beginnings(letters.text):
            beginning = letters.text[at : at + MIN_VALUE_LENGTH]
            some = self._values[beginning]
            for length in self._value_lengths[beginning] if at >= end else ():
                if value := some.get(letters.text[at : at + length]):
                    end = at + length
                    first, last = letters.span(at, end)
                    yield first, last
                    yield from _rest(form, last, value)
                    break

    def _behind_names(self, form: DecodedForm) -> Iterator[tuple[int, int]]:
        for name, at in self._after_names(form.text):
            for length in self._named_lengths[name]:
                end = at + length
                is_whole = not form.text[end : end + 1].isalnum()
                if is_whole and form.text[at:end] in self._named[name]:
                    yield form.span(at, end)
                    break

    def _after_names(self, text: str) -> Iterator[tuple[str, int]]:
        """Yield the names of secrets in a decoded text, with the position of a possible value."""
        for found in SEPARATOR.finditer(text):
            at = found.start()
            for length in self._name_lengths:
                if (name := text[max(0, at - length) : at]) in self._named:
                    yield name, found.end()

    def _in_tags(self, form: DecodedForm) -> Iterator[tuple[int, int]]:
        for tag in TAG_WITH_VALUE.finditer(form.text):
            found = [*ATTRIBUTE.finditer(form.text, tag.start(), tag.end())]
            values = [(one, next(n for n in (2, 3, 4) if one[n] is not None)) for one in found]
            named = {one[group] for one, group in values if one[1] in {"name", "id", "property"}}
            for one, group in values:
                if (
                    any(one[group] in self._named.get(name.rstrip(NAME_ENDS), ()) for name in named)
                    and one[group]
                ):
                    yield form.span(*one.span(group))

    def _without_values(self, found: re.Match[str]) -> str:
        """Replace values of masked parameters in an address by ``***``."""

        def shown(one: re.Match[str]) -> str:
            is_secret = (found[1], _name(one[2])) in self._places
            return one[1] + MASK if is_secret else one[0]

        return f"//{found[1]}{SHOWN_VALUE.sub(shown, found[2])}"


@lru_cache(maxsize=8)
def secrets_of_addresses(addresses: tuple[str, ...]) -> Secrets:
    """Return the secrets in source addresses.

    The result is cached, because thousands of addresses take 0.1 s.
    """
    return Secrets(addresses)


def parameters(address: str) -> Iterator[tuple[str, str]]:
    """Yield the decoded name and the value of each secret parameter in an address.

    Masked values are included.
    """
    for one in PARAMETER.finditer(address):
        name = _name(one[1])
        plain = unquote(one[2])
        is_random = name not in HONEST_NAMES and len(plain) >= MIN_RANDOM_LENGTH
        is_random = is_random and bool(RANDOM.fullmatch(plain) or HEX.fullmatch(plain))
        if is_random or one[2] == MASK or SECRET_NAME.fullmatch(name):
            yield name, one[2]


def secrets_in(address: str) -> set[Secret]:
    """Return the users, passwords and secret parameters in an address, except masked values."""
    found = {
        Secret(name, decode(value))
        for name, value in parameters(address)
        if value != MASK
        # A plus sign may represent a space or itself.
        for decode in (unquote, unquote_plus)
    }
    for one in USER_INFO.finditer(address):
        parts = [unquote(part) for part in one[1].split(":", 1)]
        found |= {Secret("", part) for part in parts}
        if len(parts) > 1 and all(parts):
            found.add(Secret(parts[0].lower(), parts[1]))
            found.add(Secret("", b64encode(":".join(parts).encode()).decode()))
    return {one for one in found if one.value and (one.name or one.is_distinctive)}


def encoded_spellings(value: str) -> set[str]:
    """Return a value in Base64, hexadecimal and full-width letters.

    Base64 has three spellings, depending on the position of the value in the encoded bytes.
    Characters that also encode adjacent bytes are omitted. The URL-safe alphabet differs only in
    signs, which are never compared. Spellings shorter than `MIN_VALUE_LENGTH` are omitted.
    """
    content = value.encode("utf-8", "replace")
    full_width = value.translate(FULL_WIDTH)
    # Pages may decode UTF-8 as Latin-1.
    as_latin = full_width.encode("utf-8", "replace").decode("latin-1")
    found = {content.hex(), full_width, as_latin}
    for before in range(3):
        encoded = b64encode(bytes(before) + content).decode().rstrip("=")
        whole = (before + len(content)) * 8 // 6
        found.add(encoded[-(-before * 8 // 6) : whole])
    return {one for one in found if len(_letters(one)) >= MIN_VALUE_LENGTH}


def _name(text: str) -> str:
    return unquote_plus(text).lower()


def _letters(value: str) -> str:
    """Return the letters and digits of a value in lower case."""
    return "".join(one for one in value.lower() if one.isalnum())


def _lengths(values: Iterable[str]) -> list[int]:
    """Return the distinct lengths of these values, longest first."""
    return sorted({len(one) for one in values}, reverse=True)


def _rest(form: DecodedForm, at: int, value: str) -> Iterator[tuple[int, int]]:
    """Yield the span of the signs at the end of a value, such as ``==``, if any.

    ``at`` is the position after the value's letters.
    """
    signs = value[len(value.rstrip("=!&$*+-_./")) :]
    if signs:
        # ``form.starts`` is sorted, because a form keeps the order of the original text.
        first = bisect_left(form.starts, at)
        end = first
        for sign in signs:
            end += form.text[end : end + 1] == sign
        if end > first:
            yield form.span(first, end)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Replace spans of a text by ``***``, but keep tags without attributes."""
    pieces = []
    at = 0
    for first, last in _joined(spans):
        pieces += [text[at:first], MASK, *BARE_TAG.findall(text[first:last])]
        at = last
    return "".join([*pieces, text[at:]])


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort spans, and merge spans that overlap or touch."""
    made: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if made and first <= made[-1][1]:
            made[-1] = made[-1][0], max(last, made[-1][1])
        else:
            made.append((first, last))
    return made


NO_SECRETS: Final = Secrets(())
