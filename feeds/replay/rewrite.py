"""Rewrite captured pages and style sheets, so that they load all files from the archive.

The Content Security Policy blocks scripts and network access (see feeds.replay.captured_pages).
This module makes links lead to other captures, and images, styles and fonts to archived parts. It
replaces frames and ``link`` elements, because browsers open connections for them before they apply
a policy.

Scripts do not run in captured pages. So lazy images are loaded immediately. ``noscript`` elements
are removed.

Every pattern starts at a ``<`` and never reads a part of the page twice after a failure. So
rewriting takes time proportional to the length of a page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Final, TypeAlias
from urllib.parse import urldefrag, urljoin

from data.text.css_links import Kind, style_text, with_links
from data.text.html_text import page_text
from data.text.urls import web_address
from feeds.replay.archived_parts import Parts

_QUOTED: Final = r"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+"""
LINK = re.compile(rf"<link(?=[\s/>])({_QUOTED})>?", re.IGNORECASE)
IFRAME = re.compile(rf"<iframe(?=[\s/>])({_QUOTED})>?", re.IGNORECASE)
EMBEDDING = re.compile(rf"<(object|embed)(?=[\s/>])({_QUOTED})>?", re.IGNORECASE)
"""Pattern that matches the start tag of an embedded file."""
OTHER_FRAME = re.compile(r"<(?=(?:fencedframe|frame|portal)[\s/>])", re.IGNORECASE)
"""Pattern that matches the start of a frame, fenced frame or portal. They load other pages."""
OBJECT_END = re.compile(r"</object(?=[\s/>])", re.IGNORECASE)

TOKEN = re.compile(
    r"""<!--(?:-?>|[\s\S]*?(?:--!?>|\Z))
    |<(?P<raw>script|style|noscript|textarea|title|xmp|noembed|noframes)(?=[\s/>])
        (?P<of_raw>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["'])*+)>?
        (?P<text>[\s\S]*?)(?:(?=</(?P=raw)[\s/>])|\Z)
    |<(?P<name>[a-zA-Z][^\s/>]*+)(?P<inside>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["'])*+)""",
    re.IGNORECASE | re.VERBOSE,
)
"""Pattern that matches a comment, an element whose content is text, or a start tag without its
``>``. As in browsers, quotes matter only after an equals sign, and a tag without an end reaches to
the end of the page."""
BASE = re.compile(r"<base(?=[\s/])([^<>]*+)", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s"'<>/=]{1,100})\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'<>]+)""")
CANDIDATE = re.compile(r"([^\s,]\S*)([^,]*)")
"""Pattern that matches a URL in a srcset attribute, and the text up to the next comma."""

LAZY_SOURCES: Final = ("data-src", "data-lazy-src", "data-original", "data-lazy")
"""Names of attributes from which scripts load an image."""
LAZY_SETS: Final = ("data-srcset", "data-lazy-srcset", "data-original-set")
"""Names of attributes from which scripts load one of several sizes of an image."""
LAZY_BACKGROUNDS: Final = ("data-bg", "data-background-image", "data-background", "data-bg-src")
"""Names of attributes from which scripts load a background image."""

IMAGE_ELEMENTS: Final = frozenset(["img", "source", "image", "feimage", "input"])
HREF_ATTRIBUTES: Final = ("href", "xlink:href")
PICTURE_ATTRIBUTES: Final = ("background", "poster")
DROPPED_ATTRIBUTES: Final = {
    "base": ("href", "target"),
    "form": ("action",),
    "button": ("formaction",),
    "meta": ("http-equiv",),
    "script": ("src", "href", "xlink:href"),
    "audio": ("src",),
    "video": ("src",),
    "track": ("src",),
}
"""Attributes that are removed, by element. They load files that are not shown, or change how the
browser shows the page."""
KEPT_HTTP_EQUIV: Final = frozenset(["content-type", "content-language", "x-ua-compatible"])

LAYOUT_NAMES: Final = ("id", "class", "style", "width", "height", "title", "align", "frameborder")
"""Attributes of embedded files that are kept, because they influence the layout."""

