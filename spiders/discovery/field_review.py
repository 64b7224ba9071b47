"""Check the fields of a source's sample releases: report doubts, suggest selectors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.text.clean import clean_line
from data.wording import counted
from spiders.discovery.proposal import MIN_CONFIDENCE
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.css import declared_text, marks_of, selectors_of
from spiders.page.embedded_metadata import read_metadata
from spiders.page.javascript import needs_scripts
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.metadata import page_language
from spiders.sources.source_file import ReleaseRules

MAX_DATE_LINE_LENGTH = 80
"""Maximum length of a text that may be a date line, in characters."""

MIN_SELECTOR_PAGES = 2
"""Minimum number of sample pages for proposing a selector."""

MAX_NODES = 5_000
"""Maximum number of elements of the first sample page that are checked."""

MAX_COMPARED_LENGTH = 400
"""Maximum length of a text that is compared with a field's value, in characters."""

TAGS = (
    "h1", "h2", "h3", "h4", "time", "span", "div", "p", "td", "th", "li", "dd", "dt", "b", "strong",
    "em", "i", "font", "small", "a", "header",
)  # fmt: skip
COMMON_TAGS = {"div", "span", "p", "a", "li", "td"}
"""Tags that are too frequent to be selectors without a class or id."""

Right = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class SampleRelease:
    """A sample release page, its extraction, and its listing item."""

    page: Page
    read: ExtractedRelease
    item: ListingItem


@dataclass(frozen=True, slots=True)
class FieldReport:
    """A report about one field of a source's releases.

    ``value`` is the field's value on the first sample page. ``of`` is the number of sample pages,
    and ``found`` is how many of them have the field. ``confidence`` is from 0 to 1, and ``rule`` is
    the rule that found the value. ``advice`` explains a doubt and suggests a line for the source
    file, or is "".
    """

    name: str
    value: str
    found: int
    of: int
    confidence: float
    rule: str
    advice: str = ""


def review(looks: Sequence[SampleRelease], name: str) -> tuple[FieldReport, ...]:
    """Return reports about the fields of the sample releases, most important field first."""
    if not looks:
        return ()
    said = {one: _said(looks, one) for one in ("language", "section", "publisher", "author")}
    if not said["publisher"].found:
        said["publisher"] = replace(said["publisher"], value=name, rule="name")
    media = (_media(looks, one) for one in ("images", "attachments"))
    return (_title(looks), _published(looks), _body(looks), *said.values(), *media)


def draft_rules(looks: Sequence[SampleRelease], context: DateContext) -> ReleaseRules:
    """Return selectors for fields that detection extracts wrongly.

    A detected title or date is wrong if it differs from the listing's on most sample pages. But the
    listing itself may be wrong: if the only ``h1`` of each page is its title, no selector is
    returned.
    """
    title = published = None
    if len(looks) < MIN_SELECTOR_PAGES:
        return ReleaseRules()
    if _mostly(not _same_title(look) for look in looks if look.item.title):
        if _are_headed(looks):
            return ReleaseRules()
        titles = [_is_title(look.item.title) for look in looks]
        title = find_selector([look.page for look in looks], titles)
    dated = [look for look in looks if look.item.published]
    if _mostly(not _same_day(look) for look in dated):
        days = [_is_day(look, context) for look in dated]
        published = find_selector([look.page for look in dated], days)
    return ReleaseRules(title=title, published=published)


