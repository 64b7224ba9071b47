"""Extract items from feeds, sitemaps and JSON listings. The format is recognized by content."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import DateReader
from data.text.html_text import escaped_line
from spiders.items import Listing, ListingItem, with_parts
from spiders.listing.json_listing import read_json
from spiders.page.links import resolve, resolve_with_section
from spiders.page.page import Page

MAX_ITEMS = 50_000
"""Maximum number of items extracted per document, as in the sitemap protocol."""

MAX_CATEGORIES = 30
"""Maximum number of categories extracted per item."""

WORDPRESS = re.compile(r"\s*https?://wordpress\.(?:org|com)/")
"""Pattern of the content of the ``generator`` element in a WordPress feed."""

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(
    r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|\w{2,31};)|(<!\[CDATA\[.*?(?:\]\]>|$))", re.DOTALL
)
"""Pattern of an ampersand without a character reference, or of a whole CDATA section. The parser
would drop such an ampersand."""

_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,7})|(\d{1,7}));", re.IGNORECASE)
_SURROGATES = range(0xD800, 0xE000)
"""Surrogate code points, which are invalid in text although the parser accepts references to them.
"""

_RECORDS = ("item", "entry", "url")
_DATES = (
    "pubdate",
    "published",
    "date",
    "issued",
    "publication_date",
    "created",
    "updated",
    "lastmod",
    "modified",
)
_TITLES = ("title", "headline", "name", "subject")

_DECLARES = re.compile(r"<!DOCTYPE\s+(?!html\b)\w+[^>]{0,500}\[", re.IGNORECASE)
_XML = re.compile(
    r"(?:\s|<!--(?:(?!-->).){0,2000}-->|<\?[^>]{0,500}\?>|<!DOCTYPE(?!\s+html)[^>\[]{0,500}>)*+"
    r"<(?!html\b|!)(?:[\w-]+:)?(?P<root>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_ROOTS = frozenset(("rss", "feed", "rdf", "urlset", "sitemapindex"))
_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/json": "json",
    "application/rdf+xml": "rss",
}
_COMMENTS = re.compile(
    r"comments?(?:/|$|\?)|/comments|oembed|wp-json/wp/v2/(?:pages|tags|categories)", re.IGNORECASE
)

NEWS = re.compile(
    "news|press|presse|media-?release|statement|nachricht|actualit|noticia|notizi", re.IGNORECASE
)
"""Pattern of words in the URLs of sitemaps that list releases."""

OTHER_PAGES = re.compile(
    r"sitemap[^/]*(?:page|categor|tag|author|user|image|video|taxonom|product|attachment)[^/]*$|"
    r"(?:page|categor(?:y|ies)|tags?|authors?|users?|images?|videos?|products?)-sitemap",
    re.IGNORECASE,
)
"""Pattern of URLs of sitemaps that don't list releases."""


class NotXML(ValueError):
    """A text is not XML or declares entities. The message contains the reason."""


def parse_xml(text: str) -> etree._Element:
    """Parse an untrusted XML document, recovering from errors, and return its root.

    Raises NotXML if the text is not XML or declares entities.
    """
    text = _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1)
    if _ENTITY.search(text):
        raise NotXML("the document declares XML entities, which are not allowed")
    if "&" in text:
        text = _REFERENCE.sub(_whole, text)
        text = _BARE_AMPERSAND.sub(lambda found: found[1] or "&amp;", text)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise NotXML(f"the document is not XML ({str(error)[:120]})") from error
    if root is None:
        raise NotXML("the document is not XML")
    return root


def read_xml(page: Page, context: DateContext) -> Listing:
    """Return the items of a feed, a sitemap or another XML listing.

    The items of a sitemap index are sitemaps. Such a listing has the rule ``xml:sitemapindex``.
    """
    try:
        root = parse_xml(page.text)
    except NotXML as error:
        return Listing(page.url, (), rule="xml", reasons=(str(error),))
    kind = local_name(root)
    if kind == "sitemapindex":
        places = (node.text or "" for node in root.iter() if local_name(node) == "loc")
        urls = (resolve(place, page.url) for place in places)
        found = tuple(ListingItem(url, "") for url in urls if url)
        return Listing(page.url, found, None, "xml:sitemapindex", 1.0)
    records = [node for node in root.iter() if local_name(node) in _RECORDS][:MAX_ITEMS]
    confidence = 1.0
    if not records:
        records, confidence = _repeated(root), 0.6
    dates = DateReader(context)
    items = with_parts(item for node in records if (item := _item(node, page, dates)))
    reasons = dates.reasons if items else ("the document contains no items with an address",)
    return Listing(page.url, items, _next(root, page), f"xml:{kind}", confidence, reasons)


