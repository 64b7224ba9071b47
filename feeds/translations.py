"""The texts of pages in the language of the site: gettext catalogues, dates and names by Babel.

A catalogue is ``feeds/locale/<language>/LC_MESSAGES/messages.po``; it is read as it is, so nothing
is to be compiled. English is what the code says, and needs none. docs/contributing.md says how a
language is added.
"""

from __future__ import annotations

import datetime as dt
import io
from functools import cached_property, lru_cache
from gettext import NullTranslations
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

ENGLISH = "en"

DAY, MONTH = len("2022-11-24"), len("2022-11")
"""Characters of a period that is a day or a month."""


class Texts:
    """What pages say, and how dates, numbers and languages are written, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(language, sep="-")

    @cached_property
    def translations(self) -> NullTranslations:
        """The catalogue, as Jinja takes it."""
        if self.language == ENGLISH:
            return NullTranslations()
        lines = files("feeds").joinpath("locale", self.language, "LC_MESSAGES", "messages.po")
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(lines.read_bytes()), locale=self.language))
        compiled.seek(0)
        return Translations(compiled)

    def gettext(self, message: str, **values: object) -> str:
        """A text, with its ``%(name)s`` filled in."""
        return self.translations.gettext(message) % values

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """A text that depends on a number, which its ``%(num)s`` shows."""
        return self.translations.ngettext(one, many, num) % {"num": self.number(num), **values}

    def number(self, number: int) -> str:
        """A number as the language groups its digits: ``12,345``."""
        return format_decimal(number, locale=self.locale)

    @lru_cache(maxsize=10_000)  # noqa: B019 - there are as many of this class as languages
    def spoken(self, period: str) -> str:
        """A year, month or day as people say it; the text itself where it is none of them."""
        try:
            day = dt.date.fromisoformat(f"{period}-01" if len(period) == MONTH else period)
        except ValueError:
            return period
        if len(period) == DAY:
            return format_date(day, DAY_FORMATS.get(self.language, "long"), locale=self.locale)
        return format_date(day, "LLLL y", locale=self.locale) if len(period) == MONTH else period

    def collation_key(self, name: str) -> tuple[str, str]:
        """What names are sorted by: their letters in the order of the language's alphabet."""
        letters = COLLATIONS.get(self.language)
        text = name.casefold() if letters is None else name.replace("I", "ı").casefold()
        return (text.translate(letters) if letters else text, name)

    def language_name(self, tag: str) -> str:
        """What a language (BCP 47) is called in this one; the tag itself where that has no name."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self.locale) or tag
        except (ValueError, UnknownLocaleError):
            return tag


@lru_cache(maxsize=1000)
def own_name(tag: str) -> str:
    """What a language (BCP 47) calls itself; the tag where it is not known how."""
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (ValueError, UnknownLocaleError):
        return tag


COLLATIONS = {
    "az": str.maketrans(
        {
            letter: chr(0xE000 + place)
            for place, letter in enumerate("abcçdeəfgğhxıijkqlmnoöprsştuüvwyz")
        }
    )
}
"""Languages whose letters are in another order than their code points: each by its place, from a
private use area; CLDR's rules are too many for what needs no more."""

DAY_FORMATS = {ENGLISH: "d MMMM y"}
"""Languages that have several usual orders of a date, and the one of our pages."""


@lru_cache
def texts_of(language: str) -> Texts:
    """The texts in a language that has a catalogue, or in English."""
    return Texts(language)
