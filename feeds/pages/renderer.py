"""Renderer of HTML pages from templates, and of the rows of their lists.

Links between pages are relative, so the site works at any address. Each page has a Content Security
Policy: pages with publishers' HTML run no scripts, other pages run only the site's own scripts. A
site has very many rows, so each row is rendered only once, and rows are joined as text.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache, partial
from html import escape
from itertools import groupby
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data.languages.tags import is_right_to_left
from data.models import Facet
from data.text.clean import excerpt
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry
from feeds.pages.navigation import Navigation
from feeds.translations import Texts
from feeds.urls import (
    FEED_TYPES,
    FORMATS,
    feed_facet,
    feed_file,
    href,
    page_file,
    relative,
    release_file,
)

FORMAT_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}

ALL_RELEASES: Final = Facet()

ROOT_MARK = "\0"
"""Placeholder, a character that no text contains. In a row, it stands for the relative path to the
site's root. In a page, it stands for the rows of the page."""

DAY_END = b"</ol>\n</section>\n"

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'"
)

MAX_LINE_TOPICS = 2
"""Maximum number of topics in a release's row."""

MAX_OTHERS = 3
"""Maximum number of other publishers in a release's row."""

SUMMARY_LENGTH = 140
"""Maximum length in characters of the summary in a row. Style sheets show it on one line."""

MAX_NAME_CHARACTERS = 200
"""Maximum length in characters of a title or name in a row. Style sheets cut longer texts to three
lines."""

SERVED_POLICY = f"{PAGE_POLICY}; frame-ancestors 'none'"
"""Content Security Policy as an HTTP header, with a directive that a page can't set in its HTML."""


