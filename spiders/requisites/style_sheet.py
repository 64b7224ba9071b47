"""Find the files that style sheets, ``<style>`` elements and style attributes refer to.

tinycss2 splits the text into tokens. Values for other media, such as print, are skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import tinycss2
from tinycss2.ast import UnicodeRangeToken
from webencodings import Encoding, lookup

from spiders.page.links import resolve
from spiders.requisites.media_queries import matches_any
from spiders.requisites.requisite import MAX_CHOICES, Kind, Requisite

MAX_SHEET_BYTES: Final = 2_000_000
"""Maximum size of a style sheet that is read, in bytes. Reading that many takes about two seconds
of CPU time."""

MAX_PER_SHEET: Final = 1_000
"""Maximum number of files per style sheet that are returned."""

MAX_DEPTH: Final = 10
"""Maximum nesting depth of at-rules, such as ``@media``, that are read."""

CONDITIONAL: Final = frozenset({"media", "supports", "layer", "container", "scope", "document"})

OLD_FONTS: Final = frozenset({"embedded-opentype", "svg"})
"""Formats of fonts that common browsers do not load."""

IMAGE_SETS: Final = frozenset({"image-set", "-webkit-image-set"})

Tokens = Iterable[Any]


def requisites_of_sheet(
    body: bytes, base: str, content_type: str = "", page_encoding: str = ""
) -> list[Requisite]:
    """Return the files that a style sheet refers to. ``base`` is the URL of the style sheet.

    The encoding comes from the byte order mark, the HTTP header, the ``@charset`` rule or the page,
    in this order.
    """
    charset = content_type.lower().rpartition("charset=")[2].strip(" \"';")
    environment: Encoding | None = lookup(page_encoding) if page_encoding else None
    rules, _ = tinycss2.parse_stylesheet_bytes(
        body[:MAX_SHEET_BYTES],
        protocol_encoding=charset if "charset=" in content_type.lower() else None,
        environment_encoding=environment,
        skip_comments=True,
        skip_whitespace=True,
    )
    return _Reader(base).read(rules)


def requisites_of_style(text: str, base: str) -> list[Requisite]:
    """Return the files that a ``<style>`` element refers to. ``base`` is the page's base URL."""
    rules = tinycss2.parse_stylesheet(
        text[:MAX_SHEET_BYTES], skip_comments=True, skip_whitespace=True
    )
    return _Reader(base).read(rules)


def requisites_of_attribute(text: str, base: str) -> list[Requisite]:
    """Return the files that a style attribute refers to."""
    reader = _Reader(base)
    reader.add_values(tinycss2.parse_component_value_list(text[:MAX_SHEET_BYTES]), ())
    return reader.result()


