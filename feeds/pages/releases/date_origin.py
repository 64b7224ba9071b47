"""Where the date of a release came from, in words a person says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from babel.dates import get_timezone_location

from data.models import Published
from data.text.clean import excerpt
from feeds.translations import Texts

LONGEST: Final = 80
"""Characters of the page's own words that are shown."""


def by_the_page(texts: Texts, raw: str) -> str:
    """What people read on the page."""
    return texts.gettext("The page says “%(raw)s”", raw=raw)


def by_a_mark(texts: Texts, raw: str) -> str:
    """What the page marks as a time."""
    return texts.gettext("The page marks “%(raw)s” as a time", raw=raw)


def by_a_change(texts: Texts, raw: str) -> str:
    """What the page says of its last change."""
    return texts.gettext("The page says that it was changed “%(raw)s”", raw=raw)


def by_metadata(texts: Texts, raw: str) -> str:
    """What the page says for programs."""
    return texts.gettext("The page tells search engines “%(raw)s”", raw=raw)


def by_data(texts: Texts, raw: str) -> str:
    """What the scripts of the page carry."""
    return texts.gettext("The data that the page is made of says “%(raw)s”", raw=raw)


def by_address(texts: Texts, raw: str) -> str:
    """What the address names."""
    return texts.gettext("The page’s address holds “%(raw)s”", raw=raw)


def by_listing(texts: Texts, raw: str) -> str:
    """What the page that lists it says."""
    return texts.gettext("The list of releases says “%(raw)s”", raw=raw)


def by_feed(texts: Texts, raw: str) -> str:
    """What a feed or a sitemap says."""
    return texts.gettext("The publisher’s feed says “%(raw)s”", raw=raw)


def by_document(texts: Texts, raw: str) -> str:
    """What a file says that is the release."""
    return texts.gettext("The document says “%(raw)s”", raw=raw)


def by_import(texts: Texts, raw: str) -> str:
    """What came in with a line of JSON."""
    return texts.gettext("It was imported with the date “%(raw)s”", raw=raw)


def by_another(texts: Texts, raw: str) -> str:
    """What a rule found that is not known here: one of a source of somebody's own."""
    return texts.gettext("“%(raw)s” was found", raw=raw)


SAID_BY: Final[Mapping[str, Callable[[Texts, str], str]]] = {
    **dict.fromkeys(
        ("declared", "learned", "class", "line", "text", "row", "end", "section"), by_the_page
    ),
    "time": by_a_mark,
    **dict.fromkeys(("changed", "modified"), by_a_change),
    **dict.fromkeys(("json-ld", "meta", "microdata"), by_metadata),
    **dict.fromkeys(("state", "json"), by_data),
    "url": by_address,
    "listing": by_listing,
    **dict.fromkeys(("feed", "xml"), by_feed),
    **dict.fromkeys(("pdf", "document"), by_document),
    **dict.fromkeys(("import", "expected"), by_import),
}
"""Who says a date, by the beginning of the rule that found it (docs/reference/codes.md)."""


def date_origin(published: Published, texts: Texts) -> str:
    """A sentence: what was said, how it was read, and what of it is not known."""
    raw = isolated(excerpt(published.raw, LONGEST))
    if published.precision == "none":
        if not raw:
            return texts.gettext("No date is given.")
        return texts.gettext("The page says “%(raw)s”, which can’t be its date.", raw=raw)
    said = introduction(published.rule, raw, texts)
    place = place_of(published.zone, texts)
    if published.precision == "second":
        return texts.gettext("%(said)s, read as a time in %(place)s.", said=said, place=place)
    if published.rule == "listing:relative":
        return texts.gettext(
            "%(said)s, counted from the day of that visit in %(place)s; no hour is given.",
            said=said,
            place=place,
        )
    if published.rule == "listing:no-year":
        return texts.gettext(
            "%(said)s, read as a day in %(place)s of the year around it; no hour is given.",
            said=said,
            place=place,
        )
    return texts.gettext(
        "%(said)s, read as a day in %(place)s; no hour is given.", said=said, place=place
    )


def isolated(text: str) -> str:
    """A text that may run the other way than the sentence around it (UAX #9, FSI and PDI)."""
    return f"\u2068{text}\u2069" if text and not text.isascii() else text


def introduction(rule: str, raw: str, texts: Texts) -> str:
    """Who said it, and the words."""
    if not raw:
        return texts.gettext("The date was found")
    name = rule.partition(":")[0].partition(" ")[0]
    return SAID_BY.get(name, by_another)(texts, raw)


def place_of(zone: str, texts: Texts) -> str:
    """What people call a time zone: its city, or its distance from UTC."""
    if zone.startswith(("+", "-")):
        return f"UTC{zone}".replace("-", "\u2212")
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return str(get_timezone_location(zone, locale=texts.locale, return_city=True))
