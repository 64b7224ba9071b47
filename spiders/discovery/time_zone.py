"""Guess a site's time zone from its country, its language and the UTC offsets of its dates.

The time zones of countries come from the IANA time zone database (zone.tab).
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from spiders.discovery.proposal import Guess
from spiders.page.embedded_metadata import (
    EmbeddedMetadata,
    json_ld_scripts,
    parse_json,
    plain_value,
)
from spiders.page.literals import json_objects
from spiders.page.page import Page

CAPITAL_ZONES = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago",
    "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil",
    "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland",
    "PG": "Pacific/Port_Moresby", "PS": "Asia/Gaza", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip
"""Time zone of the capital, for countries with several time zones."""

MULTI_ZONE_COUNTRIES = frozenset(("AU", "BR", "CA", "CD", "ID", "MX", "RU", "US"))
"""Countries in which a large part of the population lives outside the capital's time zone."""

COUNTRY_OF_DOMAIN = {"uk": "GB", "gov": "US", "mil": "US", "su": "RU"}
"""Country of each top-level domain that differs from the country's ISO 3166 code."""

GENERIC_DOMAINS = frozenset(
    ("ai", "cc", "co", "fm", "gg", "io", "ly", "me", "sh", "tv", "ws", "la", "im")
)
"""Top-level domains of countries that are sold worldwide, so that they reveal no country."""

COUNTRY_OF_LANGUAGE = {
    "az": "AZ", "be": "BY", "bg": "BG", "cs": "CZ", "da": "DK", "et": "EE", "fi": "FI",
    "fa": "IR", "he": "IL", "hi": "IN", "hu": "HU", "hy": "AM", "is": "IS", "it": "IT",
    "ja": "JP", "ka": "GE", "kk": "KZ", "ko": "KR", "ky": "KG",
    "lt": "LT", "lv": "LV", "mk": "MK", "mn": "MN", "pl": "PL",
    "sk": "SK", "sl": "SI", "tg": "TJ", "th": "TH", "tk": "TM", "tr": "TR", "uk": "UA",
    "uz": "UZ", "vi": "VN",
}  # fmt: skip
"""Country of each language that is used mostly by press rooms of one country."""

ZONES_OF_LANGUAGES = {
    "ar": "Asia/Riyadh Africa/Cairo Asia/Dubai Asia/Amman Africa/Casablanca Africa/Algiers",
    "bn": "Asia/Dhaka Asia/Kolkata", "de": "Europe/Berlin", "el": "Europe/Athens",
    "en": "America/New_York Europe/London America/Chicago America/Los_Angeles Asia/Kolkata "
    "Australia/Sydney Africa/Lagos Africa/Johannesburg Africa/Nairobi Asia/Singapore "
    "Pacific/Auckland America/Denver America/Halifax",
    "es": "Europe/Madrid America/Mexico_City America/Bogota America/Argentina/Buenos_Aires "
    "America/Santiago America/Lima",
    "fr": "Europe/Paris America/Toronto Africa/Abidjan Africa/Kinshasa Indian/Reunion",
    "hr": "Europe/Zagreb", "id": "Asia/Jakarta", "ms": "Asia/Kuala_Lumpur",
    "nb": "Europe/Oslo", "nl": "Europe/Amsterdam", "no": "Europe/Oslo",
    "pt": "Europe/Lisbon America/Sao_Paulo Africa/Luanda Africa/Maputo", "ro": "Europe/Bucharest",
    "ru": "Europe/Moscow Asia/Yekaterinburg Asia/Novosibirsk Asia/Vladivostok Asia/Almaty",
    "sr": "Europe/Belgrade", "sv": "Europe/Stockholm Europe/Helsinki", "ta": "Asia/Kolkata",
    "zh": "Asia/Shanghai",
}  # fmt: skip
"""Time zones of languages that several countries share, zones with the most press rooms first."""

LOCAL_LANGUAGES = frozenset(COUNTRY_OF_LANGUAGE) | frozenset(
    ["el", "hr", "id", "ms", "nb", "nl", "nn", "no", "ro", "sr", "sv"]
)
"""Languages used in few countries. For a site in such a language, the region in its declared
language tag is probably right."""

CERTAIN, LIKELY, FAIR, UNSURE, SHARED_TRUST, NONE = 0.95, 0.85, 0.7, 0.5, 0.3, 0.1

CODE: Final = re.compile(r"[A-Za-z]{2}")
MARKED: Final = re.compile(rb"addressCountry", re.IGNORECASE)