class _Reader:
    """Collects the requisites of one style sheet by URL."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._found: dict[tuple[str, Kind], Requisite] = {}

    def read(self, rules: Tokens, depth: int = 0) -> list[Requisite]:
        for rule in rules:
            if rule.type == "qualified-rule":
                self.add_values(rule.content, _names_of(rule.prelude))
            elif rule.type == "at-rule":
                self._at_rule(rule, depth)
        return self.result()

    def result(self) -> list[Requisite]:
        return [*self._found.values()]

    def _at_rule(self, rule: Any, depth: int) -> None:
        name = rule.lower_at_keyword
        if name == "import":
            self._import(rule.prelude)
        elif rule.content is None:
            return
        elif name == "font-face":
            self._font(rule.content)
        elif name not in CONDITIONAL:
            self.add_values(rule.content, ())
        elif depth < MAX_DEPTH and (
            name != "media" or matches_any(tinycss2.serialize(rule.prelude))
        ):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            self.read(inner, depth + 1)

    def _import(self, prelude: Sequence[Any]) -> None:
        tokens = [one for one in prelude if one.type not in {"whitespace", "comment"}]
        if not tokens:
            return
        media = [
            one
            for one in tokens[1:]
            if not (one.type == "function" and one.lower_name in {"layer", "supports"})
            and not (one.type == "ident" and one.lower_value == "layer")
        ]
        if matches_any(" ".join(tinycss2.serialize([one]) for one in media)):
            self._add(_url_of(tokens[0], strings=True), "style", ())

    def _font(self, content: Sequence[Any]) -> None:
        """Add the font that a current browser loads for an ``@font-face`` rule."""
        source = ""
        letters: tuple[tuple[int, int], ...] = ()
        for one in tinycss2.parse_declaration_list(
            content, skip_comments=True, skip_whitespace=True
        ):
            if one.type == "declaration" and one.lower_name == "src":
                source = _font_source(one.value) or source
            elif one.type == "declaration" and one.lower_name == "unicode-range":
                letters = tuple(
                    (token.start, token.end)
                    for token in one.value
                    if isinstance(token, UnicodeRangeToken)
                )
        self._add(source, "font", (), letters)

    def add_values(self, values: Tokens, names: tuple[tuple[str, ...], ...]) -> None:
        """Add the images in a CSS value.

        ``names`` contains the classes and ids in the value's rule.
        """
        waiting = [iter(values)]
        while waiting:
            one = next(waiting[-1], None)
            if one is None:
                waiting.pop()
            elif one.type == "function" and one.lower_name in IMAGE_SETS:
                self._add(_of_image_set(one.arguments), "image", names)
            elif url := _url_of(one):
                self._add(url, "image", names)
            elif one.type == "function":
                waiting.append(iter(one.arguments))
            elif one.type in {"{} block", "() block", "[] block"}:
                waiting.append(iter(one.content))

    def _add(
        self,
        written: str,
        kind: Kind,
        names: tuple[tuple[str, ...], ...],
        letters: tuple[tuple[int, int], ...] = (),
    ) -> None:
        url = resolve(written, self._base) if written and written[0] != "#" else None
        if url is None:
            return
        known = self._found.get((url, kind))
        if known is None and len(self._found) >= MAX_PER_SHEET:
            return
        if known is not None:
            names = (*known.names, *names) if known.names and names else ()
            letters = (*known.letters, *letters) if known.letters and letters else ()
        names = () if len(names) > MAX_CHOICES else names
        self._found[url, kind] = Requisite(url, kind, names, letters)


def _url_of(token: Any, *, strings: bool = False) -> str:
    """Return the URL in a token such as ``url(…)``, or an empty string."""
    if token.type == "url" or (strings and token.type == "string"):
        return str(token.value).strip()
    if token.type == "function" and token.lower_name in {"url", "src"}:
        texts = [one.value for one in token.arguments if one.type == "string"]
        return str(texts[0]).strip() if texts else ""
    return ""


def _options(tokens: Tokens) -> Iterator[list[Any]]:
    """Split tokens at commas."""
    option: list[Any] = []
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            yield option
            option = []
        elif token.type not in {"whitespace", "comment"}:
            option.append(token)
    yield option


def _font_source(value: Tokens) -> str:
    """Return the first URL in a ``src`` with a format that current browsers load."""
    for option in _options(value):
        url = next(filter(None, map(_url_of, option)), "")
        formats = {
            getattr(inner, "lower_value", None) or str(getattr(inner, "value", "")).lower()
            for token in option
            if token.type == "function" and token.lower_name == "format"
            for inner in token.arguments
        }
        is_old = formats & OLD_FONTS or url.partition("?")[0].lower().endswith(".eot")
        if url and not is_old:
            return url
    return ""


def _of_image_set(arguments: Tokens) -> str:
    """Return the URL in an ``image-set()`` whose density is nearest to 1."""
    found: list[tuple[float, str]] = []
    for option in _options(arguments):
        url = next(filter(None, (_url_of(token, strings=True) for token in option)), "")
        density = next(
            (token.value for token in option if token.type == "dimension" and token.value > 0), 1.0
        )
        if url:
            found.append((abs(density - 1), url))
    return min(found, key=lambda one: one[0])[1] if found else ""


def _names_of(prelude: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    """Return the classes and ids in each selector of a rule.

    Returns nothing if any selector has none.
    """
    rules: list[tuple[str, ...]] = []
    for option in _options(prelude):
        names, is_class = set(), False
        for token in option:
            if token.type == "hash":
                names.add(str(token.value).lower())
            elif token.type == "ident" and is_class:
                names.add(token.lower_value)
            is_class = token.type == "literal" and token.value == "."
        if not names:
            return ()
        rules.append(tuple(sorted(names)))
    return tuple(dict.fromkeys(rules))
