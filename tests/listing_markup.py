"""Listings and releases of an invented harbour board in the default markup of many systems.

``tests/markup`` holds a template a system, written after its public markup, each with a listing and
a release page. What stands beside the list (boxes of dated news, events, menus, calendars) is put
where the system puts its boxes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HOST: Final = "https://board.example"
SITE: Final = "Harbour Board of Merrow"
HEADING: Final = "Press releases"
PER_PAGE: Final = 10


@dataclass(frozen=True)
class Post:
    """A release, or another dated thing; ``url`` is a path or an address."""

    id: int
    title: str
    date: dt.date
    url: str = ""
    summary: str = ""
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A box beside the list: what heads it, what a system calls its kind, and its HTML."""

    title: str
    kind: str
    html: str


@dataclass(frozen=True)
class System:
    """A system: its addresses and how its boxes list what is dated.

    ``first`` is the path of the listing, ``page`` that of its page ``{n}`` (``{offset}`` counts the
    items before it), ``release`` that of a release; ``boxes`` is how its modules list news.
    """

    first: str
    page: str
    release: str
    boxes: str = "plain"

    def listing(self, number: int) -> str:
        """The path of a page of the listing."""
        if number == 1:
            return self.first
        offset = (number - 1) * PER_PAGE
        return self.page.format(n=number, before=number - 1, offset=offset, row=offset + 1)


SYSTEMS: Final = {
    "wp-twentyten": System(
        "/category/releases/", "/category/releases/page/{n}/", "/{year}/{month}/{slug}/",
        "wordpress",
    ),
    "wp-twentyfifteen": System(
        "/category/releases/", "/category/releases/page/{n}/", "/{year}/{month}/{day}/{slug}/",
        "wordpress",
    ),
    "wp-twentytwentyone": System(
        "/category/releases/", "/category/releases/page/{n}/", "/{slug}/", "wordpress"
    ),
    "wp-block": System("/category/releases/", "/category/releases/page/{n}/", "/{slug}/"),
    "joomla-blog": System("/news", "/news?start={offset}", "/news/{id}-{slug}", "joomla"),
    "joomla-list": System(
        "/index.php/news", "/index.php/news?start={offset}", "/index.php/news/{id}-{slug}", "joomla"
    ),
    "drupal7-views": System("/news", "/news?page={before}", "/content/{slug}", "drupal"),
    "drupal-teasers": System("/news", "/news?page={before}", "/node/{id}", "drupal"),
    "typo3-news": System(
        "/news/",
        "/news/?tx_news_pi1%5B%40widget_0%5D%5BcurrentPage%5D={n}&cHash=0{n}a4f",
        "/news/detail/news/{slug}/",
    ),
    "liferay": System(
        "/web/guest/news",
        "/web/guest/news?p_p_id=101_INSTANCE_x1&p_p_lifecycle=0&_101_INSTANCE_x1_delta=10&_101_INSTANCE_x1_cur={n}",
        "/web/guest/news/-/asset_publisher/x1/content/{slug}",
    ),
    "sharepoint": System(
        "/Lists/News/AllItems.aspx",
        "/Lists/News/AllItems.aspx?Paged=TRUE&p_ID={offset}&PageFirstRow={row}",
        "/Lists/News/DispForm.aspx?ID={id}",
    ),
    "bitrix": System("/press/", "/press/?PAGEN_1={n}", "/press/{id}/"),
    "aem": System(
        "/content/board/en/news.html",
        "/content/board/en/news.html?start={offset}",
        "/content/board/en/news/{slug}.html",
    ),
    "sitecore": System("/en/news", "/en/news?e={offset}", "/en/news/{year}/{slug}"),
    "contao": System("/news.html", "/news.html?page_n3={n}", "/news/{slug}.html"),
    "ghost": System("/tag/releases/", "/tag/releases/page/{n}/", "/{slug}/"),
    "blogger": System(
        "/search/label/releases",
        "/search/label/releases?updated-max=2026-0{n}-11T00:00:00-08:00&max-results=10&start={offset}&by-date=false",
        "/{year}/{month}/{slug}.html",
    ),
    "govuk-finder": System("/search/news", "/search/news?page={n}", "/government/news/{slug}"),
    "plone-summary": System("/news", "/news?b_start:int={offset}", "/news/{slug}"),
    "spip": System(
        "/spip.php?rubrique4", "/spip.php?rubrique4&debut_articles={offset}",
        "/spip.php?article{id}",
    ),
    "hugo-ananke": System("/post/", "/post/page/{n}/", "/post/{slug}/"),
    "jekyll-minima": System("/", "/page{n}/", "/releases/{year}/{month}/{day}/{slug}.html"),
    "pelican-notmyidea": System("/", "/index{n}.html", "/{slug}.html"),
    "eleventy-base": System("/blog/", "/blog/{before}/", "/blog/{slug}/"),
    "aspnet-grid": System("/news.aspx", "/news.aspx?pg={n}", "/newsdetail.aspx?nid={id}"),
    "dnn-news": System(
        "/news", "/news/PgrID/436/PageID/{n}", "/news/ArtMID/436/ArticleID/{id}/{slug}"
    ),
    "concrete-pagelist": System(
        "/index.php/news", "/index.php/news?ccm_paging_p={n}&ccm_order_by=cv.cvDatePublic",
        "/index.php/news/{slug}",
    ),
    "squarespace": System(
        "/news", "/news?offset=17{n}0099200000", "/news/{year}/{month}/{day}/{slug}"
    ),
    "wix-like": System("/news", "/news/page/{n}", "/post/{slug}"),
    "webflow": System("/news", "/news?5f3c_page={n}", "/releases/{slug}"),
    "bare": System("/news.php", "/news.php?page={n}", "/get.php?doc={id}"),
    "bootstrap-rows": System("/news", "/news/{n}", "/news/view/{id}"),
}  # fmt: skip

