"""A page as it was served, decoded and parsed once for all who read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin

from charset_normalizer import from_bytes
from lxml import etree, html
from parsel import Selector
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

DETECTION_BYTES = 65_536
"""How much of a body the detection of a character set looks at."""

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What no XML document may hold: one such character in a body would spoil a whole feed."""


@dataclass(frozen=True)
class Page:
    """One answer of a site: the bytes, where they came from, and what the server said of them.

    ``url`` is the address that answered. ``body`` is decoded of any Content-Encoding but not of its
    character set. ``content_type`` is the header's value, or empty.
    """

    url: str
    body: bytes
    content_type: str = ""

    @cached_property
    def text(self) -> str:
        """The body as text, without the characters that XML forbids."""
        return NOT_XML.sub("", decode(self.body, self.content_type))

    @cached_property
    def tree(self) -> html.HtmlElement:
        """The root of the parsed document; a bare ``<html>`` where there is none."""
        # A str that declares an encoding is refused by lxml, so the text goes in as UTF-8.
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
        try:
            root = html.document_fromstring(self.text.encode("utf-8"), parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError):
            root = None
        return root if root is not None else html.Element("html")

    @cached_property
    def base(self) -> str:
        """The address that relative links start from: ``<base href>`` or the page's own."""
        for node in self.tree.iter("base"):
            if node.get("href"):
                return urljoin(self.url, node.get("href").strip())
        return self.url

    @cached_property
    def selector(self) -> Selector:
        """The same tree for CSS and XPath selectors."""
        return Selector(root=self.tree, type="html")


def decode(body: bytes, content_type: str) -> str:
    """The text of ``body``, whatever its headers claim.

    Bytes that hold more than ASCII and are valid UTF-8 are UTF-8: no other encoding looks so by
    chance, and declarations lie. Else the byte order mark, the header, the meta tag and detection,
    in this order.
    """
    marked, bom = read_bom(body)
    if marked and bom:
        return body[len(bom) :].decode(marked, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and resolve_encoding(declared) not in (None, "utf-8"):
        return body.decode(resolve_encoding(declared) or "cp1252", "replace")
    found = from_bytes(body[:DETECTION_BYTES]).best()
    return str(body, found.encoding if found else "cp1252", "replace")
