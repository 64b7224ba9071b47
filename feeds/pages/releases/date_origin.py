"""Sentences that explain how the date of a release was found."""

from collections.abc import Mapping
from typing import Final

from babel.dates import get_timezone_location

from data.models import Published
from data.text.clean import excerpt
from data.wording import N_
from feeds.translations import Texts

MAX_RAW_CHARACTERS: Final = 80
"""Maximum length in characters of the quoted original text of a date."""


SENTENCE_BY_RULE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("declared", "learned", "class", "line", "text", "row", "end", "section"),
        N_("The page contains “%(raw)s”"),
    ),
    "time": N_("The page marks “%(raw)s” as a time"),
    **dict.fromkeys(
        ("changed", "modified"), N_("The page gives “%(raw)s” as the time of its last change")
    ),
    **dict.fromkeys(("json-ld", "meta", "microdata"), N_("The page’s metadata contains “%(raw)s”")),
    **dict.fromkeys(("state", "json"), N_("The page’s embedded data contains “%(raw)s”")),
    "url": N_("The page’s address contains “%(raw)s”"),
    "listing": N_("The list of releases contains “%(raw)s”"),
    **dict.fromkeys(("feed", "xml"), N_("The publisher’s feed contains “%(raw)s”")),
    **dict.fromkeys(("pdf", "document"), N_("The document contains “%(raw)s”")),
    **dict.fromkeys(("import", "expected"), N_("The release was imported with the date “%(raw)s”")),
}
"""Beginnings of sentences about the origin of a date, by the first word of the rule that found the
date (see docs/reference/codes.md). Each beginning quotes the text of the date.
"""

OTHER_RULE: Final = N_("“%(raw)s” was found")
"""Beginning of the sentence about a date that any other rule found, such as a rule of a custom
source.
"""


def date_origin(published: Published, texts: Texts) -> str:
    """Return a sentence with the original text of a date and the interpretation of the text."""
    raw = isolated(excerpt(published.raw, MAX_RAW_CHARACTERS))
    if published.precision == "none":
        if not raw:
            return texts.gettext("No date is given.")
        return texts.gettext("The page contains “%(raw)s”, which can’t be its date.", raw=raw)
    said = introduction(published.rule, raw, texts)
    place = place_of(published.zone, texts)
    if published.precision == "second":
        return texts.gettext(
            "%(said)s, interpreted as a time in %(place)s.", said=said, place=place
        )
    if published.rule == "listing:relative":
        return texts.gettext(
            "%(said)s, relative to the day of the visit (in %(place)s time). No time is given.",
            said=said,
            place=place,
        )
    if published.rule == "listing:no-year":
        return texts.gettext(
            "%(said)s, interpreted as a date in %(place)s. The year comes from the neighbouring"
            " releases. No time is given.",
            said=said,
            place=place,
        )
    return texts.gettext(
        "%(said)s, interpreted as a date in %(place)s. No time is given.", said=said, place=place
    )


def isolated(text: str) -> str:
    """Wrap a text in characters that isolate its text direction (UAX #9, FSI and PDI)."""
    return f"\u2068{text}\u2069" if text and not text.isascii() else text


def introduction(rule: str, raw: str, texts: Texts) -> str:
    """Return the first part of the sentence, which quotes the original text of the date."""
    if not raw:
        return texts.gettext("The page contains a date")
    name = rule.partition(":")[0].partition(" ")[0]
    return texts.gettext(SENTENCE_BY_RULE.get(name, OTHER_RULE), raw=raw)


def place_of(zone: str, texts: Texts) -> str:
    """Return a readable name of a time zone: its city, or its UTC offset."""
    if zone.startswith(("+", "-")):
        return f"UTC{zone}".replace("-", "\u2212")
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return str(get_timezone_location(zone, locale=texts.locale, return_city=True))
