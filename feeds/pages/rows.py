"""What pages list: releases under their days, and the feeds of the site.

There are very many of both, so their lines are made once and put together as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache, partial
from html import escape
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data.models import Facet
from feeds.translations import Texts
from feeds.urls import FEED_TYPES, FORMATS, Format, feed_file, href, page_file

NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}

UP = "\0"
"""Stands in a line for the way up to the site's root, and in a page for its lines; no text holds
it."""

DAY_END = b"</ol>\n</section>\n"


@cache
def environment(texts: Texts) -> Environment:
    """The templates in a language; compiling them takes longer than publishing a release."""
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
    made.globals["spoken"] = texts.spoken
    made.globals["number"] = texts.number
    made.globals["language_name"] = texts.language_name
    made.globals["site_texts"] = texts
    made.globals["site_language"] = texts.language
    made.globals["direction"] = texts.locale.text_direction
    return made


def translated(texts: Texts, message: str, **values: object) -> Markup:
    """A text of a template, and what is filled in escaped; Jinja looks its own one up at each call.

    A page has some forty, and most say the same on all pages.
    """
    text = as_markup(texts, message)
    return text % values if values else text


def translated_count(texts: Texts, one: str, many: str, count: int, /, **values: object) -> Markup:
    """A text that depends on a number, which ``%(num)s`` shows as the language groups digits."""
    text = Markup(texts.translations.ngettext(one, many, count))  # noqa: S704 - from our catalogue
    return text % {"num": texts.number(count), **values}


@lru_cache(maxsize=10_000)
def as_markup(texts: Texts, message: str) -> Markup:
    """A text as it is in the catalogue, which is ours."""
    return Markup(texts.translations.gettext(message))  # noqa: S704 - as above


class Line(NamedTuple):
    """A release on a page: its ``day`` as ISO writes it, or empty, and its ``row``.

    ``timed`` is whether the hour of its day is known.
    """

    day: str
    row: bytes
    timed: bool


def by_day(lines: Iterable[Line]) -> list[Line]:
    """Lines as a page shows them: the latest day first, and of each what has no hour last.

    Feeds are ordered by instants, among which that of a day without an hour is its noon, and days
    begin at other instants in other zones: there a day may come twice.
    """
    timed_first = sorted(lines, key=lambda line: not line.timed)
    return sorted(timed_first, key=lambda line: line.day, reverse=True)


def listed(lines: Iterable[Line], *, up: str, texts: Texts) -> bytes:
    """Lines of releases under their days; ``up`` leads from their page to the site's root."""
    parts: list[bytes] = []
    before: str | None = None
    for day, row, _ in by_day(lines):
        if day != before:
            heading = day_heading(day, up, texts)
            parts += [heading] if before is None else [DAY_END, heading]
            before = day
        parts.append(row.replace(UP.encode(), up.encode()))
    return b"".join([*parts, DAY_END]) if parts else b""


def with_lines(page: bytes, lines: Iterable[Line], file: str, texts: Texts) -> bytes:
    """The page at ``file`` with these lines in the place that it holds for them, if it does."""
    head, _, foot = page.partition(UP.encode())
    return b"".join((head, listed(lines, up="../" * file.count("/"), texts=texts), foot))


@lru_cache(maxsize=10_000)
def day_heading(day: str, up: str, texts: Texts) -> bytes:
    """What comes before the lines of one day, on a page that the way ``up`` leads from.

    Without a day it says that there is none.
    """
    address = up + href(page_file(Facet(period=day)))[1:] if day else ""
    name = texts.spoken(day) if day else texts.gettext("No date")
    template = environment(texts).get_template("day.html")
    return template.render(day=day, name=name, address=address).encode()


@lru_cache(maxsize=10_000)
def feed_row(name: str, page: str, stem: str, texts: Texts) -> str:
    """The line of a feed in the directory, by its page and its file without the suffix."""
    said = escape(name)
    files = {kind: f"{UP}{href(f'{stem}.{kind}')[1:]}" for kind in FORMATS}
    links = "".join(
        f'<a type="{FEED_TYPES[kind]}" href="{file}">{NAMES[kind]}</a> '
        for kind, file in files.items()
    )
    label = escape(texts.gettext("Copy the address of %(name)s", name=name))
    copy = escape(texts.gettext("Copy"))
    button = f'<button type="button" data-copy="{files["atom"]}" aria-label="{label}" hidden>{copy}'
    return (
        f'<tr><th scope="row"><a href="{UP}{href(page)[1:]}" dir="auto">{said}</a></th>'
        f"<td>{links}{button}</button></td></tr>\n"
    )


def formats_of(facet: Facet) -> list[tuple[Format, str]]:
    """The files of a facet's feed by format."""
    return [(kind, feed_file(facet, kind)) for kind in FORMATS]
