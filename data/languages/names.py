"""Recognize languages that people write by name: ``english``, ``Deutsch``, ``jp``."""

from __future__ import annotations

from typing import Final

from data.languages.tags import LANGUAGES, language_tag

NAMES: Final = {
    "ar": "arabic العربية",
    "az": "azerbaijani azeri azərbaycanca",
    "be": "belarusian беларуская by",
    "bg": "bulgarian български",
    "bn": "bengali bangla বাংলা",
    "bs": "bosnian bosanski",
    "ca": "catalan català",
    "cs": "czech čeština česky cz",
    "cy": "welsh cymraeg",
    "da": "danish dansk dk",
    "de": "german deutsch at",
    "el": "greek ελληνικά gr",
    "en": "english uk-english gb us british american",
    "es": "spanish español castellano mx",
    "et": "estonian eesti",
    "eu": "basque euskara",
    "fa": "persian farsi فارسی",
    "fi": "finnish suomi",
    "fr": "french français",
    "ga": "irish gaeilge",
    "he": "hebrew עברית il",
    "hi": "hindi हिन्दी",
    "hr": "croatian hrvatski",
    "hu": "hungarian magyar",
    "hy": "armenian հայերեն",
    "id": "indonesian",
    "is": "icelandic íslenska",
    "it": "italian italiano",
    "ja": "japanese 日本語 jp",
    "ka": "georgian ქართული",
    "kk": "kazakh қазақша kz",
    "ko": "korean 한국어",
    "lt": "lithuanian lietuvių",
    "lv": "latvian latviešu",
    "mk": "macedonian македонски",
    "mn": "mongolian монгол",
    "ms": "malay",
    "nb": "norwegian norsk bokmål",
    "nl": "dutch nederlands flemish",
    "nn": "nynorsk",
    "pl": "polish polski",
    "pt": "portuguese português brazilian",
    "ro": "romanian română",
    "ru": "russian русский",
    "sk": "slovak slovenčina slovensky",
    "sl": "slovenian slovene slovenščina",
    "sq": "albanian shqip",
    "sr": "serbian српски srpski",
    "sv": "swedish svenska",
    "ta": "tamil தமிழ்",
    "th": "thai ไทย",
    "tr": "turkish türkçe",
    "uk": "ukrainian українська ua",
    "ur": "urdu اردو",
    "uz": "uzbek oʻzbek",
    "vi": "vietnamese vn",
    "zh": "chinese 中文 cn mandarin",
}
"""Names of each language, in English and in the language itself, and country codes that people
confuse with its tag, if they are not tags of other languages."""

TAGS: Final = {name: tag for tag, names in NAMES.items() for name in names.split()}


def fault_of_language(written: str) -> str:
    """Explain the fault of a language tag that a person wrote, or return "" if the tag is valid."""
    first, _, rest = written.strip().lower().replace("_", "-").partition("-")
    if language_tag(written) and first in LANGUAGES:
        return ""
    tag = TAGS.get(first) or TAGS.get(written.strip().lower().partition(" ")[0])
    fault = f'"{written}" is not a language tag (BCP 47)'
    if tag:
        region = f"-{rest.upper()}" if len(rest) == 2 and rest.isalpha() else ""  # noqa: PLR2004 - letters of a region
        return f'{fault}; did you mean "{tag}{region}"?'
    return f'{fault}; write one such as "en", "de" or "pt-BR"'
