"""Sentences that explain where the date of a release came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from babel.dates import get_timezone_location

from data.models import Published
from data.text.clean import excerpt
from feeds.translations import Texts

MAX_RAW_CHARACTERS: Final = 80
"""Maximum characters of the quoted text of the page."""


def by_the_page(texts: Texts, raw: str) -> str:
    """Quote a date in the visible text of the page."""
    return texts.gettext("The page contains “%(raw)s”", raw=raw)


def by_time_element(texts: Texts, raw: str) -> str:
    """Quote a date that the page marks as a time."""
    return texts.gettext("The page marks “%(raw)s” as a time", raw=raw)


def by_last_change(texts: Texts, raw: str) -> str:
    """Quote the time of the page's last change."""
    return texts.gettext("The page gives “%(raw)s” as the time of its last change", raw=raw)


def by_metadata(texts: Texts, raw: str) -> str:
    """Quote a date in the metadata of the page."""
    return texts.gettext("The page’s metadata contains “%(raw)s”", raw=raw)


def by_data(texts: Texts, raw: str) -> str:
    """Quote a date in data embedded for scripts."""
    return texts.gettext("The page’s embedded data contains “%(raw)s”", raw=raw)


def by_address(texts: Texts, raw: str) -> str:
    """Quote a date in the page's address."""
    return texts.gettext("The page’s address contains “%(raw)s”", raw=raw)


def by_listing(texts: Texts, raw: str) -> str:
    """Quote a date in the list of releases."""
    return texts.gettext("The list of releases contains “%(raw)s”", raw=raw)


def by_feed(texts: Texts, raw: str) -> str:
    """Quote a date in a feed or sitemap."""
    return texts.gettext("The publisher’s feed contains “%(raw)s”", raw=raw)


def by_document(texts: Texts, raw: str) -> str:
    """Quote a date in a document, such as a PDF."""
    return texts.gettext("The document contains “%(raw)s”", raw=raw)


def by_import(texts: Texts, raw: str) -> str:
    """Quote the date of an imported release."""
    return texts.gettext("It was imported with the date “%(raw)s”", raw=raw)


def by_unknown_rule(texts: Texts, raw: str) -> str:
    """Quote a date found by an unknown rule, as a custom source may define."""
    return texts.gettext("“%(raw)s” was found", raw=raw)


SENTENCE_BY_RULE: Final[Mapping[str, Callable[[Texts, str], str]]] = {
    **dict.fromkeys(
        ("declared", "learned", "class", "line", "text", "row", "end", "section"), by_the_page
    ),
    "time": by_time_element,
    **dict.fromkeys(("changed", "modified"), by_last_change),
    **dict.fromkeys(("json-ld", "meta", "microdata"), by_metadata),
    **dict.fromkeys(("state", "json"), by_data),
    "url": by_address,
    "listing": by_listing,
    **dict.fromkeys(("feed", "xml"), by_feed),
    **dict.fromkeys(("pdf", "document"), by_document),
    **dict.fromkeys(("import", "expected"), by_import),
}
"""Sentences by the first word of the rule that found the date (docs/reference/codes.md)."""


def date_origin(published: Published, texts: Texts) -> str:
    """Return a sentence: the original text of the date, and how it was read."""
    raw = isolated(excerpt(published.raw, MAX_RAW_CHARACTERS))
    if published.precision == "none":
        if not raw:
            return texts.gettext("No date is given.")
        return texts.gettext("The page contains “%(raw)s”, which can’t be its date.", raw=raw)
    said = introduction(published.rule, raw, texts)
    place = place_of(published.zone, texts)
    if published.precision == "second":
        return texts.gettext("%(said)s, read as a time in %(place)s.", said=said, place=place)
    if published.rule == "listing:relative":
        return texts.gettext(
            "%(said)s, counted from the day of the visit in %(place)s. No time is given.",
            said=said,
            place=place,
        )
    if published.rule == "listing:no-year":
        return texts.gettext(
            "%(said)s, read as a date in %(place)s with the year of the releases around it. No"
            " time is given.",
            said=said,
            place=place,
        )
    return texts.gettext(
        "%(said)s, read as a date in %(place)s. No time is given.", said=said, place=place
    )


def isolated(text: str) -> str:
    """Isolate the direction of a text from the sentence around it (UAX #9, FSI and PDI)."""
    return f"\u2068{text}\u2069" if text and not text.isascii() else text


def introduction(rule: str, raw: str, texts: Texts) -> str:
    """Return the first part of the sentence, which quotes the date."""
    if not raw:
        return texts.gettext("The page contains a date")
    name = rule.partition(":")[0].partition(" ")[0]
    return SENTENCE_BY_RULE.get(name, by_unknown_rule)(texts, raw)


def place_of(zone: str, texts: Texts) -> str:
    """Return the name of a time zone for people: its city, or its UTC offset."""
    if zone.startswith(("+", "-")):
        return f"UTC{zone}".replace("-", "\u2212")
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return str(get_timezone_location(zone, locale=texts.locale, return_city=True))
