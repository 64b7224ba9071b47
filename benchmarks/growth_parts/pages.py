"""Functions that read pages, feeds and the data in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from benchmarks.growth_parts.setting import NOW, READING, page_of
from data.models import Content
from spiders.barriers import barrier_to_listing, barrier_to_release
from spiders.body.clean_html import clean_body, outer_html
from spiders.body.frames import is_frame_line
from spiders.body.serialize import serialize
from spiders.crawl.drafts.page_sketch import shown_on, skeleton_of
from spiders.crawl.listings.feed_hubs import announced
from spiders.discovery.address_list import BadList, read_addresses
from spiders.discovery.feed_candidates import feed_candidates, page_of_feed
from spiders.discovery.press_links import press_links
from spiders.discovery.proposal import link_selectors
from spiders.discovery.propose import initial_date_context
from spiders.discovery.site_name import guess_name
from spiders.discovery.time_zone import country_of
from spiders.json_state.rich_text import from_markdown
from spiders.json_state.scripts import states
from spiders.learning.excerpt import Excerpt, excerpt_of
from spiders.learning.induction import induce
from spiders.learning.samples import Sample, everywhere
from spiders.learning.site_day_order import listed_order
from spiders.learning.template import TemplateReader
from spiders.listing.feed import NotXML, parse_xml
from spiders.listing.paging.pagination import next_pages
from spiders.listing.paging.period_links import archives_of
from spiders.listing.paging.unread import unread_signs
from spiders.listing.read import read_listing
from spiders.page.css import CssSelector
from spiders.page.embedded_metadata import read_metadata
from spiders.page.javascript import needs_scripts, without_scripts
from spiders.page.literals import NoLiteral, first_value
from spiders.page.media_files import DocumentText
from spiders.page.page import Page
from spiders.page_parts.find_parts import find_parts
from spiders.release.date.choice import document_date
from spiders.release.document import body_text_of, title_of
from spiders.release.read import read_release
from spiders.sources.source_file import ListingRules, ReleaseRules


def parse(text: str) -> object:
    """Parse a page."""
    return page_of(text).tree


def parse_bare(text: str) -> object:
    """Parse a text that is no whole page, in another character set."""
    page = Page("http://harbour.example/", text.encode("utf-16", "replace"))
    return page.tree


def guess_charset(text: str) -> object:
    """Find the character set of bytes that state none."""
    return Page("http://harbour.example/", text.encode("cp1251", "replace")).markup


def release(text: str) -> object:
    """Read a page as a release."""
    return read_release(page_of(text), READING)


def release_with_rules(text: str) -> object:
    """Read a page by the selectors of a source file."""
    rules = ReleaseRules(
        title="h1::text, .title",
        published="time::attr(datetime), .date ~ p",
        body="body > *, div p, td:nth-of-type(2)",
        drop=("p + p b", "li li a", "h1 ~ *:not(p)"),
    )
    return read_release(page_of(text), READING, rules)


def fragment(text: str) -> object:
    """Clean a body that a feed or a state contains, without selectors of a source file."""
    return clean_body(text, "http://harbour.example/news/lamps", "Lamps are lit")


def unscripted(text: str) -> object:
    """Show the parts of a page for browsers without scripts."""
    return without_scripts(page_of(text))


def sections(text: str) -> object:
    """Find the releases that are sections of a page."""
    return find_parts(page_of(text), READING)


def listing(text: str) -> object:
    """Read a page as a listing."""
    return read_listing(page_of(text), READING)


def listing_with_rules(text: str) -> object:
    """Read a listing by the selectors of a source file."""
    rules = ListingRules(item="li, td, p", link="a::attr(href)", title="a, b", published="i, time")
    return read_listing(page_of(text), READING, rules)


def feed_of_text(text: str) -> object:
    """Read a feed that has the text as the description and title of an item."""
    said = escape(text)
    item = f"<item><title>{said[:2000]}</title><description>{said}</description></item>"
    body = f"<rss version='2.0'><channel>{item}</channel></rss>"
    return read_listing(Page("http://h.example/feed", body.encode("utf-8", "replace")), READING)


def feed_of_markup(text: str) -> object:
    """Read the text itself as XML."""
    body = text.encode("utf-8", "replace")
    page = Page("http://h.example/feed", body, "application/rss+xml")
    return read_listing(page, READING)


def xml(text: str) -> object:
    """Parse the text in an element of XML."""
    try:
        return parse_xml(f"<rss><channel><item>{text}</item></channel></rss>")
    except NotXML:
        return None


def json_listing(text: str) -> object:
    """Read a listing in JSON that has the text in its records."""
    records = [{"title": text[:500], "url": f"/news/{n}", "date": "2026-03-02"} for n in range(9)]
    body = json.dumps({"items": [*records, {"title": "A", "url": "/b", "content": text}]})
    return read_listing(Page("http://h.example/api", body.encode(), "application/json"), READING)


def store_of_rows(text: str) -> object:
    """Read a listing whose rows are in a data store, in a script."""
    rows = "".join(f"<record><![CDATA[{one}]]></record>" for one in text.split("<a"))
    body = f"<script type='text/xml'><datastore>{rows}{text}</datastore></script>"
    return read_listing(page_of(body), READING)


def json_of_text(text: str) -> object:
    """Read the text itself as a listing in JSON."""
    body = text.encode("utf-8", "replace")
    return read_listing(Page("http://h.example/api", body, "application/json"), READING)


def script_state(text: str) -> object:
    """Read what scripts of a page assign."""
    page = page_of(f"<script>window.__STATE__ = {text}</script>")
    return [*states(page.tree)]


def json_state(text: str) -> object:
    """Read a release out of the state of a page."""
    record = {"title": "A lamp", "publishedAt": "2026-03-02", "body": text, "more": [text[:99]]}
    state = json.dumps({"props": {"page": record}}).replace("<", "\\u003c")
    page = page_of(f'<script id="__NEXT_DATA__" type="application/json">{state}</script>')
    return read_release(page, READING)


def json_ld(text: str) -> object:
    """Read the metadata that a page embeds."""
    stated = json.dumps({"@type": "NewsArticle", "headline": text[:500], "articleBody": text})
    stated = stated.replace("<", "\\u003c")
    body = f'<script type="application/ld+json">{stated}</script>'
    raw = f'<script type="application/ld+json">{text}</script>'
    return read_metadata(page_of(body)), read_metadata(page_of(raw))


def literal(text: str) -> object:
    """Read a literal of a script."""
    found = []
    for script in (
        text,
        f"{{a: '{text}'}}",
        f"JSON.parse('{text}')",
        f"(function(a){{return {text}",
    ):
        try:
            found.append(first_value(script, 0))
        except NoLiteral:
            found.append((None, 0))
    return found


def pagination(text: str) -> object:
    """Find the next page of a listing."""
    return next_pages(page_of(text)).next


def older_releases(text: str) -> object:
    """Find archives, and signs that a page shows only a part of its list."""
    page = page_of(text)
    controls = page_of(f"<a href='?y=2025'>{text[:2000]}</a><button>{text[:2000]}</button>{text}")
    return archives_of(page), archives_of(controls), unread_signs(controls, (), None)


def barriers(text: str) -> object:
    """Find what stands in place of a release."""
    page = page_of(text)
    content = Content("")
    return (
        barrier_to_listing(page),
        barrier_to_release(page, content, "A lamp"),
        is_frame_line(page, "Harbour board of Lindmouth", ["Harbour"]),
        needs_scripts(page),
    )


def hub(text: str) -> object:
    """Find the WebSub hub that a feed names."""
    body = f"<rss><channel>{text}".encode("utf-8", "replace")
    return announced(Page("http://h.example/feed", body), [text])


def redesign(text: str) -> object:
    """Sketch the design of a page."""
    page = page_of(text)
    return skeleton_of(page), shown_on(page)


def discovery(text: str) -> object:
    """Find out about a site from its pages."""
    page = page_of(text)
    metadata = read_metadata(page)
    return (
        press_links(page),
        feed_candidates(page),
        page_of_feed(page),
        guess_name(page, [page, page]),
        country_of([(page, metadata)]),
        link_selectors(page),
        initial_date_context(page, NOW),
        listed_order(page, NOW.date()),
    )


def address_list(text: str) -> object:
    """Read a list of addresses."""
    found = []
    for content in (text, f"<opml><body>{text}"):
        try:
            found.append(read_addresses(content.encode("utf-8", "replace"), "list"))
        except BadList:
            continue
    return found


def markdown(text: str) -> object:
    """Read rich text of a state."""
    return from_markdown(text)


def serialized(text: str) -> object:
    """Write the text of an element."""
    page = page_of(text)
    return serialize(page.tree, page.base), outer_html(page.tree)


def selectors(text: str) -> object:
    """Find elements by selectors of users."""
    tree = page_of(text).tree
    wanted = (
        "div div p",
        "p ~ p b",
        "li:nth-of-type(3)",
        "a[href*=news]",
        "td:has(b)",
        "b:not(.x)",
    )
    found = []
    for one in wanted:
        try:
            found.append(CssSelector(one).value(tree))
        except ValueError:
            continue
    return found


def samples(text: str) -> list[Sample]:
    """Three pages of one layout."""
    found = []
    for n in range(3):
        third = text[: len(text) // 3]
        html = (
            f"<div id=top>Harbour board</div><div class=post><h1 class=head>Lamp {n} is lit</h1>"
            f"<p class=date>{n + 1} March 2026</p>"
            f"<div class=text><p>{SAID[n]}</p>{third}</div></div>"
        )
        page = page_of(html, n)
        read = read_release(page, READING)
        found.append(Sample(page, read, READING))
    return found


def templates(text: str) -> object:
    """Learn the layout of three pages, and read one by it."""
    lessons = samples(text)
    everywhere(lessons)
    template = induce("harbour", ReleaseRules(), lessons, NOW)
    return TemplateReader(template).read(lessons[0].page, READING, None) if template else None


def excerpt(text: str) -> object:
    """Cut the part of a page that a template reads."""
    page = page_of(f"<div class='text'>{text}</div><p>end</p>")
    return excerpt_of(page, Excerpt("div", "class", "text", ("html", "body"), 2000, linked=True))


def document(text: str) -> object:
    """Read the text of a document."""
    found = DocumentText(text[:1000], text[:1000], "2026-03-02", (text, text[:1000]))
    return title_of(found, "Lamp"), document_date(found, READING, None), body_text_of(found, "Lamp")


SAID: Final = (
    "The harbour board counted ships at the pier, and three lamps were lit on the mole of town.",
    "A ferry to the island leaves at nine, said the master of the harbour at the meeting of today.",
    "Storms closed the eastern pier for a week, so that no fishing boats came in from the sea.",
)

PAGES: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one
    for one in (
        parse,
        parse_bare,
        guess_charset,
        release,
        release_with_rules,
        fragment,
        unscripted,
        sections,
        listing,
        listing_with_rules,
        feed_of_text,
        feed_of_markup,
        xml,
        json_listing,
        store_of_rows,
        json_of_text,
        script_state,
        json_state,
        json_ld,
        literal,
        pagination,
        older_releases,
        barriers,
        hub,
        redesign,
        discovery,
        address_list,
        markdown,
        serialized,
        selectors,
        templates,
        excerpt,
        document,
    )
}
