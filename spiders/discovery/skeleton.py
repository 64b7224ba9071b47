"""Write an incomplete source file if no list was found, with candidates for links and selectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from data.text.clean import clean_line
from spiders.discovery.press_links import PressLink
from spiders.discovery.proposal import SourceDraft, line_of
from spiders.page.css import CssSelector
from spiders.page.links import resolve
from spiders.page.page import Page
from spiders.page.selector_generator import selectors_of

MAX_LINKS: Final = 2_000
MAX_PLACES: Final = 400
"""Maximum number of links, and of different selectors, that are checked."""

MAX_SELECTORS_PER_LINK: Final = 6
"""Maximum number of selectors for one link."""

MIN_LIST_LINKS: Final = 3
"""Minimum number of links that a selector for a list selects."""

MAX_CANDIDATES: Final = 5
"""Maximum number of candidates in the file."""

MIN_HEADLINE_LENGTH: Final = 15
"""Minimum average length of the link texts, for the links to be headlines (characters)."""

MAX_SHOWN_TEXT_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class SelectorCandidate:
    """A selector for links, the number of selected links, and the first link's text."""

    selector: str
    links: int
    first: str


def skeleton(proposal: SourceDraft, page: Page, links: Sequence[PressLink]) -> str:
    """Return the text of a source file with all known fields, and candidates as comments."""
    lines = [proposal.toml.rstrip()]
    if links:
        lines += ["", "# Pages of the site that may list its releases; try one as url:"]
        lines += [
            f"# {line_of('url', link.url)}  # {_short(link.text)}"
            for link in links[:MAX_CANDIDATES]
        ]
    lines += [
        "",
        "# Which of the page's links are releases? Uncomment the right lines:",
        "# [listing]",
    ]
    found = candidates(page)
    lines += [
        f"# {line_of('link', one.selector)}  # {one.links}, the first: {_short(one.first)}"
        for one in found
    ] or ['# link = "…"  # the CSS selector of the links, such as main h2 a']
    lines += ['# published = "…"  # the CSS selector of their dates, such as main time']
    return "\n".join(lines) + "\n"


def candidates(page: Page) -> tuple[SelectorCandidate, ...]:
    """Return selectors that may select the releases: many links with long texts, best first."""
    found: dict[str, SelectorCandidate] = {}
    for selector in islice(dict.fromkeys(_selectors(page)), MAX_PLACES):
        nodes = CssSelector(selector).elements(page.tree)
        texts = [clean_line("".join(map(str, node.itertext()))) for node in nodes]
        texts = [text for text in texts if text]
        if len(texts) >= MIN_LIST_LINKS and sum(map(len, texts)) >= MIN_HEADLINE_LENGTH * len(
            texts
        ):
            key = "\n".join(texts)
            # Of selectors with the same result, the shortest is the most readable.
            known = found.get(key)
            if known is None or len(selector) < len(known.selector):
                found[key] = SelectorCandidate(selector, len(texts), texts[0])
    ranked = sorted(found.items(), key=lambda pair: -len(set(pair[0].split("\n"))) * len(pair[0]))
    return tuple(candidate for _, candidate in ranked[:MAX_CANDIDATES])


def _selectors(page: Page) -> Iterator[str]:
    """Yield selectors for links outside of menus, the most general ones for each link."""
    for node in islice(page.tree.iter("a"), MAX_LINKS):
        around = any(True for _ in node.iterancestors("nav", "header", "footer", "aside"))
        if not around and resolve(node.get("href") or "", page.base):
            yield from islice(_useful(selectors_of(node)), MAX_SELECTORS_PER_LINK)


def _useful(selectors: Iterable[str]) -> Iterator[str]:
    return (selector for selector in selectors if selector.rpartition(" ")[2].startswith("a"))


def _short(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= MAX_SHOWN_TEXT_LENGTH else f"{line[:MAX_SHOWN_TEXT_LENGTH]}…"
