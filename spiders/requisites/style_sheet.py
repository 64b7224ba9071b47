"""Find the files that style sheets, ``<style>`` elements and style attributes refer to.

`PageWords` decides which of these files a page needs. Values for other media, such as print, are
skipped. The time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from lxml import etree

from data.text.css_links import TOKEN, address_of, style_text, unescaped
from spiders.page.links import resolve
from spiders.requisites.media_queries import matches_any

Kind: TypeAlias = Literal["style", "font", "image", "script"]

MAX_CHOICES = 30
"""Maximum number of rules remembered per URL. A URL with more rules is always needed."""


class Requisite(msgspec.Struct, frozen=True, array_like=True):
    """A file that a page or style sheet refers to.

    - ``names``: the classes and ids in each CSS rule that refers to the file. A page needs the file
      if it has all names of one rule, or if ``names`` is empty.
    - ``letters``: ranges of code points. A page needs the font if it contains a letter in one of
      them, or if ``letters`` is empty.
    """

    url: str
    kind: Kind
    names: tuple[tuple[str, ...], ...] = ()
    letters: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class PageWords:
    """The words and characters of a page, which decide which files in style sheets it needs.

    Contains the classes and ids in lower case, and the sorted code points of the characters.
    """

    names: frozenset[str]
    letters: Sequence[int]

    @classmethod
    def of(cls, tree: etree._Element) -> PageWords:
        """Collect the classes, ids and letters of a parsed page."""
        names: set[str] = set()
        letters: set[str] = set()
        for element in tree.iter(etree.Element):
            names.update((element.get("class") or "").lower().split())
            names.add((element.get("id") or "").lower())
            letters.update(element.text or "")
            letters.update(element.tail or "")
        return cls(frozenset(names), sorted(map(ord, letters)))

    def need(self, requisite: Requisite) -> bool:
        """Whether the page needs a requisite of one of its style sheets."""
        if requisite.names and not any(self.names.issuperset(one) for one in requisite.names):
            return False
        return not requisite.letters or any(
            self._has(first, last) for first, last in requisite.letters
        )

    def _has(self, first: int, last: int) -> bool:
        place = bisect_left(self.letters, first)
        return place < len(self.letters) and self.letters[place] <= last


MAX_SHEET_BYTES: Final = 2_000_000
"""Maximum size of a style sheet that is read, in bytes."""

MAX_PER_SHEET: Final = 1_000
"""Maximum number of files returned per style sheet."""

MAX_RANGES: Final = 1_000
"""Maximum number of ranges of letters remembered per font. A font with more ranges is always
needed."""

OLD_FONTS: Final = frozenset({"embedded-opentype", "svg"})
"""Formats of fonts that common browsers do not load."""

COMMENT: Final = re.compile(r"/\*[\s\S]*?(?:\*/|\Z)")
FONT_FORMAT: Final = re.compile(r"\s*+format\(\s*+[\"']?([\w-]++)", re.IGNORECASE)
DENSITY: Final = re.compile(
    r"\s*+(?:type\([^()]*+\)\s*+)?(\d++(?:\.\d++)?|\.\d++)(?:x|dppx)\b", re.IGNORECASE
)
"""Pattern of the part of an ``image-set()`` option that follows its URL."""

IMPORT_CONDITION: Final = re.compile(
    r"\b(?:layer\b(?:\([^()]*+\))?|supports\((?:[^()]|\([^()]*+\))*+\))", re.IGNORECASE
)
"""Pattern of conditions of ``@import`` that are not media queries."""

LETTERS: Final = re.compile(r"unicode-range\s*+:([^;}]*+)", re.IGNORECASE)
RANGE: Final = re.compile(r"U\+([0-9a-f]{0,6})(\?{0,6})(?:-([0-9a-f]{1,6}))?", re.IGNORECASE)

SELECTOR_PART: Final = re.compile(
    r"""(?P<open>\()|(?P<close>\))|(?P<comma>,)
    |\[(?:[^\]"']|"[^"]*+"?|'[^']*+'?)*+\]?
    |(?:\#|\.(?!-?\d))(?P<name>(?:[\w-]|[^\x00-\x7f]|\\[\s\S])++)|\\[\s\S]""",
    re.VERBOSE,
)
"""Pattern of the parts of a selector that matter: classes, ids, and what separates them."""

Names = tuple[tuple[str, ...], ...]


class _Block(NamedTuple):
    """A block of a style sheet. ``names`` are the classes and ids of its rule."""

    kind: Literal["values", "font", "skipped"]
    names: Names = ()


def requisites_of_sheet(body: bytes, base: str, content_type: str = "") -> list[Requisite]:
    """Return the files that a style sheet refers to. ``base`` is its URL.

    The charset comes from the byte order mark, the HTTP header or the ``@charset`` rule.
    """
    return requisites_of_style(style_text(body[:MAX_SHEET_BYTES], content_type), base)


def requisites_of_style(text: str, base: str) -> list[Requisite]:
    """Return the files that a ``<style>`` element or style attribute refers to.

    ``base`` is the base URL of the page.
    """
    reader = _Reader(text[:MAX_SHEET_BYTES], base)
    reader.read()
    return [*reader.found.values()]


class _Reader:
    """Collects the requisites of one style sheet by URL."""

    def __init__(self, css: str, base: str) -> None:
        self.found: dict[tuple[str, Kind], Requisite] = {}
        self._css = css
        self._base = base
        self._blocks: list[_Block] = []
        self._font_start = 0
        self._font = ""
        self._begin(0)

    def _begin(self, place: int) -> None:
        """Begin a statement: a rule, at-rule or declaration."""
        self._start = place
        self._rule = ""
        self._import: tuple[str, int] | None = None
        self._has_font = False
        self._depth = 0  # number of open parentheses since "image-set("
        self._options: list[tuple[float, str]] = []

    @property
    def _block(self) -> _Block:
        return self._blocks[-1] if self._blocks else _Block("values")

    def read(self) -> None:
        """Read the style sheet."""
        for token in TOKEN.finditer(self._css):
            group = token.lastgroup
            if token["url"] is not None or group == "text":
                self._link(token)
            elif group == "rule":
                self._rule = self._rule or token[0].lower()
            elif group == "set":
                self._end_options()
                self._depth = 1
            elif group == "mark" and token[0] in "()":
                self._depth += (token[0] == "(") - (token[0] == ")") if self._depth else 0
                if not self._depth:
                    self._end_options()
            elif group == "mark":
                self._mark(token[0], token.start())
        self._mark("}", len(self._css))

    def _mark(self, mark: str, place: int) -> None:
        """Process the end of a statement, which may begin or end a block."""
        self._end_options()
        if self._import:
            url, start = self._import
            if matches_any(
                IMPORT_CONDITION.sub(" ", COMMENT.sub(" ", self._css[start:place])).strip()
            ):
                self._add(url, "style")
        if mark == "{":
            self._blocks.append(self._opened(place))
        elif mark == "}" and self._blocks and self._blocks.pop().kind == "font":
            self._add(self._font, "font", letters=_letters(self._css[self._font_start : place]))
            self._font, self._font_start = "", place
        self._begin(place + 1)

    def _opened(self, place: int) -> _Block:
        """Return the block that begins after the current statement."""
        outer = self._block
        if outer.kind == "skipped":
            return outer
        if self._rule == "@font-face":
            self._font_start = place
            return _Block("font")
        if self._rule or outer.names:
            # The query of a nested rule is in its text after the name of the rule.
            text = self._text(place).lower().partition("@media")
            return _Block("skipped") if text[1] and not matches_any(text[2]) else outer
        return _Block("values", _names_of(self._text(place)))

    def _text(self, end: int) -> str:
        """Return the current statement without comments."""
        return COMMENT.sub(" ", self._css[self._start : end])

    def _link(self, token: re.Match[str]) -> None:
        """Process a ``url()`` or string."""
        is_text = token["url"] is None
        block = self._block
        if block.kind == "skipped":
            return
        if self._rule:
            if self._rule == "@import" and not self._import:
                self._import = address_of(token), token.end()
        elif self._depth == 1:
            density = DENSITY.match(self._css, token.end())
            self._options.append(
                (abs(float(density[1]) - 1) if density else 0.0, address_of(token))
            )
        elif is_text or self._depth:
            return
        elif block.kind == "font":
            self._source(address_of(token), token.end())
        else:
            self._add(address_of(token), "image", block.names)

    def _source(self, url: str, end: int) -> None:
        """Add the first URL of a ``src`` in a format that current browsers load."""
        named = FONT_FORMAT.match(self._css, end)
        is_old = named and named[1].lower() in OLD_FONTS
        if not (is_old or self._has_font or url.partition("?")[0].lower().endswith(".eot")):
            self._font, self._has_font = url, True

    def _end_options(self) -> None:
        """Add the image of an ``image-set()`` with the density nearest to 1."""
        if self._options:
            self._add(min(self._options, key=itemgetter(0))[1], "image", self._block.names)
        self._options = []
        self._depth = 0

    def _add(
        self,
        written: str,
        kind: Kind,
        names: Names = (),
        letters: tuple[tuple[int, int], ...] = (),
    ) -> None:
        url = resolve(written, self._base) if written and written[0] != "#" else None
        if url is None:
            return
        known = self.found.get((url, kind))
        if known is None and len(self.found) >= MAX_PER_SHEET:
            return
        if known is not None:
            names = (*known.names, *names) if known.names and names else ()
            letters = (*known.letters, *letters) if known.letters and letters else ()
        names = () if len(names) > MAX_CHOICES else names
        letters = () if len(letters) > MAX_RANGES else letters
        self.found[url, kind] = Requisite(url, kind, names, letters)


def _letters(font: str) -> tuple[tuple[int, int], ...]:
    """Return the ranges in the ``unicode-range`` of an ``@font-face`` rule."""
    found = LETTERS.search(font)
    return tuple(
        (
            int(digits + "0" * len(any_digit) or "0", 16),
            int(last or digits + "f" * len(any_digit) or "0", 16),
        )
        for digits, any_digit, last in RANGE.findall(found[1] if found else "")
    )


def _names_of(selectors: str) -> Names:
    """Return the classes and ids of each selector of a rule, or nothing if a selector has none."""
    rules: list[set[str]] = [set()]
    depth = 0
    for part in SELECTOR_PART.finditer(selectors):
        if part["open"] or part["close"]:
            depth += 1 if part["open"] else -1
        elif depth:
            continue
        elif part["comma"]:
            rules.append(set())
        elif part["name"]:
            rules[-1].add(unescaped(part["name"]).lower())
    return tuple(dict.fromkeys(tuple(sorted(one)) for one in rules)) if all(rules) else ()
