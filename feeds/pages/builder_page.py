"""The page where a feed is put together: what is chosen there, and the address that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

from data.models import Facet, Release
from data.search.matches import Matches
from data.search.query import LONGEST
from feeds.entries.entry import title_of
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import NAMES
from feeds.pages.search_problems import Problem
from feeds.urls import (
    FEED_BUILDER,
    FEED_TYPES,
    FORMATS,
    SEARCH,
    SEARCH_PAGE,
    Format,
    feed_facet,
    href,
    release_file,
    stem_of,
)

FILE: Final = FEED_BUILDER.lstrip("/") + "index.html"

CHOSEN: Final = ("q", "source", "topic", "lang")
"""By what releases are chosen."""

EVENTS: Final = {"days": "/feeds/days", "health": "/feeds/health"}
"""Kinds of feeds that are of the whole site."""

OF_ALL: Final = {"": "/feeds/all", "corrected": "/feeds/changes", "retracted": "/feeds/retractions"}
"""The feeds of each kind where nothing else is chosen."""

MOST: Final = 1000
"""Sources, topics or languages to choose from."""

Asked: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Built:
    """What was chosen, why it can't be, how many releases match it, and the newest of them.

    ``matches`` is None where nothing but a kind was chosen.
    """

    asked: Asked
    problems: Sequence[Problem] = ()
    matches: Matches | None = None
    newest: Sequence[Release] = ()


def kind_of(asked: Asked) -> str:
    """What the feed tells of; releases where that is no kind."""
    kind = asked.get("kind", "")
    return kind if kind in {*EVENTS, *OF_ALL} else ""


def state_of(asked: Asked) -> Asked:
    """The state of releases that the kind means, as a search asks for it."""
    kind = kind_of(asked)
    return {"state": kind} if kind and kind in OF_ALL else {}


def feed_address(asked: Asked, counts: Mapping[Facet, int]) -> tuple[str, str]:
    """The address of the feed of what is chosen, without its suffix, and its query.

    For all releases of one source, topic or language, it is the address of a file.
    """
    kind = kind_of(asked)
    chosen = {name: asked[name] for name in CHOSEN if name in asked}
    if kind in EVENTS:
        return EVENTS[kind], ""
    if not chosen:
        return OF_ALL.get(kind, OF_ALL[""]), ""
    if not kind and "q" not in chosen and "," not in "".join(chosen.values()):
        facet = Facet(chosen.get("source"), chosen.get("topic"), language=chosen.get("lang"))
        if facet.language is None or len(chosen) == 1:
            return href(stem_of(feed_facet(facet, counts))), ""
    return SEARCH, urlencode(sorted({**chosen, **state_of(asked)}.items()))


def builder_page(pages: PageRenderer, built: Built | None = None) -> bytes:
    """The page with what was ``built`` there; without it that of a static host, which builds none.

    Links of sources, topics and languages come from the counts of the navigation.
    """
    texts = pages.catalog.texts
    if built is None:
        return pages.render(
            "builder_static.html", FILE, Facet(), title=texts.gettext("Build a feed")
        )
    asked = built.asked
    address, query = feed_address(asked, pages.navigation.counts)
    asks = f"?{query}" if query else ""
    wanted = asked.get("format", FORMATS[0])
    kind: Format = next((one for one in FORMATS if one == wanted), FORMATS[0])
    up = "../" * FILE.count("/")
    chosen = {name: asked.get(name, "").split(",") for name in CHOSEN}
    selection = {name: asked[name] for name in CHOSEN if name in asked}
    state = state_of(asked)
    return pages.render(
        "builder.html",
        FILE,
        Facet(),
        title=texts.gettext("Build a feed"),
        alternates=[],
        asked=asked,
        longest=LONGEST,
        lists=[
            (label, name, [(said, value, value in chosen[name]) for said, value in choices[:MOST]])
            for label, name, choices in choices_of(pages)
        ],
        kinds=[(said, value, value == kind_of(asked)) for said, value in kinds_of(pages)],
        kinds_of_file=[(NAMES[one], one, one == kind) for one in FORMATS],
        problems=built.problems,
        is_of_all=kind_of(asked) in EVENTS and bool(selection),
        matches=built.matches,
        newest=[(title_of(one.content), release_file(one.id)) for one in built.newest],
        address=f"{pages.catalog.site}{address}.{kind}{asks}",
        feed=f"{up}{address[1:]}.{kind}{asks}",
        kind=FEED_TYPES[kind],
        search=f"{up}{SEARCH_PAGE[1:]}?{urlencode(sorted(({**selection, **state}).items()))}"
        if selection or state
        else "",
    )


def choices_of(pages: PageRenderer) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be chosen of each kind: what the list is called, its parameter, names and values."""
    catalog, texts = pages.catalog, pages.catalog.texts
    facets = sorted(pages.navigation.counts, key=lambda one: texts.collation_key(catalog.name(one)))
    return [
        (
            texts.gettext("Sources"),
            "source",
            [(catalog.name(f), f.source) for f in facets if f.source and f == Facet(f.source)],
        ),
        (
            texts.gettext("Topics"),
            "topic",
            [(catalog.name(f), f.topic) for f in facets if f.topic and f == Facet(topic=f.topic)],
        ),
        (
            texts.gettext("Languages"),
            "lang",
            [(catalog.name(f), f.language) for f in facets if f.language],
        ),
    ]


def kinds_of(pages: PageRenderer) -> list[tuple[str, str]]:
    """What a feed may tell of."""
    texts = pages.catalog.texts
    return [
        (texts.gettext("Releases"), ""),
        (texts.gettext("Releases that were corrected"), "corrected"),
        (texts.gettext("Releases that were retracted"), "retracted"),
        (texts.gettext("Days that are over, of the whole site"), "days"),
        (texts.gettext("Health of all sources"), "health"),
    ]