def _whole(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return "\ufffd" if code in _SURROGATES else reference[0]


def local_name(node: etree._Element) -> str:
    """Return the name of an element in lower case, without its namespace."""
    return str(node.tag).rpartition("}")[2].lower() if isinstance(node.tag, str) else ""


def _item(node: etree._Element, page: Page, dates: DateReader) -> ListingItem | None:
    url = None
    texts: dict[str, str] = {}
    categories: list[str] = []
    for child in _parts(node):
        name = local_name(child)
        if name == "category" and len(categories) < MAX_CATEGORIES:
            categories.append(escaped_line(child.get("term") or child.text or ""))
        if name == "link" and child.get("href"):
            if child.get("rel", "alternate") == "alternate" and not url:
                url = resolve_with_section(child.get("href", ""), page.url)
        elif name in {"link", "loc", "url", "href", "guid", "id"} and not len(child):
            value = (child.text or "").strip()
            permalink = name not in {"guid", "id"} or value.startswith(("http:", "https:"))
            if value and permalink and child.get("isPermaLink") != "false":
                texts.setdefault(f"url:{name}", value)
        elif child.text and name not in texts:
            texts[name] = child.text
    for name in ("link", "loc", "url", "href", "guid", "id"):
        url = url or resolve_with_section(texts.get(f"url:{name}", ""), page.url)
    about = node.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    url = url or resolve(about or "", page.url)
    if not url:
        return None
    title = next((text for name in _TITLES if (text := escaped_line(texts.get(name) or ""))), "")
    named = tuple(dict.fromkeys(filter(None, categories)))
    stated = (dates.date(texts[name], f"feed:{name}") for name in _DATES if name in texts)
    return ListingItem(url, title, next(filter(None, stated), None), named)


def _parts(record: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements of a record, except those inside nested records with the same name."""
    kind = local_name(record)
    walker = etree.iterwalk(record, events=("start",))
    for _, node in walker:
        if node is not record and len(node) and local_name(node) == kind:
            walker.skip_subtree()
        else:
            yield node


def _repeated(root: etree._Element) -> list[etree._Element]:
    """Return the elements with the most common name among those with several children."""
    counts = Counter(local_name(node) for node in root.iter() if len(node) > 1)
    for name, count in counts.most_common(5):
        if count > 1:
            return [node for node in root.iter() if local_name(node) == name and len(node) > 1][
                :MAX_ITEMS
            ]
    return []


def _next(root: etree._Element, page: Page) -> str | None:
    """Return the URL of a feed's next page (RFC 5005, 3 and 4), or None.

    WordPress feeds don't contain this URL. Their pages are counted with the parameter ``paged``,
    until the server returns 404.
    """
    for node in root.iter("{http://www.w3.org/2005/Atom}link"):
        if node.get("rel") in {"next", "prev-archive"}:
            url = resolve(node.get("href", ""), page.url)
            if url and url != page.url:
                return url
    maker = root.find("channel/generator")
    if maker is None or not WORDPRESS.match(maker.text or "") or root.find("channel/item") is None:
        return None
    parts = urlsplit(page.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1) if re.fullmatch(r"\d{1,6}", number) else "2"
    return parts._replace(query=urlencode(query)).geturl()


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page links to.

    ``url`` is absolute. ``kind`` is ``rss``, ``atom`` or ``json``.
    """

    url: str
    kind: str
    title: str


def lists_all(listing: Listing) -> bool:
    """Whether a listing may contain all releases, as a sitemap or an API does.

    Feeds contain only the newest releases.
    """
    return listing.rule.startswith("json") or listing.rule in {"xml:urlset", "xml:sitemapindex"}


def read_syndicated(page: Page, context: DateContext) -> Listing | None:
    """Return the items of a feed, sitemap or JSON listing, or None for any other page."""
    start = page.text[:4096].lstrip("\ufeff \t\r\n")
    if start[:1] in {"{", "["}:
        return read_json(page, context)
    if _DECLARES.search(start):
        return read_xml(page, context)
    match = _XML.match(start)
    if match and (match["root"].lower() in _ROOTS or _says_xml(page, start)):
        return read_xml(page, context)
    return None


def feed_links(page: Page) -> tuple[FeedLink, ...]:
    """Return the feeds in a page's ``<link rel=alternate>`` elements, except comment feeds."""
    found: dict[str, FeedLink] = {}
    for node in page.tree.iter("link"):
        kind = _TYPES.get((node.get("type") or "").lower().split(";")[0].strip())
        if kind and "alternate" in (node.get("rel") or "").lower().split():
            url = resolve(node.get("href") or "", page.base)
            if url and not _COMMENTS.search(url):
                found.setdefault(url, FeedLink(url, kind, node.get("title") or ""))
    return tuple(found.values())


def _says_xml(page: Page, start: str) -> bool:
    kind = page.content_type.split(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        return False
    return kind.endswith("xml") or start.startswith("<?xml")


def sitemaps_to_walk(index: Listing) -> tuple[str, ...]:
    """Return the URLs of the sitemaps in an index that may list releases, in order.

    These are the sitemaps with words for news in their URLs. If there are none, all are returned,
    except those for images, authors and other types of pages.
    """
    urls = [item.url for item in index.items]
    news = [url for url in urls if NEWS.search(urlsplit(url).path)]
    return tuple(news or (url for url in urls if not OTHER_PAGES.search(urlsplit(url).path)))
