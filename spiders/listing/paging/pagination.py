"""Find the next page of an HTML listing.

Pagination of feeds is in `spiders.listing.feed`, and of JSON documents in
`spiders.listing.json_listing`. `spiders.listing.read` calls all of them.
`spiders.crawl.listings.listing_walk` decides which of the pages a visit requests.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from urllib.parse import SplitResult, urlsplit

from lxml import etree

from data.text.folding import fold_date
from spiders.items import Listing
from spiders.listing.paging.controls import Controls
from spiders.listing.paging.labels import (
    BACKWARD_ARROWS,
    FORWARD_ARROWS,
    ONWARD,
    is_written_rtl,
    label_of,
    label_words,
    number_in,
    range_in,
)
from spiders.listing.paging.loaders import is_loader, loader_of
from spiders.listing.paging.page_numbers import (
    PAGER_CLASS,
    Pager,
    by_script,
    is_dot,
    is_front_of,
    is_of_calendar,
    is_page_of,
    leads_on,
    neighbours,
    next_dot,
    next_option,
    pager_of,
    step,
)
from spiders.listing.paging.scripted_pagers import element_pager, next_in_state
from spiders.page.class_hints import class_and_id, names_around
from spiders.page.css import CssSelector
from spiders.page.links import link_target, resolve
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

MAX_LOADERS = 1_000
"""Maximum number of elements other than links and buttons that are checked for a URL."""

MAX_OTHERS = 3
"""Maximum number of other pages tried if the next page has no new releases."""

LOADER_ATTRIBUTES = ("hx-get", "data-next-url", "data-next-page", "data-next-href", "data-next")
"""Attributes of any element for the URL of the next part of an endless list."""

_NEXT_ATTRIBUTES = ("data-next-url", "data-next-page", "data-next-href")
_BUTTONS = frozenset(["submit", "image", "button"])
_STRONG_CLASS = re.compile(
    r"(?:^|[\s_-])(?:next|older|nextpostslink|nextpage|next_page|page_next|pagenext|nav-previous)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_MORE_CLASS = re.compile(r"(?:load|show|view)[_-]?more", re.IGNORECASE)
_PREVIOUS_CLASS = re.compile(r"(?:^|[\s_-])prev", re.IGNORECASE)
_CAROUSEL = re.compile(
    r"carousel|slider|slick|swiper|lightbox|calendar|datepicker|gallery", re.IGNORECASE
)
_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_DIGITS = re.compile(r"\d+")
_FORWARD = re.compile(r"^.{0,40}[›»>→▶►❯≫⟩]\s*$")
_BACKWARD = re.compile(r"\s*[‹«<←◀◄❮≪⟨⟪]")
_MAX_LABEL_LENGTH = 40
"""Maximum length of a label that is compared with the words for "next page", in characters."""

_MAX_MORE_WORDS = 3
"""Maximum number of words in a label that begins with *more*. Longer texts are headlines."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A URL that may be the next page.

    ``sure`` is true if ``rel`` or a class explicitly marks the next page. ``is_before`` is true for
    the page before the current page in a pager. ``counts_down`` is true if older pages have lower
    numbers.
    """

    url: str
    score: float
    label: str = ""
    pager: bool = False
    sure: bool = False
    is_before: bool = False
    counts_down: bool = False


def next_pages(
    page: Page, rules: ListingRules | None = None, controls: Controls | None = None
) -> Listing:
    """Return the pagination of a page, as a listing without items.

    The listing has the next page, the page before the current page, and up to three other pages to
    try, most likely first.

    A ``next`` selector in the source file has priority. Otherwise, these are tried in order:

    - rel=next (HTML, 4.6.7)
    - words or class names of links
    - the number after the current page number
    - a "load more" URL
    - requests for further rows that scripts make
    - the next page in the state of scripts

    The result is never the page itself. Pass ``controls`` to reuse the parsed controls of the page.
    """
    controls = controls or Controls(page)
    if rules and rules.next:
        return _requested(_declared(page, rules.next, controls), page, controls)
    found = list(_candidates(page, controls))
    forward = [one for one in found if one.score > 0 and not one.is_before]
    best = max(forward, key=lambda one: one.score, default=None)
    before = [one for one in found if one.is_before]
    following = best.url if best else None
    counts_down = bool(best and best.counts_down)
    if following is None:
        # The first page has no newer page, so its "previous" page is an older page.
        older = (one.url for one in before if is_front_of(page.url, one.url))
        following = next(older, None)
        counts_down = following is not None
    others = dict.fromkeys(
        one.url
        for one in sorted(forward, key=lambda one: -one.score)
        if is_page_of(page.url, one.url)
        and not controls.makes(one.url)
        and not (following and _same(one.url, following))
    )
    found_next = _requested(following, page, controls) if following else _by_script(page)
    return replace(
        found_next,
        others=tuple(others)[:MAX_OTHERS],
        before=next((one.url for one in before if not controls.makes(one.url)), None),
        counts_down=counts_down,
    )


def _by_script(page: Page) -> Listing:
    """Return the next page if only scripts request it."""
    if loader := loader_of(page):
        return Listing(page.url, (), loader.url, form=loader.form, series=loader.series)
    pager = element_pager(page)
    return Listing(page.url, (), pager.next if pager and pager.next else next_in_state(page))


def _requested(address: str | None, page: Page, controls: Controls) -> Listing:
    """Return the request for a URL, with a form if it is a control's key URL."""
    form = None
    if address is not None and controls.makes(address):
        address, form = controls.request(address) or (None, None)
    return Listing(page.url, (), address, form=form)


