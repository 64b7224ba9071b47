"""Read RTF files (Rich Text Format 1.9.1) page by page."""

import codecs
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from spiders.attachments.limits import CutShort

TOKEN: Final = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})?[ ]?"
    rb"|\\'([0-9a-fA-F]{2})|\\([^a-z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
"""Pattern that matches a control word with its number, an encoded byte, a control symbol, a brace,
or text."""

MAX_DEPTH: Final = 1_000
"""Maximum number of open groups."""

SKIPPED_GROUPS: Final = frozenset(
    (b"fonttbl colortbl stylesheet info pict object fldinst datastore themedata listtable xmlnstbl"
     b" listoverridetable rsidtbl generator latentstyles filetbl revtbl header headerl headerr"
     b" headerf footer footerl footerr footerf annotation atnid atnauthor").split()
)  # fmt: skip
"""Groups whose text is not on the document's pages, or is on every page, such as headers."""

CHARACTERS: Final = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"tab": " ", b"cell": " ", b"sect": "\n",
    b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
SYMBOLS: Final = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n"}

CHARSETS: Final = {
    128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
"""Encodings by the number of a font's charset."""


class RtfGroup(NamedTuple):
    """State of a group: whether it is skipped, its encoding, and its number of fallback characters.

    In an RTF file, fallback characters follow each Unicode character, for old programs.
    """

    skipped: bool
    encoding: str
    fallback: int


def read_rtf(body: bytes) -> Iterator[str]:
    """Yield the pages of an RTF file. Raises CutShort if it ends early or is nested too deeply."""
    return _Rtf(body).pages()


class _Rtf:
    """Reads one RTF file, in linear time."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._groups: list[RtfGroup] = []
        self._now = RtfGroup(skipped=False, encoding="cp1252", fallback=1)
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._in_fonts = 0
        """Number of open groups when the font table began, or 0 outside of it."""
        self._default = "cp1252"
        self._parts: list[str] = []
        self._bytes = bytearray()
        self._left_out = 0
        """Number of fallback characters still to be skipped after the last Unicode character."""

    def pages(self) -> Iterator[str]:
        """Yield the text of each page of the document."""
        place = 0
        while match := TOKEN.match(self._body, place):
            place = match.end()
            word, number, byte, symbol, brace, text = match.groups()
            if word == b"bin":
                place += max(0, int(number or 0))
            elif word == b"page" and not self._now.skipped:
                yield self._page()
            elif word:
                self._word(word, int(number) if number else None)
            elif brace:
                self._brace(brace)
                if not self._groups:
                    break
            elif symbol:
                self._symbol(symbol)
            else:
                self._text(bytes([int(byte, 16)]) if byte else text or b"")
        yield self._page()
        if self._groups:
            raise CutShort("damaged")

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._now = self._now._replace(skipped=True)
        else:
            self._add(SYMBOLS.get(symbol, ""))

    def _brace(self, brace: bytes) -> None:
        self._decode()
        self._left_out = 0
        if brace == b"{":
            if len(self._groups) >= MAX_DEPTH:
                raise CutShort("damaged")
            self._groups.append(self._now)
        elif self._groups:
            self._now = self._groups.pop()
            if len(self._groups) < self._in_fonts:
                self._in_fonts = 0

    def _text(self, text: bytes) -> None:
        if self._left_out:
            skipped = min(self._left_out, len(text))
            self._left_out -= skipped
            text = text[skipped:]
        if not self._now.skipped:
            self._bytes += text

    def _word(self, word: bytes, number: int | None) -> None:
        if word == b"u" and number is not None:
            self._add(chr(number % 0x10000))
            self._left_out = self._now.fallback
        elif word == b"uc":
            self._now = self._now._replace(fallback=max(0, number or 0))
        elif word == b"ansicpg":
            self._default = known_encoding(f"cp{number}")
            self._encode(self._default)
        elif word == b"f":
            self._font = number or 0
            if not self._in_fonts:
                self._encode(self._fonts.get(self._font, self._default))
        elif word == b"fcharset" and self._in_fonts:
            self._fonts[self._font] = CHARSETS.get(number or 0, self._default)
        elif word in SKIPPED_GROUPS:
            if word == b"fonttbl":
                self._in_fonts = len(self._groups)
            self._now = self._now._replace(skipped=True)
        else:
            self._add(CHARACTERS.get(word, ""))

    def _encode(self, encoding: str) -> None:
        self._decode()
        self._now = self._now._replace(encoding=encoding)

    def _add(self, text: str) -> None:
        self._decode()
        if text and not self._now.skipped:
            self._parts.append(text)

    def _decode(self) -> None:
        """Decode the collected bytes. They are collected because a character may have several."""
        if self._bytes:
            self._parts.append(self._bytes.decode(self._now.encoding, "replace"))
            self._bytes.clear()

    def _page(self) -> str:
        self._decode()
        page = "".join(self._parts)
        self._parts.clear()
        # Characters beyond 16 bits are stored as two surrogates.
        return page.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def known_encoding(name: str) -> str:
    """Return the name of an encoding, or that of Western European if Python does not know it."""
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
