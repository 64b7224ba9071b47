"""Inspect the sites of catalogue entries: find their releases, and check who owns each site.

Many sites are inspected at the same time, in threads. Sites of one host are inspected one after the
other. If a request fails, the site is inspected again after all other sites, because many hosts
fail or limit requests only for a short time.
"""

import logging
import math
import queue
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from data.errors import PAGE_BUG, CommuniqueError
from data.text.clean import plain
from data.text.folding import fold_search
from data.text.masking import masked
from data.text.words import tokens
from scheduler.children.fetch import SharedFetcher
from spiders.catalogue.catalogue import Entry
from spiders.discovery.certainty import MIN_CERTAINTY
from spiders.discovery.explore import Explored, Explorer
from spiders.discovery.fetcher import NotFetched
from spiders.discovery.proposal import SMALL
from spiders.discovery.propose import GivenFields
from spiders.discovery.site_name import guess_name
from spiders.page.page import Page

MAX_RESPONSE_SECONDS: Final = 180.0
"""Maximum time in seconds to wait for one response, including delays between requests."""

MAX_REASON_CHARS: Final = 500
"""Maximum number of characters of the reason why a site can't be added. A longer reason is cut."""

log = logging.getLogger("communique.catalogue")


@dataclass(frozen=True, slots=True)
class InspectedSite:
    """Result of inspecting a site. ``reason`` is empty if the source can be added.

    ``found`` is None if no releases were found. ``may_pass`` is true if a request failed that may
    succeed later.
    """

    found: Explored | None
    reason: str = ""
    may_pass: bool = False


def inspect(fetcher: SharedFetcher, entry: Entry, given: GivenFields) -> InspectedSite:
    """Inspect an entry's addresses. Return the first certain result, otherwise the best result."""
    best = InspectedSite(None)
    for address in entry.addresses:
        result = _of_address(fetcher, entry, address, given)
        if not result.reason:
            return result
        if best.found is None and (result.found or not best.reason):
            best = result
    return best


def _of_address(
    fetcher: SharedFetcher, entry: Entry, address: str, given: GivenFields
) -> InspectedSite:
    try:
        opened = partial(fetcher.opened, MAX_RESPONSE_SECONDS)
        found = Explorer(opened, (), lambda _: None, given).explore(address)
        return InspectedSite(found, _doubt(found, entry))
    except CommuniqueError as error:
        return InspectedSite(None, _short(str(error)), may_pass=isinstance(error, NotFetched))
    except Exception:
        # One page that our code can't read must not end the work on all other sites.
        log.exception("the site of %s could not be inspected", entry.id)
        return InspectedSite(None, f"{masked(address)}: {PAGE_BUG}")


def _doubt(found: Explored, entry: Entry) -> str:
    """Return the reason why a person should decide about a result, or "" if it can be added."""
    pages = [page for _, page in found.site.releases]
    shown = [found.site.page, *pages]
    if found.site.feed_page:
        shown.append(found.site.feed_page)
    if not shows_name(shown, (entry.name, *entry.names)):
        own = guess_name(found.site.page, pages, found.site.feed_page).value
        return _short(
            f"{masked(found.site.page.url)} does not contain the name {entry.name!r}; "
            f"the page shows the name {own!r}"
        )
    certainty = found.proposed.certainty
    if not certainty.enough:
        return _short(
            f"{masked(found.site.page.url)}: these may not be the releases (certainty "
            f"{certainty.value:.0%}, minimum {MIN_CERTAINTY:.0%}): {'; '.join(certainty.reasons)}"
        )
    return ""


def _short(text: str) -> str:
    line = plain(text)
    return line if len(line) <= MAX_REASON_CHARS else f"{line[:MAX_REASON_CHARS]}…"


MIN_WORD_SHARE: Final = 0.6
"""Minimum share of the words in a name that a page must contain, close together."""

WINDOW_WORDS: Final = 3
"""Maximum length of the passage that must contain the words of a name, relative to the name.

A value of 3 means three times as many words as in the name.
"""

MAX_PAGE_CHARS: Final = 300_000
"""Maximum number of characters of a page that are searched for a name."""

UNSPACED_LETTER: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
)
"""Pattern that matches letters of scripts without spaces between words."""