def _declared(page: Page, selector: str, controls: Controls) -> str | None:
    for found in CssSelector(selector).found(page.tree):
        if isinstance(found, str):
            address = resolve(found, page.base)
        else:
            address = link_target(found, page.base) or controls.address(found)
        if address and not _same(address, page.url):
            return address
    return None


def _candidates(page: Page, controls: Controls) -> Iterator[_Candidate]:
    links = _Links(page, controls)
    for node in chain(controls.nodes, islice(_loaders(page), MAX_LOADERS)):
        links.add(node)
    yield from links.candidates()
    for select, options in controls.lists:
        option, is_page = next_option(options)
        if option is None or (is_page and not controls.is_named_for_pages(select)):
            continue
        if address := controls.chosen(select, option):
            yield _Candidate(address, 1.3 if is_page else 0.4)


class _Links:
    """Collects the links, buttons and options of one page that may lead to the next page."""

    def __init__(self, page: Page, controls: Controls) -> None:
        self._page = page
        self._controls = controls
        self._here = urlsplit(page.url)
        self._host = self._here.hostname
        self._is_rtl = is_written_rtl(page.tree)
        self._pagers: dict[etree._Element, Pager] = defaultdict(Pager)
        self._dots: dict[etree._Element, dict[etree._Element, str | None]] = defaultdict(dict)
        self._called: dict[str, set[str]] = defaultdict(set)
        self._found: list[_Candidate] = []
        self._stated: list[_Candidate] = []

    def add(self, node: etree._Element) -> None:
        """Add a control if its URL is on the same host as the page."""
        page = self._page
        if node.tag == "input" and (node.get("type") or "").lower() not in _BUTTONS:
            return
        if is_loader(node):
            return  # without its counter, the URL does not lead to the next rows
        address = self._controls.target(node) or self._controls.address(node)
        if not address:
            return
        here, there = self._here, urlsplit(address)
        if self._host and there.netloc != here.netloc and there.hostname != self._host:
            return
        is_own = _are_same(here, there)
        if node.tag == "link":
            if not is_own and "next" in (node.get("rel") or "").lower().split():
                self._stated.append(_Candidate(address, 6.0))
            return
        label = self._controls.page_of_grid(node)
        if not label:
            label = label_of(node, is_rtl=True) if self._is_rtl else self._controls.label(node)
        self._note_number(node, label, None if is_own else address)
        if is_own or node.tag == "option":
            return
        self._called[label].add(address)
        candidate = _rated(node, label, address, page.url, is_rtl=self._is_rtl)
        if (candidate.score > 0 or candidate.is_before) and not is_of_calendar(page.url, address):
            self._found.append(candidate)

    def _note_number(self, node: etree._Element, label: str, address: str | None) -> None:
        """Record the page number that a label contains, with its URL.

        ``address`` is None for the current page.
        """
        number, places = number_in(label), range_in(label)
        if number is not None and address is None:
            self._pagers[pager_of(node)].own = number
        elif number is not None and address:
            self._pagers[pager_of(node)].linked[number] = address
        elif places is not None and address:
            self._pagers[pager_of(node)].ranges[places] = address
        elif is_dot(label) and (address is None or is_page_of(self._page.url, address)):
            self._dots[pager_of(node)][node] = address

    def candidates(self) -> Iterator[_Candidate]:
        """Yield candidates for the next page and for the page before the current page."""
        counted = list(self._counted())
        for one in self._stated:
            # In manuals, rel=next leads to the next chapter. A pager with numbers is more reliable.
            if not counted or is_page_of(self._page.url, one.url):
                yield one
        yield from _single(self._found, self._called, self._page.url)
        yield from counted

    def _counted(self) -> Iterator[_Candidate]:
        """Yield the pages before and after the current page, from pagers that list the pages.

        The pages may be listed by number or as dots, and a script may create the pager.
        """
        page = self._page
        if b"createPage" in page.markup and (drawn := by_script(page.url, page.text)):
            yield _Candidate(drawn, 2.0)
        for pager, dots in self._dots.items():
            if address := next_dot(pager, dots):
                yield _Candidate(address, 1.2)
        for beside in neighbours(page.url, self._pagers):
            if beside.after:
                named = bool(PAGER_CLASS.search(class_and_id(beside.pager)))
                score = 1.2 + 0.2 * named
                yield _Candidate(beside.after, score, counts_down=beside.counts_down)
            if beside.before:
                yield _Candidate(beside.before, 0.0, is_before=True)