def _title(looks: Sequence[SampleRelease]) -> FieldReport:
    of = len(looks)
    found = [look for look in looks if look.read.confidence.get("title")]
    agreed = sum(_same_title(look) for look in found)
    confidence = _confidence(looks, "title")
    advice = ""
    if not found:
        advice = 'no title was found: write [release] title = "…", the selector of the headline'
    elif agreed * 2 > len(found):
        confidence = max(confidence, 0.95 * agreed / of)
    elif any(look.item.title for look in found):
        confidence = min(confidence, 0.5)
        apart = [look for look in found if look.item.title and not _same_title(look)]
        advice = (
            f"the title on {len(apart)} of {counted(of, 'page')} differs from the listing, which"
            f" says {apart[0].item.title[:60]!r} where the page says "
            f"{apart[0].read.content.title[:60]!r}: "
            'if the page is wrong, write [release] title = "…"'
        )
    elif confidence < MIN_CONFIDENCE:
        advice = (
            "it may be another line of the page; if so, write [release] "
            'title = "h1", or the selector of the headline'
        )
    rule = found[0].read.content.title_rule if found else ""
    value = found[0].read.content.title if found else ""
    return FieldReport("title", value, len(found), of, _round(confidence), rule, advice)


def _published(looks: Sequence[SampleRelease]) -> FieldReport:
    of = len(looks)
    found = [(look, date) for look in looks if (date := look.read.content.published)]
    confidence = _confidence(looks, "published")
    listed = [look for look, _ in found if look.item.published]
    agreed = sum(_same_day(look) for look in listed)
    advice = ""
    if not found:
        advice = 'no date was found: write [release] published = "…", the selector of the date'
    elif listed and agreed * 2 > len(listed):
        confidence = max(confidence, 0.95 * agreed / of)
    elif listed:
        confidence = min(confidence, 0.4)
        apart = [(look.item.published, date) for look, date in found if not _same_day(look)]
        differences = [
            f"{there.iso} where the page says {here.iso}" for there, here in apart if there
        ]
        advice = (
            f"the date on {len(differences)} of {counted(of, 'page')} differs from the listing,"
            f" which says {differences[0]}: "
            'if the page is wrong, write [release] published = "…", the selector of the date'
        )
    elif confidence < MIN_CONFIDENCE:
        advice = (
            "it may be another date of the page; if so, write [release] "
            'published = "…", the selector of the date'
        )
    rule = found[0][1].rule if found else ""
    value = found[0][1].iso if found else ""
    return FieldReport("published", value, len(found), of, _round(confidence), rule, advice)


def _body(looks: Sequence[SampleRelease]) -> FieldReport:
    found = [look.read for look in looks if look.read.content.body_text]
    confidence = _confidence(looks, "body")
    texts = {read.content.body_text for read in found}
    advice = ""
    if not found:
        advice = 'no text was found: write [release] body = "…", the selector of the text'
        # Scripts fill the pages, or their URLs lead to parts of pages.
        if all(
            "#" in f"{look.page.url}{look.item.url}" or needs_scripts(look.page) for look in looks
        ):
            advice = "the pages are empty without a browser: write render = true"
    elif len(found) > 1 and len(texts) == 1:
        confidence = 0.1
        advice = 'all pages have the same text: write [release] body = "…", its selector'
    elif confidence < MIN_CONFIDENCE:
        advice = 'check the text below; if it is wrong, write [release] body = "…", its selector'
    text = clean_line(found[0].content.body_text) if found else ""
    rule = found[0].content.body_rule if found else ""
    return FieldReport("body", text, len(found), len(looks), _round(confidence), rule, advice)


def _said(looks: Sequence[SampleRelease], name: str) -> FieldReport:
    """Return a report about the optional field ``name``."""
    found = [(look, shown) for look in looks if (shown := getattr(look.read.content, name))]
    if not found:
        return FieldReport(name, "", 0, len(looks), 0.0, "")
    look, shown = found[0]
    rule = _origin(look, name, shown)
    sure = {"declared": 0.95, "meta": 0.9, "detected": 0.8}.get(rule, 0.7)
    return FieldReport(name, shown, len(found), len(looks), sure, rule)


def _origin(look: SampleRelease, name: str, shown: str) -> str:
    meta = read_metadata(look.page)
    if name == "language":
        return "declared" if page_language(look.page.tree, meta) == shown else "detected"
    values = (value for values in meta.metas.values() for value in values)
    named = [clean_line(value) for value in values]
    keys = {"section": "articleSection", "publisher": "publisher", "author": "author"}
    return "meta" if shown in named or meta.text(keys[name]) else "page"


