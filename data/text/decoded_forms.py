"""Decode escapes and markup in a text, keeping the original position of each character.

A value may be percent-encoded, written as HTML references, or escaped for JSON, JavaScript or CSS.
Values may also be encoded several times, or contain tags. The time is linear in the length of the
text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from io import StringIO
from typing import Final

MAX_FORMS: Final = 6
"""Maximum number of forms of a text, each decoded from the previous one."""

INVISIBLE: Final = "\u00ad\u200b-\u200f\u2060\ufeff"

ESCAPED: Final = re.compile(
    r"%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}"
    r"|%f[0-7](?:%[89ab][0-9a-f]){3}|%[89a-f][0-9a-f]"
    r"|&\#(?:[0-9]{1,10}|x[0-9a-f]{1,10});?"
    r"|&[a-z][a-z0-9]{1,31};|&(?:amp|lt|gt|quot|nbsp|shy)(?![a-z0-9=])"
    r"|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}"
    r"|\\x[0-9a-f]{2}|\\[0-9a-f]{1,6}\s?|\\[^a-z0-9]|\\[nrtv]"
    rf"|[{INVISIBLE}]",
    re.IGNORECASE | re.ASCII,
)

TAG: Final = re.compile(r"</?[a-zA-Z!][^<>]*>")

LETTERS: Final = re.compile(r"[^\W_]+")

INVISIBLE_TEXT: Final = re.compile(f"[{INVISIBLE}]*")


@dataclass(frozen=True, slots=True)
class DecodedForm:
    """A decoded form of a text.

    The character at position ``i`` was decoded from ``text[starts[i]:ends[i]]`` of the original
    text.
    """

    text: str
    starts: array[int]
    ends: array[int]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the start and end in the original text of a part of this form.

        The part has the characters from ``first`` to ``last - 1``.
        """
        return self.starts[first], self.ends[last - 1]

    def parts(self, places: Iterable[tuple[int, int]]) -> DecodedForm:
        """Return a form that joins parts of this form.

        ``places`` contains their starts and ends.
        """
        text, starts, ends = StringIO(), array("i"), array("i")
        for first, last in places:
            text.write(self.text[first:last])
            starts.extend(self.starts[first:last])
            ends.extend(self.ends[first:last])
        return DecodedForm(text.getvalue(), starts, ends)


def decoded_texts(text: str) -> Iterator[str]:
    """Yield a text in lower case, and then its decoded forms until decoding changes nothing."""
    for _ in range(MAX_FORMS):
        yield _lower(text)
        after = ESCAPED.sub(_decoded, text)
        if after == text:
            return
        text = after


def decoded_forms(text: str) -> Iterator[DecodedForm]:
    """Yield the texts of `decoded_texts` as forms with the original positions of characters."""
    count = len(text)
    form = DecodedForm(text, array("i", range(count)), array("i", range(1, count + 1)))
    for _ in range(MAX_FORMS):
        yield DecodedForm(_lower(form.text), form.starts, form.ends)
        after = _decode(form)
        if after.text == form.text:
            return
        form = after


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in lower case.

    Letters outside tags come first, then letters inside tags.
    """
    tags = TAG.findall(text)
    pieces = [TAG.sub("", text), *tags] if tags else [text]
    return "\n".join(["".join(LETTERS.findall(piece)) for piece in pieces])


def letters_form(form: DecodedForm) -> DecodedForm:
    """Return the letters and digits of a form like `letters_of`, with their original positions."""
    return form.parts(_letter_places(form.text))


def _letter_places(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of letters and digits.

    Runs outside tags come first, then runs inside tags.
    """
    at = 0
    for tag in TAG.finditer(text):
        yield from (one.span() for one in LETTERS.finditer(text, at, tag.start()))
        at = tag.end()
    yield from (one.span() for one in LETTERS.finditer(text, at))
    for tag in TAG.finditer(text):
        # The bracket separates the letters of two adjacent tags.
        yield tag.start(), tag.start() + 1
        yield from (one.span() for one in LETTERS.finditer(text, *tag.span()))


def _lower(text: str) -> str:
    # U+0130 is the only letter that becomes two characters in lower case.
    return text.replace("\u0130", "i").lower()


def _decode(form: DecodedForm) -> DecodedForm:
    """Return the next form of a text, in which each escape is replaced with its character."""
    pieces: list[str] = []
    starts, ends = array("i"), array("i")
    at = 0
    for found in ESCAPED.finditer(form.text):
        first, last = found.span()
        pieces.append(form.text[at:first])
        starts.extend(form.starts[at:first])
        ends.extend(form.ends[at:first])
        made = _decoded(found)
        pieces.append(made)
        start, end = form.span(first, last)
        starts.extend([start] * len(made))
        ends.extend([end] * len(made))
        at = last
    pieces.append(form.text[at:])
    starts.extend(form.starts[at:])
    ends.extend(form.ends[at:])
    return DecodedForm("".join(pieces), starts, ends)


def _decoded(found: re.Match[str]) -> str:
    """Return the character that an escape encodes, or "" if this character is invisible."""
    text = found[0]
    if text[0] == "%":
        octets = bytes.fromhex(text.replace("%", ""))
        try:
            made = octets.decode()
        except UnicodeDecodeError:
            made = octets.decode("latin-1")
    elif text[0] == "&":
        made = unescape(text if text.endswith(";") else text + ";")
    elif text[0] == "\\":
        made = _unescaped(text[1:])
    else:
        return ""
    return "" if INVISIBLE_TEXT.fullmatch(made) else made


def _unescaped(text: str) -> str:
    """Return the character that an escape sequence encodes.

    ``text`` is its part after the backslash.
    """
    kind = text[0].lower()
    if kind in "nrtv":
        return " "
    if kind == "u" and "\\" in text:
        pair = bytes.fromhex(text[1:5] + text[7:])
        return pair.decode("utf-16-be", "replace")
    if kind in "ux":
        code = int(text[1:].strip("{}"), 16)
    elif kind in "0123456789abcdef":
        code = int(text, 16)
    else:
        return text
    is_character = code < 0xD800 or 0xDFFF < code <= 0x10FFFF  # noqa: PLR2004 - Unicode's bounds
    return chr(code) if is_character else "\ufffd"
