"""Rows of lists on pages: releases grouped by day, and feeds.

A site has very many rows, so each row is rendered only once, and rows are joined as text.
"""

from collections.abc import Iterable
from functools import cache, lru_cache, partial
from html import escape
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data.models import Facet
from feeds.translations import Texts
from feeds.urls import FEED_TYPES, FORMATS, Format, feed_file, href, page_file

FORMAT_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}

ROOT_MARK = "\0"
"""Placeholder, a character that no text contains. In a row, it stands for the relative path to the
site's root. In a page, it stands for the rows of the page."""

DAY_END = b"</ol>\n</section>\n"


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
    before: str | None = None
    for day, row, _ in by_day(lines):
        if day != before:
            heading = day_heading(day, up, texts)
            parts += [heading] if before is None else [DAY_END, heading]
            before = day
        parts.append(row.replace(ROOT_MARK.encode(), up.encode()))
    return b"".join([*parts, DAY_END]) if parts else b""


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


def formats_of(facet: Facet) -> list[tuple[Format, str]]:
    """Return the formats of a facet's feed, each with its file."""
    return [(kind, feed_file(facet, kind)) for kind in FORMATS]
