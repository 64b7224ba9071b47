"""Language tags (BCP 47) and language names: normalization, selection for feeds, and direction.

Feeds contain only languages from ISO 639-1 and ISO 639-2, which RSS 2.0, readers and validators
support. Many programs reject a feed with an ISO 639-3 code. Codes for "none", "several" and
"unknown" are omitted.
"""

import re
import tomllib
from importlib.resources import files
from typing import Final

TABLES: Final = tomllib.loads(files("data.languages").joinpath("tags.toml").read_text("utf-8"))
"""Tables of language codes and language names."""

OF_TWO_LETTERS: Final = tuple(TABLES["of_two_letters"].split())
LANGUAGES: Final = frozenset((*OF_TWO_LETTERS, *TABLES["of_three_letters"].split()))


TAG = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*", re.IGNORECASE)
"""Pattern for a language tag in the forms that pages declare."""

LANGUAGE = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
"""Pattern of language tags in the form of RFC 5646."""

RIGHT_TO_LEFT = frozenset(
    "ar ara ckb div dv fa fas he heb ks kas per ps pus sd snd syr ug uig ur urd yi yid".split()  # noqa: SIM905 - a string is easier to read
)

SCRIPTS_TO_LEFT = frozenset(["adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"])

REGION, SCRIPT = 2, 4
"""Numbers of letters that a region and a script have in a language tag."""

TAGS: Final = {name: tag for tag, names in TABLES["names"].items() for name in names.split()}


def language_tag(declared: str | None) -> str | None:
    """Normalize a language tag (``pt-BR``, ``zh-Hant``). Returns None if the tag is invalid."""
    text = (declared or "").split(",")[0].strip()
    if not TAG.fullmatch(text) or text.lower() in {"und", "mul", "zxx", "xx", "html", "x-default"}:
        return None
    first, *rest = text.replace("_", "-").split("-")
    parts = [first.lower()]
    for part in rest:
        if len(part) == REGION:
            parts.append(part.upper())
        else:
            parts.append(part.title() if len(part) == SCRIPT else part.lower())
    return "-".join(parts)


def feed_language(language: str | None) -> str | None:
    """Return a language tag if feed readers support it, else None."""
    found = LANGUAGE.fullmatch(language or "")
    return language if found and found[1].lower() in LANGUAGES else None


def is_right_to_left(language: str | None) -> bool:
    """Return whether a language is written from right to left."""
    name, *more = (language or "").lower().split("-")
    script = next((part for part in more if len(part) == SCRIPT), None)
    return script in SCRIPTS_TO_LEFT if script else name in RIGHT_TO_LEFT


def fault_of_language(written: str) -> str:
    """Return an error message for an invalid language tag from a user, or "" if it is valid."""
    first, _, rest = written.strip().lower().replace("_", "-").partition("-")
    if language_tag(written) and first in LANGUAGES:
        return ""
    tag = TAGS.get(first) or TAGS.get(written.strip().lower().partition(" ")[0])
    fault = f'"{written}" is not a language tag (BCP 47)'
    if tag:
        region = f"-{rest.upper()}" if len(rest) == 2 and rest.isalpha() else ""  # noqa: PLR2004 - letters of a region
        return f'{fault}; did you mean "{tag}{region}"?'
    return f'{fault}; write one such as "en", "de" or "pt-BR"'
