"""Serialize an element of a page as HTML and as text, in one pass.

Detected bodies, bodies from learned selectors and bodies cleaned by spiders.body.clean_html all use
this module, so their elements and line breaks are consistent.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Final

from lxml import etree

from data.text.clean import one_line
from data.text.html_text import LINES, both_of, gap_of
from data.text.sanitize import ADDRESSES, MAX_CHARACTERS
from data.text.urls import absolute, loadable
from spiders.body.text_blocks import ANCHOR, BLOCK, BREAK, KINDS, SKIP
from spiders.page.media_files import largest_source, leads_to_image

SILENT: Final = frozenset(["figcaption"])
"""Tags of elements that are in a body's HTML but not in its text."""

PARTINGS: Final = ("<br>", "<hr>")

VOID: Final = frozenset(["hr", "col"])
KEPT_TAGS: Final = frozenset(
    "p ul ol li h1 h2 h3 h4 h5 h6 blockquote table thead tbody tfoot tr td th caption pre figure "  # noqa: SIM905 - words read better in a row
    "figcaption dl dt dd details summary b strong i em u s sub sup code kbd samp abbr q cite mark "
    "small del ins ruby rt rp bdo bdi dfn var hr img col colgroup".split()
)
"""Tags that are kept in a body's HTML. Elements with other tags are replaced by their content."""

KEPT_ATTRIBUTES: Final = frozenset(
    "href title colspan rowspan scope lang dir start reversed type value datetime cite".split()  # noqa: SIM905 - words read better in a row
)
REPLACEMENT_TAGS: Final = ("<div>", "</div>")
"""Start and end tags that replace the tags of a removed element if it directly contains text."""

EMPTY: Final = re.compile(
    r"<(p|div|ul|ol|li|h[1-6]|blockquote|table|thead|tbody|tfoot|caption|pre|figure|figcaption|dl|"
    r"dt|dd|details|summary|b|strong|i|em|u|s|sub|sup|small|center|address|a)(?: [^<>]*)?>"
    r"(?:\s|<br>)*</\1>"
)
WHITE: Final = frozenset([" ", "\n", ""])
MAX_ELEMENTS: Final = 200_000
"""Maximum number of start and end tags read from a body."""

MAX_PASSES: Final = 6
"""Maximum number of passes that remove empty elements. Each pass may leave other elements empty."""


def without_partings(html: str) -> str:
    """Strip white space, line breaks and horizontal rules from both ends of HTML."""
    low, high = 0, len(html)
    while low < high and (html[low].isspace() or html.startswith(PARTINGS, low, high)):
        low += 1 if html[low].isspace() else len(PARTINGS[0])
    while low < high and (html[high - 1].isspace() or html.endswith(PARTINGS, low, high)):
        high -= 1 if html[high - 1].isspace() else len(PARTINGS[0])
    return html[low:high]


@dataclass(slots=True)
class BodyLine:
    """A line of a body: text without a line break or block boundary in it.

    - ``holder``: the block-level element that contains the line
    - ``html``, ``said``: the ranges of its parts in `SerializedBody`'s HTML and text
    - ``silent``: whether the line is only in the HTML, not in the text
    """

    holder: etree._Element
    text: str
    html: tuple[int, int]
    said: tuple[int, int]
    silent: bool


