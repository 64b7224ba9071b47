"""Texts of pages in the site's language, from gettext catalogues, and dates and names from Babel.

A catalogue is ``feeds/locale/<language>/LC_MESSAGES/messages.po`` and is read without compilation.
English texts are in the code. docs/contributing.md explains how to add a language.
"""

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
"""Number of characters in an ISO day and an ISO month."""

COLLATION_BY_LANGUAGE = {
    "az": str.maketrans(
        {
            letter: chr(0xE000 + place)
            for place, letter in enumerate("abcçdeəfgğhxıijkqlmnoöprsştuüvwyz")
        }
    )
}
"""Order of letters in languages whose alphabet is not in the order of code points.

Each letter maps to a private-use character that sorts at the right position. The full rules of the
CLDR are not needed."""

DAY_FORMATS = {ENGLISH: "d MMMM y"}
"""Date formats for languages with more than one common format."""


class Texts:
    """Translated texts in one language, and its formats of dates, numbers and names."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(language, sep="-")

    @cached_property
    def translations(self) -> NullTranslations:
        """The gettext catalogue, empty for English."""
        if self.language == ENGLISH:
            return NullTranslations()
        lines = files("feeds").joinpath("locale", self.language, "LC_MESSAGES", "messages.po")
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(lines.read_bytes()), locale=self.language))
        compiled.seek(0)
        return Translations(compiled)

    def gettext(self, message: str, **values: object) -> str:
        """Translate a message and fill in its ``%(name)s`` placeholders."""
        return self.translations.gettext(message) % values

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """Translate a message with a count (``%(num)s``) and fill in its other placeholders."""
        return self.translations.ngettext(one, many, num) % {"num": self.number(num), **values}

    def number(self, number: int) -> str:
        """Format a number with grouped digits: ``12,345``."""
        return format_decimal(number, locale=self.locale)

    @lru_cache(maxsize=10_000)  # noqa: B019 - one instance per language
    def format_period(self, period: str) -> str:
        """Format an ISO year, month or day as readable text. Other texts are returned unchanged."""
        try:
            day = dt.date.fromisoformat(f"{period}-01" if len(period) == MONTH else period)
        except ValueError:
            return period
        if len(period) == DAY:
            return format_date(day, DAY_FORMATS.get(self.language, "long"), locale=self.locale)
        return format_date(day, "LLLL y", locale=self.locale) if len(period) == MONTH else period

    def collation_key(self, name: str) -> tuple[str, str]:
        """Return the sort key of a name, in the alphabetical order of the language."""
        letters = COLLATION_BY_LANGUAGE.get(self.language)
        text = name.casefold() if letters is None else name.replace("I", "ı").casefold()
        return (text.translate(letters) if letters else text, name)

    def language_name(self, tag: str) -> str:
        """Return the name of a language in the language of these texts.

        ``tag`` is its BCP 47 tag. For an unknown language, returns the tag.
        """
        return own_name(tag, self.locale)


@lru_cache(maxsize=1000)
def own_name(tag: str, locale: Locale | None = None) -> str:
    """Return the name of a language in the language itself, or in the language of ``locale``.

    ``tag`` is its BCP 47 tag. For an unknown language, returns the tag.
    """
    try:
        return Locale.parse(tag, sep="-").get_display_name(locale) or tag
    except (ValueError, UnknownLocaleError):
        return tag


@lru_cache
def texts_of(language: str) -> Texts:
    """Return the texts of a language, or of English if the language has no catalogue."""
    return Texts(language)