def _media(looks: Sequence[SampleRelease], name: str) -> FieldReport:
    found = [files for look in looks if (files := getattr(look.read.content, name))]
    count = sum(map(len, found))
    confidence = _confidence(looks, "body") if found else 0.0
    value = f"{count}: {found[0][0].url}" if found else ""
    return FieldReport(
        name, value, len(found), len(looks), _round(confidence), "in the text" if found else ""
    )


def _confidence(looks: Sequence[SampleRelease], name: str) -> float:
    """Return the mean confidence in a field of the sample releases."""
    return sum(look.read.confidence.get(name, 0.0) for look in looks) / len(looks)


def _mostly(values: Iterator[bool]) -> bool:
    found = list(values)
    return sum(found) * 2 > len(found)


def _round(confidence: float) -> float:
    return round(min(1.0, confidence), 2)


def _is_title(expected: str) -> Callable[[str], bool]:
    wanted = comparison_key(expected)
    return lambda text: bool(wanted) and comparison_key(text).startswith(wanted)


def _same_title(look: SampleRelease) -> bool:
    listed, read = comparison_key(look.item.title), comparison_key(look.read.content.title)
    return bool(listed) and (read.startswith(listed) or listed.startswith(read) or read in listed)


def _same_day(look: SampleRelease) -> bool:
    read, listed = look.read.content.published, look.item.published
    return read is not None and listed is not None and read.day == listed.day


def _are_headed(looks: Sequence[SampleRelease]) -> bool:
    """Whether the title of each sample page is its only ``h1``, and all titles differ."""
    headed = set()
    for look in looks:
        headings = look.page.tree.findall(".//h1")
        shown = "".join(map(str, headings[0].itertext())) if len(headings) == 1 else ""
        text = comparison_key(clean_line(shown))
        if not text or text != comparison_key(look.read.content.title):
            return False
        headed.add(text)
    return len(headed) == len(looks)


def _is_day(look: SampleRelease, context: DateContext) -> Callable[[str], bool]:
    listed = look.item.published

    def is_right(text: str) -> bool:
        if not 0 < len(text) <= MAX_DATE_LINE_LENGTH:
            return False
        found = parse_date(text, context, "declared")
        return found is not None and listed is not None and found.day == listed.day

    return is_right


def find_selector(pages: Sequence[Page], right: Sequence[Right]) -> str | None:
    """Return the shortest selector whose first match has the right text on each page, or None.

    ``right`` contains one check per page. Selectors without a path come first, because they survive
    layout changes.
    """
    if not pages:
        return None
    candidates = set(_candidates(pages[0], right[0]))
    for selector in sorted(candidates, key=lambda text: (" " in text, len(text), text)):
        texts = (declared_text(page.tree, selector, []) for page in pages)
        if all(is_right(text) for is_right, text in zip(right, texts, strict=True)):
            return selector
    return None


def _candidates(page: Page, is_right: Right) -> Iterator[str]:
    for number, node in enumerate(page.tree.iter(*TAGS)):
        if number > MAX_NODES:
            return
        if node.tag == "time" and is_right(clean_line(node.get("datetime") or "")):
            yield from (f"{selector}::attr(datetime)" for selector in _selectors(node))
        text = clean_line("".join(map(str, node.itertext()))[: MAX_COMPARED_LENGTH * 2])
        if 0 < len(text) <= MAX_COMPARED_LENGTH and is_right(text):
            yield from _selectors(node)


def _selectors(node: etree._Element) -> Iterator[str]:
    """Yield selectors for an element.

    The selectors may also match later elements, because only the first matching text counts.
    """
    yield from marks_of(node)
    if node.tag not in COMMON_TAGS:
        yield str(node.tag)
    yield from selectors_of(node)
