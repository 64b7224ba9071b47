"""Functions that clean, compare and classify texts, and addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from benchmarks.growth_parts.setting import READING, content_of
from data.archive.warc.cdxj import surt
from data.dates.parse import find_dates, parse_date, parse_stated
from data.languages.detection import detect_language
from data.languages.tags import language_tag
from data.network.hosts import site_of
from data.search.highlights import highlights
from data.search.passages import PASSAGE_LENGTH, passage
from data.search.query import Query, means_the_same, upgraded
from data.stories.passages import shared_passages
from data.stories.translations import marks_in, pattern
from data.text.clean import clean_line, clean_text, excerpt, mend
from data.text.folding import fold_date, fold_keyword, fold_label, fold_search, slug_of
from data.text.html_text import both_of, line_of, paragraphs, text_of
from data.text.markup import flattened
from data.text.masking import masked, masked_toml, without_user
from data.text.paragraphing import with_paragraphs
from data.text.sanitize import sanitize, sanitize_absolute
from data.text.similarity import containment, jaccard, signature
from data.text.source_secrets import Secrets
from data.text.urls import absolute, canonical_url, web_address, without_campaign
from data.text.words import tokens, without_counters
from data.topics.taxonomy import Taxonomy, load_taxonomy, text_topics
from feeds.searches import parse_query
from spiders.body.frames import is_metadata
from spiders.crawl.drafts.release_facts import is_garbled
from spiders.listing.paging.archive_labels import period_in
from spiders.listing.paging.labels import number_in, range_in
from spiders.listing.paging.page_numbers import is_page_of, leads_on, step
from spiders.page.links import resolve, url_pattern
from spiders.page.phrases import comparison_key, is_generic, is_share, is_tail, without_frills
from spiders.release.headline_text import is_no_headline, latin_lengths

taxonomy = cache(load_taxonomy)

BASE: Final = "http://harbour.example/news/"
SECRETS: Final = Secrets(
    (
        "http://harbour.example/feed?token=aa%41a-1bcd+e'f&key=12",
        "http://user:pass word@harbour.example/",
        "http://harbour.example/list?signature=***",
    )
)


def cleaning(text: str) -> object:
    """Clean a text."""
    return clean_text(text), clean_line(text), mend(text), excerpt(text)


def sanitizing(text: str) -> object:
    """Make HTML safe."""
    return sanitize(text, BASE), sanitize_absolute(text)


def text_of_html(text: str) -> object:
    """Read the text of HTML, and make HTML of a text."""
    return text_of(text), both_of(text, ""), line_of(text), paragraphs(text)


def flattening(text: str) -> object:
    """Bound how deep elements lie in one another."""
    return flattened(text, 100)


def folding(text: str) -> object:
    """Fold a text as dates, searches and labels are compared."""
    return fold_date(text), fold_search(text), fold_label(text), fold_keyword(text)


def dates(text: str) -> object:
    """Find the days that a text names."""
    return (
        find_dates(text, READING, "text"),
        parse_date(text, READING, "text"),
        parse_stated(text, text, READING, "text"),
    )


def page_labels(text: str) -> object:
    """Read the labels of pagers and archives."""
    return number_in(text), range_in(text), period_in(text)


def urls(text: str) -> object:
    """Bring addresses into one form."""
    found: list[object] = []
    for url in (text, f"http://h.example/{text}", f"http://h.example/?{text}", f"//{text}/"):
        found += [
            canonical_url(url),
            without_campaign(url),
            absolute(BASE, url),
            web_address(url),
            resolve(url, BASE),
        ]
        try:
            found += [surt(url), site_of(url), url_pattern(url), pattern(url)]
            found += [is_page_of(BASE, url), leads_on(BASE, url), step(BASE, url)]
        except ValueError:
            continue
    return found


def redaction(text: str) -> object:
    """Take secrets out of a text."""
    return masked(text), masked_toml(text), without_user(text)


def secrets(text: str) -> object:
    """Hide the secrets of sources in a text."""
    place = f"http://harbour.example/{text}?signature=x"
    return (
        SECRETS.masked(text),
        SECRETS.masked(place),
        SECRETS.is_in(text.encode("utf-16-le", "replace")),
    )


def paragraphing(text: str) -> object:
    """Divide sanitized HTML into paragraphs."""
    return with_paragraphs(sanitize(text, BASE)), with_paragraphs(f"{text}<br><br>")


def language(text: str) -> object:
    """Find the language of a text."""
    return detect_language(text), language_tag(text)


def similarity(text: str) -> object:
    """Compare texts by their words."""
    left, right = signature(text), signature(text[: len(text) // 2])
    return jaccard(left, right), containment(left, right), left.bands, left.anchors


def passages(text: str) -> object:
    """Find what two texts share."""
    return shared_passages(text, text[len(text) // 3 :] + text[:100], most=5)


def topics(text: str) -> object:
    """Find the topics of a text."""
    known: Taxonomy = taxonomy()
    return text_topics(content_of(text), known), known.matcher("en").find(text)


def editions(text: str) -> object:
    """Find the figures and names by which translations are known."""
    return marks_in(text)


def searches(text: str) -> object:
    """Read a query, and find its words in a text."""
    terms = Query(upgraded(text)).wanted
    return (
        means_the_same(text),
        # Only titles and passages are ever highlighted.
        highlights(text[: 2 * PASSAGE_LENGTH], terms or Query("harbour lamp*").wanted),
        passage(content_of(text), Query(upgraded(text[:200]))),
        parse_query(text.encode("ascii", "replace"), ("q", "source", "a1")),
    )


def names(text: str) -> object:
    """Judge lines and names."""
    return (
        slug_of(text),
        is_garbled(text),
        without_counters(text),
        comparison_key(text),
        is_share(text),
        is_tail(text),
        is_no_headline(text),
        latin_lengths(text),
        is_generic(text),
        without_frills(text),
        is_metadata(text),
        tokens(text),
    )


TEXTS: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one
    for one in (
        cleaning,
        sanitizing,
        text_of_html,
        flattening,
        folding,
        dates,
        page_labels,
        urls,
        redaction,
        secrets,
        paragraphing,
        language,
        similarity,
        passages,
        topics,
        editions,
        searches,
        names,
    )
}