def _loaders(page: Page) -> Iterator[etree._Element]:
    """Yield elements other than links and buttons that load the next part of an endless list."""
    if not any(name.encode() in page.markup for name in LOADER_ATTRIBUTES):
        return
    for node in page.tree.iter():
        if node.tag not in {"link", "a", "button", "input"} and any(
            map(node.get, LOADER_ATTRIBUTES)
        ):
            yield node


def _single(
    found: Iterable[_Candidate], called: dict[str, set[str]], here: str
) -> Iterator[_Candidate]:
    """Yield the candidates whose label leads to a single URL.

    A label with many URLs belongs to the rows of the list, such as *weiter* below each teaser.
    """
    labels = {one.label for one in found}
    pages = {label: [url for url in called[label] if leads_on(here, url)] for label in labels}
    for one in found:
        count = len(called[one.label])
        own = one.sure or count == 1 or not one.label or pages[one.label] == [one.url]
        if own or (count == 2 and one.pager):  # noqa: PLR2004 - two lists, each with its pager
            yield one


def _rated(
    node: etree._Element, label: str, address: str, here: str, *, is_rtl: bool
) -> _Candidate:
    """Rate how likely a link leads to the next page, by its words, class names and URL."""
    rel = (node.get("rel") or "").lower().split()
    words = _words(label) if len(label) <= _MAX_LABEL_LENGTH else ""
    titled = _words(node.get("title") or node.get("aria-label") or "")[:_MAX_LABEL_LENGTH]
    mark = label.strip()
    previous, onward = label_words("pager.previous"), label_words(*ONWARD)
    if words in previous or titled in previous or "prev" in rel:
        is_beside = not _CAROUSEL.search(names_around(node, 3))
        return _Candidate(address, 0.0, label, is_before=is_beside and is_page_of(here, address))
    numbered = is_page_of(here, address, loads=True) and (
        is_page_of(here, address) or _loads(node, here)
    )
    named = _named_next(node)
    worded = words in onward or titled in onward
    is_arrow = _is_forward(mark, address, here, is_rtl=is_rtl)
    speaks = numbered or named or worded or is_arrow or "next" in rel
    if not speaks or _CAROUSEL.search(around := names_around(node, 3)):
        return _Candidate(address, 0.0)
    pager = bool(PAGER_CLASS.search(around))
    counts_up = numbered and (step(here, address) > 0 or is_front_of(here, address))
    score = 5.0 * ("next" in rel)
    if worded:
        score += 3.0
    elif is_arrow and (pager or counts_up):
        score += 1.5
    elif numbered:
        score += _numbered_score(node, label, (words, titled), address, here)
    found = _Candidate(address, score + named, label, pager, sure=bool("next" in rel or named))
    if not found.score:
        return found
    return replace(
        found, score=found.score + 0.5 * pager + 0.2 * numbered + 0.3 * step(here, address)
    )


