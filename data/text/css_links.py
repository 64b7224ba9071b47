"""Decode a style sheet, and replace the addresses in a style sheet or style attribute.

One pass over the tokens of CSS (CSS Syntax 3) finds addresses in ``url()``, ``@import`` and
``image-set()``, and decodes their escapes. Comments, other strings and ``@namespace`` are not
changed. A pass takes linear time, because each pattern starts at a fixed character and reads no
part of the text twice.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from w3lib.encoding import http_content_type_encoding, read_bom, resolve_encoding, to_unicode

from data.text.html_text import guessed

Kind: TypeAlias = Literal["import", "image", "font"]
"""Purpose of an address in CSS: a style sheet ("import"), an image, or a font."""

ReplaceLink: TypeAlias = Callable[[str, Kind], str]
"""Function that maps an address in CSS to the address that replaces it."""

_END: Final = r"(?:\r\n|[ \t\r\n\f])?"
_U: Final = rf"(?:u|\\u|\\0{{0,4}}[57]5{_END})"
_R: Final = rf"(?:r|\\r|\\0{{0,4}}[57]2{_END})"
_L: Final = rf"(?:l|\\l|\\0{{0,4}}[46]c{_END})"
_TEXT: Final = r"""(?:"(?:[^"\\\n]|\\[\s\S])*+"?|'(?:[^'\\\n]|\\[\s\S])*+'?)"""

TOKEN: Final = re.compile(
    rf"""(?P<skipped>/\*[\s\S]*?(?:\*/|\Z)|@namespace\b[^;{{}}]*+)
    |(?<![\w-])(?P<url>{_U}{_R}{_L}\(\s*+(?:(?P<quoted>{_TEXT})|(?P<bare>(?:[^"'()\\\s]|\\[^\n])*+))\s*+\))
    |(?P<rule>@-?[a-z][\w-]*+)
    |(?P<set>image-set\()
    |(?P<mark>[(){{}};])
    |(?P<text>{_TEXT})
    |\\[\s\S]""",
    re.IGNORECASE | re.VERBOSE,
)
AT_RULES: Final[Mapping[str, Kind]] = {"@import": "import", "@font-face": "font"}
"""Kinds of addresses in at-rules, if they are not images."""

ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\n\f])|([\s\S]))")

CHARSET_RULE: Final = re.compile(rb'@charset "([^"]{1,40})";')

MAX_CHARACTER: Final = 0x10FFFF


def style_text(body: bytes, content_type: str) -> str:
    """Decode a style sheet: by its byte order mark, HTTP header or ``@charset`` rule."""
    encoding, bom = read_bom(body)
    rule = CHARSET_RULE.match(body)
    named = encoding or http_content_type_encoding(content_type)
    named = named or (rule and resolve_encoding(rule[1].decode("latin-1")))
    try:
        return to_unicode(body.removeprefix(bom or b""), named or guessed(body))
    except LookupError:
        # Some codecs of Python, such as hex, do not decode text.
        return body.decode(guessed(body), "replace")


def with_links(css: str, replace: ReplaceLink) -> str:
    """Replace each address in CSS using ``replace``.

    Empty addresses and fragments (``#id``) are not changed. Characters of new addresses that CSS
    strings can't contain are percent-encoded.
    """
    kind: Kind = "image"
    depth = 0  # number of open parentheses since "image-set("

    def replaced(found: re.Match[str]) -> str:
        nonlocal kind, depth
        group = found.lastgroup
        if found["url"] is not None:
            link = _replaced(address_of(found), kind, replace)
            return found[0] if link is None else f'url("{link}")'
        if group == "text" and (kind == "import" or depth == 1):
            link = _replaced(address_of(found), kind, replace)
            if kind == "import":
                kind = "image"
            return found[0] if link is None else f'"{link}"'
        if group == "rule":
            kind = AT_RULES.get(found[0].lower(), kind)
        elif group == "set":
            depth = 1
        elif group == "mark":
            if found[0] in "};":
                # A declaration ends at a semicolon; @font-face has several of them.
                kind = kind if found[0] == ";" and kind == "font" else "image"
                depth = 0
            elif depth and found[0] in "()":
                depth += 1 if found[0] == "(" else -1
        return found[0]

    return TOKEN.sub(replaced, css)


def address_of(found: re.Match[str]) -> str:
    """Return the address in a ``url()`` or string token."""
    text = found["quoted"] or (found["text"] if found["url"] is None else None)
    if text is None:
        return unescaped(found["bare"] or "").strip()
    # The closing quote may be missing.
    return unescaped(text[1 : -1 if len(text) > 1 and text[-1] == text[0] else None]).strip()


def unescaped(text: str) -> str:
    """Decode the escapes of CSS in a string or URL."""
    return ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        is_valid = 0 < code <= MAX_CHARACTER and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - surrogates
        return chr(code) if is_valid else "\N{REPLACEMENT CHARACTER}"
    return found[3] or ""


def _replaced(value: str, kind: Kind, replace: ReplaceLink) -> str | None:
    """Return the address that replaces ``value``, or None if it does not change."""
    if not value or value.startswith("#"):
        return None
    link = replace(value, kind)
    return (
        None if link == value else link.replace("\\", "%5C").replace('"', "%22").replace("\n", "")
    )