@dataclass(slots=True)
class SerializedBody:
    """A serialized body: the parts of its HTML, the parts of its text, and its lines in order."""

    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    runs: list[BodyLine] = field(default_factory=list)

    def cut(self, run: BodyLine) -> None:
        """Remove the line ``run`` from the HTML and the text."""
        low, high = run.html
        self.html[low:high] = [""] * (high - low)
        low, high = run.said
        self.text[low:high] = [""] * (high - low)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text, without lines that are only in the HTML."""
        return (run.text for run in self.runs if not run.silent)

    @property
    def is_huge(self) -> bool:
        """Whether the HTML is longer than MAX_CHARACTERS, so that only its beginning is kept."""
        return sum(map(len, self.html)) > MAX_CHARACTERS

    def written(self) -> tuple[str, str]:
        """Return the body as safe HTML and as text. Both are cut if the body is huge."""
        html = "".join(self.html)
        for _ in range(MAX_PASSES):
            html, found = EMPTY.subn("", html)
            if not found:
                break
        return both_of(without_partings(html), "".join(self.text))


def serialize(  # noqa: C901, PLR0912, PLR0915 - one function for speed
    root: etree._Element,
    base: str,
    dropped: Collection[etree._Element] = (),
    *,
    max_lines: int = MAX_ELEMENTS,
) -> SerializedBody:
    """Serialize an element without the elements in ``dropped``.

    Relative URLs are resolved against ``base``. Serialization stops after ``max_lines`` lines.
    """
    prose = SerializedBody()
    html, text, lines = prose.html, prose.text, prose.runs
    holders = [root]
    opened: list[str] = []
    since, silent, broken = (0, 0), 0, False
    pending: list[str] = []
    nameless: dict[etree._Element, list[int]] = {}
    walker = etree.iterwalk(root, events=("start", "end"))
    for count, (event, element) in enumerate(walker):
        tag = element.tag
        kind = KINDS.get(tag, BLOCK)
        start = event == "start"
        if count > MAX_ELEMENTS or len(lines) > max_lines:
            break
        skipped = kind == SKIP or element in dropped
        if start and skipped:
            walker.skip_subtree()
            if kind == BLOCK:
                if pending:
                    close(prose, holders[-1], pending, since, silent=silent > 0)
                    pending = []
                broken = False
                text.append(gap_of(tag))
                since = len(html), len(text)
            continue
        piece = element.text if start else None
        if skipped:
            written = ""
        elif kind == BLOCK:
            if pending:
                close(prose, holders[-1], pending, since, silent=silent > 0)
                pending = []
            broken = False
            if start:
                gap = gap_of(tag)
                silent += tag in SILENT
                written = tag if tag in KEPT_TAGS else ""
                holders.append(element)
                opened.append(written if tag not in VOID else "")
                if written:
                    attributes = element.items()
                    kept = _attributes(attributes, base) if attributes else ""
                    html.append(f"<{written}{kept}>")
                else:
                    nameless[element] = [len(html)]
                    html.append("")
            else:
                written = opened.pop()
                silent -= tag in SILENT
                holders.pop()
                if written:
                    html.append(f"</{written}>")
                elif element in nameless:
                    nameless[element].append(len(html))
                    html.append("")
                gap = "" if tag in LINES else gap_of(tag)
            if gap and not silent:
                text.append(gap)
            since = len(html), len(text)
        elif start:
            written = ""
            if kind == BREAK:
                if broken:
                    # Two consecutive line breaks end a line, like the end of a paragraph.
                    close(prose, holders[-1], pending, since, silent=silent > 0)
                    pending = []
                html.append("<br>")
                pending.append(" ")
                if not silent:
                    text.append("\n")
                if broken:
                    since = len(html), len(text)
                broken = True
            elif tag == "img":
                html.append(_image(element, base))
            elif tag in KEPT_TAGS or (kind == ANCHOR and element.get("href")):
                written = tag
                html.append(f"<{tag}{_attributes(element.items(), base)}>")
            opened.append(written)
        else:
            written = opened.pop()
            if written:
                html.append(f"</{written}>")
        if not start and element is not root:
            piece = element.tail
        if piece:
            pending.append(piece)
            if not piece.isspace():
                html.append(escape(piece, quote=False))
                broken = False
            elif html and html[-1] not in WHITE:
                html.append("\n" if "\n" in piece else " ")
            if not silent:
                text.append(piece.replace("\n", " ").replace("\r", " "))
    close(prose, root, pending, since, silent=silent > 0)
    for run in prose.runs:
        places = nameless.pop(run.holder, [])
        if len(places) == len(REPLACEMENT_TAGS):
            for place, one in zip(places, REPLACEMENT_TAGS, strict=True):
                html[place] = one
    return prose


def close(
    prose: SerializedBody,
    holder: etree._Element,
    texts: list[str],
    since: tuple[int, int],
    *,
    silent: bool,
) -> None:
    """End a line that began at the positions ``since`` in the parts of the HTML and the text."""
    line = one_line("".join(texts))
    if line:
        places = (since[0], len(prose.html)), (since[1], len(prose.text))
        prose.runs.append(BodyLine(holder, line, *places, silent))


def _attributes(attributes: Iterable[tuple[object, object]], base: str) -> str:
    """Return the allowed attributes of an element as HTML, with absolute URLs."""
    parts = []
    for name, value in ((str(key), str(text)) for key, text in attributes):
        if name in KEPT_ATTRIBUTES:
            kept = absolute(base, value) if name in ADDRESSES else value
            if kept is not None:
                parts.append(f' {name}="{escape(kept)}"')
    return "".join(parts)


def _image(element: etree._Element, base: str) -> str:
    """Return an ``<img>`` element with the URL of the best source, or an empty string."""
    named = {str(name): str(value) for name, value in element.items()}
    parent = element.getparent()
    href = parent.get("href") or "" if parent is not None and parent.tag == "a" else ""
    source = href if leads_to_image(href) else largest_source(named)
    url = loadable(base, source) if source else None
    if not url:
        return ""
    parts = [
        f' {name}="{escape(named[name])}"'
        for name in ("alt", "width", "height", "title", "lang", "dir")
        if name in named
    ]
    return f'<img src="{escape(url)}"{"".join(parts)}>'