@cache
def environment(texts: Texts) -> Environment:
    """Return the template environment of a language.

    The result is cached, because compiling templates is slow.
    """
    made = Environment(
        loader=PackageLoader("feeds.pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(texts.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals["_"] = partial(translated, texts)
    made.globals["ngettext"] = partial(translated_count, texts)
    made.globals["format_period"] = texts.format_period
    made.globals["number"] = texts.number
    made.globals["language_name"] = texts.language_name
    made.globals["site_texts"] = texts
    made.globals["site_language"] = texts.language
    made.globals["direction"] = texts.locale.text_direction
    return made


def translated(texts: Texts, message: str, **values: object) -> Markup:
    """Translate a message in a template and fill in escaped values.

    This function replaces Jinja's, which looks up the catalogue at each call.
    """
    text = as_markup(texts, message)
    return text % values if values else text


def translated_count(texts: Texts, one: str, many: str, count: int, /, **values: object) -> Markup:
    """Translate a message with a count.

    ``%(num)s`` is replaced by the count with grouped digits.
    """
    text = Markup(texts.translations.ngettext(one, many, count))  # noqa: S704 - a trusted text
    return text % {"num": texts.number(count), **values}


@lru_cache(maxsize=10_000)
def as_markup(texts: Texts, message: str) -> Markup:
    """Return the translation of a message as markup.

    The catalogue is trusted, so it is not escaped.
    """
    return Markup(texts.translations.gettext(message))  # noqa: S704 - a trusted text


class ReleaseRow(NamedTuple):
    """Row for a release: its HTML ``row`` and its ISO ``day``, or an empty day.

    ``timed`` is true if the release has a publication time, not only a day.
    """

    day: str
    row: bytes
    timed: bool


def by_day(lines: Iterable[ReleaseRow]) -> list[ReleaseRow]:
    """Return rows grouped by local day, latest day first.

    Within a day, releases without a time come last. ``lines`` must be sorted by time, as in feeds.
    In that order, a day can occur twice, because days begin at different times in different time
    zones.
    """
    timed_first = sorted(lines, key=lambda line: not line.timed)
    return sorted(timed_first, key=lambda line: line.day, reverse=True)


def day_lists(lines: Iterable[ReleaseRow], *, up: str, texts: Texts) -> bytes:
    """Return rows as HTML, grouped under headings of days.

    ``up`` is the path to the site's root.
    """
    parts: list[bytes] = []
    for day, rows in groupby(by_day(lines), key=lambda line: line.day):
        shown = (line.row.replace(ROOT_MARK.encode(), up.encode()) for line in rows)
        parts += [day_heading(day, up, texts), *shown, DAY_END]
    return b"".join(parts)


def with_lines(page: bytes, lines: Iterable[ReleaseRow], file: str, texts: Texts) -> bytes:
    """Insert rows into a page at the page's placeholder, if it has one.

    ``file`` is the name of the page.
    """
    head, _, foot = page.partition(ROOT_MARK.encode())
    return b"".join((head, day_lists(lines, up="../" * file.count("/"), texts=texts), foot))


@lru_cache(maxsize=10_000)
def day_heading(day: str, up: str, texts: Texts) -> bytes:
    """Return the heading for a day, or "No date". ``up`` is the path to the site's root."""
    address = up + href(page_file(Facet(period=day)))[1:] if day else ""
    name = texts.format_period(day) if day else texts.gettext("No date")
    template = environment(texts).get_template("day.html")
    return template.render(day=day, name=name, address=address).encode()


@lru_cache(maxsize=10_000)
def feed_row(name: str, page: str, stem: str, texts: Texts) -> str:
    """Return the HTML row for a feed in the directory. ``stem`` is its file without suffix."""
    label = escape(name)
    files = {kind: f"{ROOT_MARK}{href(f'{stem}.{kind}')[1:]}" for kind in FORMATS}
    links = "".join(
        f'<a type="{FEED_TYPES[kind]}" href="{file}">{FORMAT_NAMES[kind]}</a> '
        for kind, file in files.items()
    )
    hint = escape(texts.gettext("Copy the address of %(name)s", name=name))
    copy = escape(texts.gettext("Copy"))
    button = f'<button type="button" data-copy="{files["atom"]}" aria-label="{hint}" hidden>{copy}'
    return (
        f'<tr><th scope="row"><a href="{ROOT_MARK}{href(page)[1:]}" dir="auto">{label}</a></th>'
        f"<td>{links}{button}</button></td></tr>\n"
    )


class PageRenderer:
    """Renders the pages of a site. It takes the same arguments as `Navigation`."""

    def __init__(
        self,
        catalog: Catalog,
        counts: Mapping[Facet, int],
        single_pages: Collection[str] = (),
    ) -> None:
        self.catalog = catalog
        self.navigation = Navigation(catalog, counts, single_pages)
        self.environment = environment(catalog.texts)
        self._row = self.environment.get_template("row.html")

    def row(
        self, entry: FeedEntry, *, title: Markup | None = None, passage: Markup | None = None
    ) -> bytes:
        """Render the row of a release, which is the same on all pages.

        UP in the row stands for the relative path to the site's root. A search passes a ``title``
        and a ``passage`` in which the matches are marked.
        """
        source = entry.source and ROOT_MARK + href(page_file(Facet(source=entry.source)))[1:]
        topics = [one for one in entry.categories if one.scheme == f"{self.catalog.site}/topics/"]
        text = self._row.render(
            entry=entry,
            title=excerpt(entry.title, MAX_NAME_CHARACTERS) if title is None else title,
            publisher=excerpt(entry.publisher.name, MAX_NAME_CHARACTERS),
            others=[excerpt(one.name, MAX_NAME_CHARACTERS) for one in entry.also[:MAX_OTHERS]],
            passage=passage,
            summary="" if entry.summary == entry.title else excerpt(entry.summary, SUMMARY_LENGTH),
            address=ROOT_MARK + href(release_file(entry.uuid))[1:],
            source=source,
            topics=[
                (
                    excerpt(one.label, MAX_NAME_CHARACTERS),
                    ROOT_MARK + href(page_file(Facet(topic=one.term)))[1:],
                )
                for one in topics[:MAX_LINE_TOPICS]
            ],
            zone=f"UTC{entry.published.isoformat()[19:]}" if entry.published else "",
            is_right_to_left=is_right_to_left,
        )
        return text.encode()

    def render(self, template: str, file: str, facet: Facet = ALL_RELEASES, **values: Any) -> bytes:
        """Render a template as the page with the name ``file``.

        The page contains links to the feeds of ``facet``.
        """
        heading = self.catalog.heading(facet)
        feed = feed_facet(facet, self.navigation.counts)
        formats = [(kind, feed_file(feed, kind)) for kind in FORMATS]
        usual = {
            "policy": PAGE_POLICY,
            "referrer": "no-referrer",
            "site": self.catalog.title,
            "here": file,
            "under": file,  # decides which entry of the navigation is marked
            "place": ROOT_MARK,
            "description": "",
            "structured": "",
            "canonical": "",
            "og_type": "website",
            "image": "",
            "link": partial(relative, page=file),
            "address_of": lambda file: self.catalog.site + href(file),
            "day_file": lambda day: page_file(Facet(period=day)),
            "release_file": release_file,
            "is_right_to_left": is_right_to_left,
            "types": FEED_TYPES,
            "names": FORMAT_NAMES,
            "formats": formats,
            "alternates": [
                (FEED_TYPES[kind], f"{heading} ({FORMAT_NAMES[kind]})", file)
                for kind, file in formats
            ],
        }
        text = self.environment.get_template(template).render(usual | values)
        return text.encode()