_WHO = (
    "Harbour board", "Pilot office", "Council of ports", "Ministry of fisheries", "Lighthouse crew",
    "Chief engineer", "Customs hall", "Rescue service", "Dredging fleet",
)  # fmt: skip
_DOES = (
    "opens the second pier for ferries", "asks for quieter nights at the quay",
    "publishes the figures of the winter", "replaces all lamps in the channel",
    "signs an agreement with Tarnmouth",
)  # fmt: skip
_WORDS = ("ferries", "piers", "lamps", "winter", "tides", "pilots", "customs", "dredging", "rescue")
_MENU = (
    ("About the board", "Who sits on the harbour board", "How the board takes its decisions"),
    ("Services", "Book a berth for your ship", "Report an accident in the port"),
    ("Rules and fees", "Fees for ships and small boats", "Rules for fishing from the quay"),
    ("Work with us", "Open positions in the pilot office", "Training for young engine crews"),
    ("Contact", "How to reach the duty officer", "Offices and their opening hours"),
)

_TOLD = "the board said, after talks of several weeks that were held in the old customs hall."
_TEXT = (
    "The work starts in autumn and takes two winters, as far as ice and storms allow for it.",
    "Ships of all sizes are to pass at any hour; the pilots are told a day ahead of each change.",
    "Questions are answered by the duty officer at the quay, on all working days.",
)


def posts(count: int = 43, *, titles: Sequence[str] = ()) -> list[Post]:
    """Invented releases, the newest first; the last page of 43 holds three."""
    named = titles or [f"{who} {does}" for does in _DOES for who in _WHO]
    day = dt.date(2026, 6, 26)
    return [
        Post(
            count - at + 100,
            named[at],
            day - dt.timedelta(days=9 * at),
            summary=f"The board told the public on this day what comes of number {count - at}, and"
            " why it took so long to agree.",
            text=(f"{named[at]}, {_TOLD}", *_TEXT),
        )
        for at in range(count)
    ]


_ENV: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "markup"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - our own words, and pages as messy as real ones
)


def _boxes_of(name: str) -> Callable[..., str]:
    return getattr(_ENV.get_template("_boxes.html").module, name)  # type: ignore[no-any-return]


def _others(folder: str, titles: Sequence[str]) -> list[Post]:
    day = dt.date(2026, 7, 20)
    return [
        Post(at, title, day - dt.timedelta(days=3 * at), f"{folder}{at + 70}")
        for at, title in enumerate(titles)
    ]


BLOG = (
    "Five questions to the new harbour master", "A walk along the northern breakwater",
    "Why gulls sleep on the customs hall", "Recipes from the galley of the dredger",
    "What the old tide tables tell us",
)  # fmt: skip
EVENTS = (
    "Open day at the pilot station", "Concert on the ferry quay", "Meeting of the berth owners",
    "Guided tour of the lighthouse",
)  # fmt: skip
MESSAGES = (
    "State portal: changes to the shipping act", "State portal: call for tenders on buoys",
    "State portal: new map of protected waters",
)  # fmt: skip

SURROUNDINGS: Final = (
    "plain", "latest", "recent", "events", "menu", "cloud", "calendar", "elsewhere", "everything",
)  # fmt: skip
"""What stands beside a list: nothing; dated news of a blog; the newest of the same releases, dated;
dated events below it; a menu of long labels; tags and languages; a calendar and months; dated
messages that lead to another site; all of it."""