def _loads(node: etree._Element, here: str) -> bool:
    """Whether a control is a "load more" button that works only with scripts (no URL, no form)."""
    is_link = node.tag in {"a", "link"} and resolve(node.get("href") or "", here)
    return not is_link and node.tag != "input"


def _numbered_score(
    node: etree._Element, label: str, words: tuple[str, str], address: str, here: str
) -> float:
    """Return the score of a link to a numbered page whose label is neither a word nor an arrow."""
    if _FORWARD.search(label) and not _BACKWARD.match(label):
        return 1.2
    if _is_more(*words) or _leads_on(*words, address, here):
        return 1.0
    if node.tag not in {"a", "button", "input"} or _MORE_CLASS.search(names_around(node, 1)):
        return 0.8
    return 0.0


def _is_forward(mark: str, address: str, here: str, *, is_rtl: bool) -> bool:
    """Whether a label is an arrow that points to the next page.

    On pages written from right to left, only the URL decides.
    """
    if is_rtl and mark in FORWARD_ARROWS | BACKWARD_ARROWS:
        # Some authors mirror arrows and some leave that to the browser, so only the URL
        # decides.
        return leads_on(here, address) and step(here, address) >= 0
    return mark in FORWARD_ARROWS


def _words(text: str) -> str:
    return fold_date(_EDGES.sub("", text))


def _is_more(label: str, titled: str) -> bool:
    words, more = label.split(), label_words("pager.more")
    return (
        label in more
        or titled in more
        or (words[:1] == ["more"] and 1 < len(words) <= _MAX_MORE_WORDS)
    )


def _leads_on(label: str, titled: str, address: str, here: str) -> bool:
    """Whether a label begins or ends with "next page" in any language, and its URL counts up.

    Example: *next 20 items*.
    """
    if not leads_on(here, address):
        return False
    for text in (label, titled):
        words = _DIGITS.sub(" ", text).split()
        beginnings = (" ".join(words[:count]) for count in (1, 2, 3))
        endings = (" ".join(words[-count:]) for count in (1, 2))
        if any(part in label_words(*ONWARD, "pager.more") for part in beginnings):
            return True
        if any(part in label_words("pager.next") for part in endings):
            return True
    return False


def _named_next(node: etree._Element) -> float:
    """Return the score of a link whose attributes, class or id suggest the next page.

    The class and id of the link's parent also count.
    """
    if any(node.get(name) for name in _NEXT_ATTRIBUTES):
        return 2.0
    names = class_and_id(node)
    if _STRONG_CLASS.search(names) and not _PREVIOUS_CLASS.search(names):
        return 2.5
    return 2.0 if _STRONG_CLASS.search(class_and_id(node.getparent())) else 0.0


def _same(address: str, url: str) -> bool:
    """Whether two URLs are equal without their fragments, which servers never receive."""
    return _are_same(urlsplit(url), urlsplit(address))


def _are_same(mine: SplitResult, other: SplitResult) -> bool:
    return (
        mine.query == other.query
        and (mine.path.rstrip("/") or "/") == (other.path.rstrip("/") or "/")
        and mine.hostname == other.hostname
    )
