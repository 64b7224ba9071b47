"""A source file to go on with where nothing was found: candidates of links and of selectors."""

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

MOST_LINKS: Final = 2_000
MOST_PLACES: Final = 400
"""Links, and different places of links, that are looked at."""

MOST_OF_ONE: Final = 6
"""Selectors of one link."""

LEAST: Final = 3
"""Links that a selector of a list selects, at the least."""

SHOWN: Final = 5
"""Candidates that are written down."""

SHORTEST: Final = 15
"""Characters of a link's text, on average, from which on it may be a headline."""

LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A selector of links, how many it selects, and what the first of them says."""

    selector: str
    links: int
    first: str


def skeleton(proposal: SourceDraft, page: Page, links: Sequence[PressLink]) -> str:
    """The text of a source file that holds what is known, and as comments what may help."""
    lines = [proposal.toml.rstrip()]
    if links:
        lines += ["", "# Pages of the site that may list its releases; try one as url:"]
        lines += [f"# {line_of('url', link.url)}  # {_short(link.text)}" for link in links[:SHOWN]]
    lines += [
        "",
        "# Which links of the page are its releases? Take the # off what fits:",
        "# [listing]",
    ]
    found = candidates(page)
    lines += [
        f"# {line_of('link', one.selector)}  # {one.links}, the first: {_short(one.first)}"
        for one in found
    ] or ['# link = "…"  # the CSS selector of the links, such as main h2 a']
    lines += ['# published = "…"  # the CSS selector of the days beside them, such as main time']
    return "\n".join(lines) + "\n"


def candidates(page: Page) -> tuple[Candidate, ...]:
    """The selectors that may be those of the releases: many links of long texts, best first."""
    found: dict[str, Candidate] = {}
    for selector in islice(dict.fromkeys(_selectors(page)), MOST_PLACES):
        nodes = CssSelector(selector).elements(page.tree)
        texts = [clean_line("".join(map(str, node.itertext()))) for node in nodes]
        texts = [text for text in texts if text]
        if len(texts) >= LEAST and sum(map(len, texts)) >= SHORTEST * len(texts):
            key = "\n".join(texts)
            # Of those that select the same the shortest says it best.
            known = found.get(key)
            if known is None or len(selector) < len(known.selector):
                found[key] = Candidate(selector, len(texts), texts[0])
    ranked = sorted(found.items(), key=lambda pair: -len(set(pair[0].split("\n"))) * len(pair[0]))
    return tuple(candidate for _, candidate in ranked[:SHOWN])


def _selectors(page: Page) -> Iterator[str]:
    """Selectors of links that lead to pages, the general ones of each, outside of menus."""
    for node in islice(page.tree.iter("a"), MOST_LINKS):
        around = any(True for _ in node.iterancestors("nav", "header", "footer", "aside"))
        if not around and resolve(node.get("href") or "", page.base):
            yield from islice(_useful(selectors_of(node)), MOST_OF_ONE)


def _useful(selectors: Iterable[str]) -> Iterator[str]:
    return (selector for selector in selectors if selector.rpartition(" ")[2].startswith("a"))


def _short(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