def _surround(name: str, system: System, every: Sequence[Post]) -> tuple[list[Box], str, str]:
    """The boxes of a page, what stands above its list and what below."""
    chosen = set(SURROUNDINGS[1:]) if name == "everything" else {name}
    boxes: list[Box] = []
    rows = _boxes_of("rows")
    above = below = ""
    if "latest" in chosen:
        boxes.append(
            Box("Latest news", "recent_entries", rows(_others("/blog/", BLOG), system.boxes))
        )
    if "recent" in chosen:
        boxes.append(Box("Recent posts", "recent_posts", rows(every[:5], system.boxes)))
    if "cloud" in chosen:
        boxes.append(Box("Topics", "tag_cloud", _boxes_of("cloud")(_WORDS)))
        boxes.append(Box("Languages", "languages", _boxes_of("languages")()))
    if "calendar" in chosen:
        months = [dt.date(2026 - at // 12, 12 - at % 12, 1) for at in range(6, 24)]
        boxes.append(Box("Archives", "archive", _boxes_of("archives")(months, "/")))
        boxes.append(Box("Calendar", "calendar", _boxes_of("calendar")((2, 5, 9, 12, 19, 26), "/")))
    if "events" in chosen:
        listed = rows(_others("/events/", EVENTS), system.boxes)
        below = f'<div class="events"><h2>Upcoming events</h2>{listed}</div>'
    if "elsewhere" in chosen:
        listed = rows(_others("https://portal.example/message/", MESSAGES), "plain")
        above = f'<div class="messages"><h3>Messages of the state</h3>{listed}</div>'
    return boxes, above, below


def _menu(surroundings: str) -> str:
    if surroundings not in {"menu", "everything"}:
        entries = [(f"/{name.split()[0].lower()}", name, ()) for name, *_ in _MENU]
        return _boxes_of("menu")(entries)
    return _boxes_of("menu")(
        [
            (
                f"/{name.split()[0].lower()}",
                name,
                [(f"/{name.split()[0].lower()}/{at}", said) for at, said in enumerate(inner * 4)],
            )
            for name, *inner in _MENU
        ]
    )


def addressed(system: System, every: Sequence[Post]) -> list[Post]:
    """The posts with the addresses that a system gives them."""
    return [
        replace(
            post,
            url=system.release.format(
                id=post.id,
                slug="-".join(post.title.lower().split())[:60],
                year=post.date.year,
                month=f"{post.date.month:02}",
                day=f"{post.date.day:02}",
            ),
        )
        for post in every
    ]


def render_listing(
    name: str,
    every: Sequence[Post],
    surroundings: str = "plain",
    page: int = 1,
    *,
    dated: bool = True,
) -> tuple[str, str]:
    """The address and the HTML of a page of a listing in the markup of a system."""
    system = SYSTEMS[name]
    listed = addressed(system, every)
    pages = -(-len(listed) // PER_PAGE)
    boxes, above, below = _surround(surroundings, system, listed)
    html = _ENV.get_template(f"{name}.html").render(
        site=SITE,
        heading=HEADING,
        release=None,
        posts=listed[(page - 1) * PER_PAGE : page * PER_PAGE],
        dated=dated,
        page=page,
        pages=pages,
        previous=system.listing(page - 1) if page > 1 else "",
        next=system.listing(page + 1) if page < pages else "",
        at=system.listing,
        boxes=boxes,
        above=above,
        below=below,
        menu=_menu(surroundings),
    )
    return HOST + system.listing(page), html


def render_release(
    name: str, every: Sequence[Post], number: int, surroundings: str = "plain"
) -> tuple[str, str]:
    """The address and the HTML of the release ``number`` (from 0) in the markup of a system."""
    system = SYSTEMS[name]
    listed = addressed(system, every)
    boxes, _, below = _surround(surroundings, system, listed)
    html = _ENV.get_template(f"{name}.html").render(
        site=SITE,
        heading=listed[number].title,
        release=listed[number],
        boxes=boxes,
        below=below,
        menu=_menu(surroundings),
    )
    return HOST + listed[number].url, html


def listed_on(name: str, every: Sequence[Post], page: int) -> list[tuple[str, str]]:
    """The addresses and titles that a page of a listing lists."""
    shown = addressed(SYSTEMS[name], every)[(page - 1) * PER_PAGE : page * PER_PAGE]
    return [(HOST + post.url, post.title) for post in shown]


def next_of(name: str, every: Sequence[Post], page: int) -> str | None:
    """The address of the next page of a listing, None on the last."""
    pages = -(-len(every) // PER_PAGE)
    return HOST + SYSTEMS[name].listing(page + 1) if page < pages else None
