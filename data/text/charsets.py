"""Decoding of captured pages and style sheets, whose charset may be missing or wrong."""

import re
from typing import Final

from w3lib.encoding import (
    html_to_unicode,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
    to_unicode,
)

CHARSET_RULE: Final = re.compile(rb'@charset "([^"]{1,40})";')


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


def page_text(body: bytes, content_type: str) -> str:
    """Decode a body with its declared charset, or with a guessed charset if none is declared."""
    try:
        return html_to_unicode(content_type or None, body, auto_detect_fun=guessed)[1]
    except (LookupError, ValueError):
        # Some codecs of Python, such as hex, do not decode text.
        return body.decode(guessed(body), "replace")


def guessed(body: bytes) -> str:
    """Guess the charset of a page without a declared charset, as browsers do."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