NOT_ARCHIVED: Final = "about:invalid"
"""Address of an image that is not in the archive. Browsers send no request for it."""

SPRITES_STYLE: Final = "position:absolute;width:0;height:0;overflow:hidden"
"""Style of the hidden drawing that contains symbols from other files. ``use`` elements can't load
these symbols, because browsers load them only from the page's own origin. A page in a sandbox has
no origin."""

LinkTo: TypeAlias = Callable[[str], str]
"""Function that maps the original URL of a page to the URL of its memento."""


def rewritten_page(body: bytes, content_type: str, url: str, link: LinkTo, parts: Parts) -> bytes:
    """Return a page in UTF-8 whose links lead to captures, and that loads only archived parts.

    ``url`` is the page's own URL.
    """
    text = page_text(body, content_type)
    found = BASE.search(text)
    named = attributes(found[1]).get("href", "") if found else ""
    return PageRewriter(joined(url, named), link, parts).page(text).encode("utf-8", "replace")


def rewritten_style(body: bytes, content_type: str, url: str, parts: Parts) -> bytes:
    """Return a style sheet in UTF-8 that loads only archived images, fonts and imports."""
    return with_archived(style_text(body, content_type), url, parts).encode("utf-8", "replace")


def style_links(body: bytes, content_type: str, url: str) -> list[tuple[str, Kind]]:
    """Return the URLs of the images, fonts and imports of a style sheet, each with its kind."""
    found: dict[tuple[str, Kind], None] = {}

    def noted(link: str, kind: Kind) -> str:
        if address := web_address(joined(url, link.partition("#")[0])):
            found[address, kind] = None
        return link

    with_links(style_text(body, content_type), noted)
    return [*found]


def with_archived(css: str, base: str, parts: Parts, *, is_guess: bool = False) -> str:
    """Replace the addresses in CSS with the addresses of archived parts, or with NOT_ARCHIVED."""

    def replaced(link: str, kind: Kind) -> str:
        if link.lower().startswith("data:"):
            return link
        url, _, fragment = link.partition("#")
        address = web_address(joined(base, url)) or ""
        found = parts.need([address], kind, is_guess=is_guess).get(address)
        return found + (f"#{fragment}" if fragment else "") if found else NOT_ARCHIVED

    return with_links(css, replaced)