TEXT_ATTRIBUTES: Final = ("alt", "title", "aria-label", "content")
"""Attributes that may contain the name of a site."""


def shows_name(pages: Iterable[Page], names: Sequence[str]) -> bool:
    """Return whether a page contains MIN_WORD_SHARE of the words of a name, close together."""
    folded = [fold_search(name) for name in names]
    return any(_shows_any(_text_of(page), folded) for page in pages)


def _shows_any(text: str, names: Sequence[str]) -> bool:
    words, compact = tokens(text), "".join(text.split())
    return any(
        "".join(name.split()) in compact if UNSPACED_LETTER.search(name) else _is_shown(name, words)
        for name in names
    )


def _is_shown(name: str, words: Sequence[str]) -> bool:
    every = {*tokens(name)}
    wanted = {word for word in every if len(word) > 1 and word not in SMALL} or every
    if not wanted:
        return False
    needed = math.ceil(len(wanted) * MIN_WORD_SHARE)
    width = WINDOW_WORDS * len(wanted)
    near = Counter[str]()
    for at, word in enumerate(words):
        if at >= width and (left := words[at - width]) in wanted:
            near[left] -= 1
            if not near[left]:
                del near[left]
        if word in wanted:
            near[word] += 1
            if len(near) >= needed:
                return True
    return False


def _text_of(page: Page) -> str:
    """Return the text and the TEXT_ATTRIBUTES of a page, folded for comparison."""
    parts: list[str] = []
    length = 0
    for node in page.tree.iter("*"):
        found = [] if node.tag in {"script", "style"} else [node.text or ""]
        found += [node.tail or ""]
        found += [value for key in TEXT_ATTRIBUTES if (value := node.get(key))]
        parts += found
        length += sum(map(len, found))
        if length > MAX_PAGE_CHARS:
            break
    return fold_search(" ".join(parts)[:MAX_PAGE_CHARS])


MAX_SITES: Final = 16
"""Maximum number of sites that are inspected at the same time."""

RETRY_SECONDS: Final = 2.0
"""Minimum time in seconds until a site is inspected again after a failed request."""

HostSites: TypeAlias = Sequence[tuple[Entry, GivenFields]]
"""Entries of one host, with the given fields of their sources."""


def inspect_all(
    fetcher: SharedFetcher,
    hosts: Sequence[Sequence[Entry]],
    given: Callable[[Entry], GivenFields],
) -> Iterator[tuple[Entry, InspectedSite]]:
    """Inspect entries, and yield each with its result. ``hosts`` contains the entries per host."""
    inspection = _Inspection(fetcher)
    for entries in hosts:
        inspection.waiting.put(([(entry, given(entry)) for entry in entries], False))
    for _ in range(min(MAX_SITES, len(hosts))):
        threading.Thread(target=inspection.work, daemon=True).start()
    try:
        for _ in range(sum(map(len, hosts))):
            yield inspection.done.get()
    finally:
        inspection.stop.set()


class _Inspection:
    """The queues of waiting and inspected sites.

    A waiting site has a flag that is true for a retry.
    """

    def __init__(self, fetcher: SharedFetcher) -> None:
        self._fetcher = fetcher
        self.waiting = queue.SimpleQueue[tuple[HostSites, bool]]()
        self.done = queue.SimpleQueue[tuple[Entry, InspectedSite]]()
        self.stop = threading.Event()

    def work(self) -> None:
        """Inspect waiting sites until none is left."""
        while not self.stop.is_set():
            try:
                sites, is_retry = self.waiting.get_nowait()
            except queue.Empty:
                return
            if failed := [*self._inspect(sites, is_retry=is_retry)]:
                self.stop.wait(RETRY_SECONDS)
                self.waiting.put((failed, True))

    def _inspect(self, sites: HostSites, *, is_retry: bool) -> Iterator[tuple[Entry, GivenFields]]:
        """Inspect the sites of a host, and yield the sites to inspect again."""
        for entry, given in sites:
            if self.stop.is_set():
                return
            inspected = inspect(self._fetcher, entry, given)
            if inspected.may_pass and not is_retry:
                yield entry, given
            else:
                self.done.put((entry, inspected))
