"""When a release was published: the witnesses on its page, the most trusted first."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from data.dates import Reading, find_dates, parse_date, plausible
from data.models import Published
from spiders.hints import BIT
from spiders.mainbody import MainBody
from spiders.metadata import Metadata
from spiders.survey import Survey

META_DATES = (
    "article:published_time",
    "og:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "publishdate",
    "publish_date",
    "publish-date",
    "pubdate",
    "publication_date",
    "date.created",
    "article.published",
    "sailthru.date",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "dc.date",
    "dcterms.date",
    "date",
    "citation_publication_date",
)
MAX_LINE = 160


def find_published(
    meta: Metadata, root: etree._Element, seen: Survey, body: MainBody | None, reading: Reading
) -> tuple[Published | None, list[str]]:
    """The date of publication, and a sentence on each witness that was not believed."""
    reasons: list[str] = []
    for text, rule in witnesses(meta, root, seen, body):
        found = parse_date(text, reading, rule) if len(text) <= 60 else None
        if found is None:
            found = next(iter(find_dates(text, reading, rule)), None)
        if found is None:
            continue
        if plausible(found, reading.now):
            return found, reasons
        reasons.append(f"the date {found.iso} of {rule} can't be one of publication")
    return None, [*reasons, "no date of publication was found"]


def witnesses(
    meta: Metadata, root: etree._Element, seen: Survey, body: MainBody | None
) -> Iterator[tuple[str, str]]:
    """Texts that may hold the date, with the rule that found each."""
    for key in ("datePublished", "dateCreated", "uploadDate"):
        text = meta.text(key)
        if text:
            yield text, f"json-ld:{key}"
    for name in META_DATES:
        text = meta.meta(name)
        if text:
            yield text, f"meta:{name}"
    for element in root.iter("time"):
        text = element.get("datetime") or "".join(element.itertext())
        if text.strip():
            yield text, "time"
    start = body.kept[0].order if body else len(seen.blocks)
    near = sorted(seen.blocks, key=lambda block: abs(start - block.order))
    for block in near[:60]:
        if (block.hints | block.frame.hints) & BIT["date"] and len(block.text) < MAX_LINE:
            yield block.text, "class"
    for block in near[:30]:
        if len(block.text) < MAX_LINE and block.order <= start:
            yield block.text, "line"