@dataclass
class PageRewriter:
    """Rewrites one page. Relative links in it are resolved with ``base``."""

    base: str
    link: LinkTo
    parts: Parts
    is_sprite: bool = False
    has_source: bool = False
    """Whether the current ``picture`` has an archived source."""

    def page(self, text: str) -> str:
        """Rewrite the text of a page."""
        text = OTHER_FRAME.sub("<span data-archived-", text)
        text = IFRAME.sub(lambda tag: plain_tag("iframe", attributes(tag[1])), text)
        text = EMBEDDING.sub(self._object, text)
        text = OBJECT_END.sub("</span", text)
        text = LINK.sub(lambda tag: self._linked(attributes(tag[1])), text)
        text = TOKEN.sub(self._token, text)
        return text if self.is_sprite else text + self._sprites()

    def _token(self, found: re.Match[str]) -> str:
        raw = (found["raw"] or "").lower()
        if raw == "noscript":
            return "<noscript>"
        if raw:
            text = found["text"]
            if raw == "style":
                text = with_archived(text, self.base, self.parts)
            # The tag may lack its end, at the end of the page.
            return f"<{found['raw']}{self._changed(raw, found['of_raw'])}>{text}"
        if name := found["name"]:
            return f"<{name}{self._changed(name.lower(), found['inside'])}"
        return found[0]

    def _changed(self, name: str, inside: str) -> str:
        """Rewrite the attributes of a tag. ``inside`` is the text after its name."""
        if "=" not in inside:
            return inside
        attrs = attributes(inside)
        changes = self._changes(name.rpartition(":")[2], attrs)
        if not changes:
            return inside
        used: set[str] = set()

        def changed(one: re.Match[str]) -> str:
            key = one[1].lower()
            if key not in changes:
                return one[0]
            value = None if key in used else changes[key]
            used.add(key)
            return "" if value is None else f'{one[1]}="{escape(value)}"'

        text = ATTRIBUTE.sub(changed, inside)
        added = (
            f' {key}="{escape(value)}"'
            for key, value in changes.items()
            if value is not None and key not in used
        )
        return "".join(added) + text

    def _changes(self, name: str, attrs: dict[str, str]) -> dict[str, str | None]:
        """Return the new values of attributes, or None for attributes that are removed."""
        dropped = (key for key in DROPPED_ATTRIBUTES.get(name, ()) if key in attrs)
        changes: dict[str, str | None] = {
            key: None for key in dropped if attrs[key].lower() not in KEPT_HTTP_EQUIV
        }
        if name in IMAGE_ELEMENTS:
            changes |= self._image(name, attrs)
        if led := {"a": self._led, "area": self._led, "use": self._symbol}.get(name):
            changes |= {key: led(attrs[key]) for key in HREF_ATTRIBUTES if key in attrs}
        changes |= {key: self._part(attrs[key]) for key in PICTURE_ATTRIBUTES if key in attrs}
        if style := self._style(attrs):
            changes["style"] = style
        return changes

    def _image(self, name: str, attrs: dict[str, str]) -> dict[str, str | None]:
        """Return an image's rewritten attributes. Lazy-loading URLs take precedence."""
        keys = (*HREF_ATTRIBUTES, "src") if name in {"image", "feimage"} else ("src",)
        sources = [attrs[key] for key in (*LAZY_SOURCES, *keys) if attrs.get(key)]
        sets = [attrs[key] for key in (*LAZY_SETS, "srcset") if attrs.get(key)]
        wanted = {link: self._address(link) for link in sources}
        listed = [
            [(one[1], self._address(one[1]), one[2]) for one in CANDIDATE.finditer(text)]
            for text in sets
        ]
        urls = [*wanted.values(), *(url for one in listed for _, url, _ in one)]
        # A picture shows one of its sources, or its image.
        is_guess = name == "source" or self.has_source
        found = self.parts.need(urls, "image", is_guess=is_guess)
        self.has_source = name == "source" and (bool(found) or self.has_source)
        changes: dict[str, str | None] = {}
        if sets:
            made = [
                [f"{found[url]}{rest}" for _, url, rest in one if url in found] for one in listed
            ]
            changes["srcset"] = ", ".join(next(filter(None, made), [])) or None
        if sources:
            own = next((attrs[key] for key in keys if attrs.get(key)), "")
            best = next((found[url] for url in wanted.values() if url in found), "")
            kept = own if own.lower().startswith("data:") else NOT_ARCHIVED
            for key in keys:
                if key in attrs or name == "img":
                    changes[key] = best or (kept if own else None)
        return changes

    def _style(self, attrs: dict[str, str]) -> str:
        """Return the style attribute with archived images, or an empty string if unchanged."""
        style = attrs.get("style", "")
        made = with_archived(style, self.base, self.parts) if "(" in style else style
        for key in LAZY_BACKGROUNDS:
            if link := attrs.get(key):
                link = link if "(" in link else f'url("{link}")'
                background = with_archived(link, self.base, self.parts, is_guess=True)
                if background != link and NOT_ARCHIVED not in background:
                    made = f"{made.rstrip(' ;')};background-image:{background}".lstrip(";")
                break
        return made if made != style else ""

    def _object(self, tag: re.Match[str]) -> str:
        """Return an ``img`` element for an embedded image. Other embedded files are not shown."""
        attrs = attributes(tag[2])
        link = attrs.get("data") or attrs.get("src") or ""
        shown = self._part(link) if link else NOT_ARCHIVED
        is_image = attrs.get("type", "").lower().startswith("image/")
        # Rules for images, such as vertical-align, do not apply to objects.
        attrs["style"] = f"vertical-align:baseline;{attrs.get('style', '')}"
        image = plain_tag("img", attrs, src=link) if is_image and shown != NOT_ARCHIVED else ""
        if tag[1].lower() == "embed":
            return image
        # The content of an object is shown only if the object can't be shown.
        return f"{image}<span{' hidden' if image else ''} data-archived-object>"

    def _linked(self, attrs: dict[str, str]) -> str:
        """Return the ``link`` element of an archived style sheet or icon, or an empty string."""
        rel = attrs.get("rel", "").lower().split()
        onload = attrs.get("onload", "").lower()
        # A common way to load style sheets later: a script changes the element when it is loaded.
        is_late = (
            "preload" in rel and attrs.get("as", "").lower() == "style" and "stylesheet" in onload
        )
        address = self._address(attrs.get("href", ""))
        if "icon" in rel:
            icon = self.parts.need([address], "image").get(address)
            return f'<link rel="icon" href="{escape(icon)}">' if icon else ""
        if not address or not (is_late or "stylesheet" in rel):
            return ""
        found = self.parts.need([address], "import").get(address)
        if not found:
            return ""
        kept = {key: attrs[key] for key in ("media", "title", "type") if attrs.get(key)}
        if "media" in onload:
            kept.pop("media", None)
        alternate = "alternate " if "alternate" in rel else ""
        more = "".join(f' {key}="{escape(value)}"' for key, value in kept.items())
        disabled = " disabled" if "disabled" in attrs else ""
        return f'<link rel="{alternate}stylesheet" href="{escape(found)}"{more}{disabled}>'

    def _symbol(self, link: str) -> str:
        """Return the ``#fragment`` of the symbol for a ``use`` element, embedded in this page."""
        url, _, fragment = link.partition("#")
        address = self._address(url) if url and not self.is_sprite else ""
        if address and fragment:
            self.parts.need_drawing(address)
        return f"#{fragment}"

    def _sprites(self) -> str:
        """Return the SVG files to which ``use`` elements refer, as one hidden drawing."""
        drawn = "".join(
            f"{PageRewriter(url, self.link, self.parts, is_sprite=True).page(text)}"
            for url, text in self.parts.drawings()
        )
        return f'<div style="{SPRITES_STYLE}" aria-hidden="true">{drawn}</div>' if drawn else ""

    def _address(self, link: str) -> str:
        """Return the absolute URL of a file, or an empty string."""
        if link.lower().startswith(("data:", "#")) or not link:
            return ""
        return web_address(urldefrag(joined(self.base, link))[0]) or ""

    def _part(self, link: str) -> str:
        """Return the URL of an archived image, or NOT_ARCHIVED. Embedded images do not change."""
        if link.lower().startswith("data:"):
            return link
        address = self._address(link)
        return self.parts.need([address], "image").get(address, NOT_ARCHIVED)

    def _led(self, link: str) -> str:
        """Return the rewritten URL of a link to another page.

        Fragments, and links other than HTTP, do not change.
        """
        if link.startswith("#"):
            return link
        url, fragment = urldefrag(joined(self.base, link))
        address = web_address(url)
        if not address:
            return link
        return self.link(address) + (f"#{fragment}" if fragment else "")


def plain_tag(name: str, attrs: dict[str, str], **more: str) -> str:
    """Return the tag of an element that loads nothing, with the attributes in `LAYOUT_NAMES`.

    ``more`` are additional attributes.
    """
    kept = {key: attrs[key] for key in LAYOUT_NAMES if key in attrs}
    written = "".join(f' {key}="{escape(value)}"' for key, value in (kept | more).items())
    return f"<{name}{written}>"


def attributes(inside: str) -> dict[str, str]:
    """Parse the attributes of a tag, by lower-case name.

    If a name occurs several times, the first attribute counts.
    """
    found: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), unquoted(value))
    return found


def unquoted(value: str) -> str:
    """Remove the quotes around an attribute's value, and decode character references."""
    return unescape(value[1:-1] if value[0] in "\"'" else value).strip()


def joined(base: str, link: str) -> str:
    """Resolve a link on a page. An invalid link resolves to the page itself."""
    try:
        return urljoin(base, link)
    except ValueError:
        return base