def guess_zone(
    host: str,
    languages: Iterable[str],
    stated: Iterable[dt.datetime],
    *,
    country: str = "",
    spoken: str = "",
) -> Guess:
    """Guess the IANA time zone of a site, with a confidence and a reason.

    ``country`` is the ISO 3166 code that the site or a catalogue declares, and ``spoken`` is the
    language of the site's texts. Many systems declare ``lang="en-gb"`` in every country. So a
    declared language is trusted only if the site's UTC offsets match, or if its texts are in a
    language of mostly one country.

    ``stated`` contains local times with UTC offsets from the site itself. UTC is ignored, because
    software writes it by default. A person must check a guess with a confidence below 0.6.
    """
    tags = tuple(languages)
    offsets = [moment for moment in stated if moment.utcoffset()]
    place, why, trust = _country(host, tags, country, spoken)
    if place is None:
        return _by_language(tags, offsets)
    zones = zones_of()[place]
    zone = CAPITAL_ZONES.get(place, zones[0])
    confidence = min(trust, UNSURE if place in MULTI_ZONE_COUNTRIES else CERTAIN)
    if not offsets:
        return Guess(zone, confidence, why)
    if _fits(zone, offsets):
        return Guess(zone, max(confidence, LIKELY), f"{why}, and the offsets of its dates")
    other = next((name for name in zones if _fits(name, offsets)), None)
    if other:
        return Guess(other, LIKELY, f"{why}, and the offsets of its dates")
    return Guess(zone, UNSURE, f"{why}, but its dates have the offset {_names(offsets)}")


@cache
def zones_of() -> Mapping[str, tuple[str, ...]]:
    """Return the time zones of each country, by ISO 3166 code."""
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    zones: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, _, zone, *_ = line.split("\t")
            zones[code] = (*zones.get(code, ()), zone)
    return zones


def _country(
    host: str, tags: tuple[str, ...], stated: str, spoken: str
) -> tuple[str | None, str, float]:
    last = host.rpartition(".")[2].lower()
    code = COUNTRY_OF_DOMAIN.get(last, last.upper())
    if code in zones_of() and last not in GENERIC_DOMAINS:
        return code, f"the domain .{last}", CERTAIN
    if stated.upper() in zones_of():
        return stated.upper(), f"the country {stated}", LIKELY
    for tag in tags:
        language, _, region = tag.lower().partition("-")
        region = region.rpartition("-")[2].upper()
        # Templates contain en-US in every country, so this tag does not suggest a country.
        named = region if region in zones_of() and tag.lower() != "en-us" else None
        if country := named or COUNTRY_OF_LANGUAGE.get(language):
            if language in LOCAL_LANGUAGES and language == spoken.partition("-")[0]:
                return country, f"the language {tag} of its texts", LIKELY
            return country, f"only the language {tag} that its pages declare", UNSURE
    return None, "", 0.0


def _by_language(tags: tuple[str, ...], offsets: list[dt.datetime]) -> Guess:
    """Guess a site's time zone from its declared languages.

    The guess is trusted only if the time zone's UTC offsets match the site's local times in summer
    and winter.
    """
    for tag in tags:
        zones = ZONES_OF_LANGUAGES.get(tag.partition("-")[0].lower(), "").split()
        why = f"the language {tag}"
        if zones and not offsets:
            several = len(zones) > 1
            reason = f"only {why}, which several countries share" if several else f"only {why}"
            return Guess(zones[0], SHARED_TRUST if several else UNSURE, reason)
        fitting = [zone for zone in zones if offsets and _fits(zone, offsets)]
        if fitting:
            seasons = len({moment.utcoffset() for moment in offsets}) > 1
            why = f"{why}, and the offsets of its dates ({_names(offsets)})"
            return Guess(fitting[0], FAIR if seasons else UNSURE, why)
    stated = {moment.utcoffset() for moment in offsets} - {None}
    hours = {offset.total_seconds() / 3600 for offset in stated if offset}
    if len(hours) == 1 and (hour := hours.pop()).is_integer():
        # The sign in these IANA names is reversed: Etc/GMT-1 is UTC+1.
        return Guess(
            f"Etc/GMT{-hour:+.0f}", NONE, f"only the offset of its dates ({_names(offsets)})"
        )
    return Guess("UTC", NONE, "no sign of the site's country")


def _fits(zone: str, offsets: list[dt.datetime]) -> bool:
    place = ZoneInfo(zone)
    return all(moment.astimezone(place).utcoffset() == moment.utcoffset() for moment in offsets)


def _names(offsets: list[dt.datetime]) -> str:
    return ", ".join(sorted({f"{moment:%z}" for moment in offsets}))


def country_of(pages: Sequence[tuple[Page, EmbeddedMetadata]]) -> str:
    """Return the first ISO 3166 country code declared by the pages of a site, or ""."""
    return next((code for page, meta in pages for code in _codes(page, meta)), "")


def _codes(page: Page, meta: EmbeddedMetadata) -> Iterator[str]:
    codes = [meta.meta("addresscountry", "geo.country"), meta.meta("geo.region")[:2]]
    if MARKED.search(page.markup):
        for text in json_ld_scripts(page):
            codes += [
                plain_value(node.get("addressCountry")) for node in json_objects(parse_json(text))
            ]
        codes += [
            (node.get("content") or "".join(map(str, node.itertext()))).strip()
            for node in page.tree.iterfind(".//*[@itemprop='addressCountry']")
        ]
    yield from (code.upper() for code in codes if CODE.fullmatch(code))
