"""Recognize known phrases in many languages: page types and lines beside a release.

Headings of related news are in the language files (data.languages.vocabulary).
Words for page types are in generic_names.toml, all other lines in phrases.toml.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from data.languages.vocabulary import words

MIN_NON_TAIL_LENGTH, MIN_NON_SHARE_LENGTH = 60, 40
"""Minimum lengths, in characters, of lines that are too long to introduce other content
(`MIN_NON_TAIL_LENGTH`) or to be a share button (`MIN_NON_SHARE_LENGTH`)."""

LETTERS = re.compile(r"[\W\d_]+")
NOT_LETTERS = re.compile(r"[\W_]+")
ASCII_NOT_LETTERS, ASCII_NOT_WORDS = (
    bytes(code for code in range(128) if pattern.match(chr(code)))
    for pattern in (LETTERS, NOT_LETTERS)
)
"""The ASCII characters that each pattern removes. Deleting bytes is ten times faster."""


@cache
def known_lines() -> Mapping[str, Sequence[str]]:
    """Return the known lines that are not part of a release, by kind.

    Examples of kinds are ``tails`` (lines that introduce other content), ``share`` and ``related``.
    """
    held = tomllib.loads(files("spiders.page").joinpath("phrases.toml").read_text("utf-8"))
    return {**held, "related": words("headings.related")}


@cache
def phrases(kind: str) -> frozenset[str]:
    """Return the letters of all known lines of one kind, such as ``tails`` or ``share``."""
    return frozenset(letters(line) for line in known_lines()[kind])


def comparison_key(text: str) -> str:
    """Return the letters and digits of a text, case-folded."""
    if text.isascii():
        return text.lower().encode().translate(None, ASCII_NOT_WORDS).decode()
    return NOT_LETTERS.sub("", text.casefold())


@cache
def lines(kind: str) -> frozenset[str]:
    """Return all known lines of one kind, such as ``share``, case-folded."""
    return frozenset(line.casefold() for line in known_lines()[kind])


@cache
def tail_lines() -> frozenset[str]:
    """Return all known lines that introduce other content after a release, case-folded."""
    return lines("tails") | lines("related")


def letters(line: str) -> str:
    """Return the case-folded letters of a line, so that spelling variants are equal.

    The dotless i becomes i, because both are lower case of I in Turkic languages.
    """
    if line.isascii():
        return line.lower().encode().translate(None, ASCII_NOT_LETTERS).decode()
    return LETTERS.sub("", line.casefold().replace("i̇", "i").replace("ı", "i"))


def is_tail(line: str) -> bool:
    """Whether a line introduces other content after a release, such as comments or tags."""
    return _is_one_of(line, "tails", "related")


def is_related(line: str) -> bool:
    """Whether a line is a heading for related news."""
    return _is_one_of(line, "related")


def is_widget(line: str) -> bool:
    """Whether a line is the heading of a widget, such as weather or search."""
    return _is_one_of(line, "widgets")


def is_box_heading(line: str) -> bool:
    """Whether a line is the heading of a widget or of other content after a release."""
    return _is_one_of(line, "widgets", "tails", "related")


def _is_one_of(line: str, *kinds: str) -> bool:
    if len(line) >= MIN_NON_TAIL_LENGTH:
        return False
    key = letters(line)
    return any(key in phrases(kind) for kind in kinds)


def is_share(line: str) -> bool:
    """Whether a line is the text of a share button."""
    return len(line) < MIN_NON_SHARE_LENGTH and letters(line) in phrases("share")


TABLES: Final = tomllib.loads(
    files("spiders.page").joinpath("generic_names.toml").read_text("utf-8")
)

LISTING = re.compile(f"(?:latest |all )?(?:{'|'.join(TABLES['listing'])})", re.IGNORECASE)
"""Pattern of common titles of listing pages, which are not the site's name."""

RELEASE = re.compile("|".join(TABLES["release"]), re.IGNORECASE)
"""Pattern of words for "press release" in many languages."""

NUMBER_AT_END = re.compile(
    r"[\s\W]*(?:\b(?:no|nr|n[°º]|num|num[eé]ro|č|sz|бр|№)\b)?[\s\W\d]*$", re.IGNORECASE
)
"""Pattern of a number or year at the end of a label, as in "Press release No. 44/2025"."""

GENERIC_WORDS: Final = frozenset(TABLES["generic"].split())
"""Words for types of pages, which do not identify an institution."""

GENERIC_TITLE: Final = re.compile(
    r"(?:官方)?(?:网站|網站|官网|官網)?(?:首页|首頁|主页)?|官方网站|官方網站|ホーム(?:ページ)?|トップ(?:ページ)?|公式サイト|"
    r"新着情報|홈|홈페이지|หน้าแรก|หน้าหลัก|trang chủ|beranda"
)
"""Pattern of page titles that do not identify an institution, mainly in languages without spaces.
"""

OFFICIAL_WORDS: Final = re.compile(
    r"(?<!\s)\s*+(?:官方网站|官方網站|官网|官網|公式(?:ウェブ)?サイト|公式ホームページ)\s*+$|"
    r"(?i:^(?:welcome to|willkommen (?:bei|auf)|bienvenue (?:sur|à)|bienvenidos a)\s+(?:the\s+)?|"
    r"(?<!\s)\s*+[-–|:(]?\s*+(?:official (?:web ?site|site|page)|offizielle (?:web)?seite|"
    r"site officiel|sitio (?:web )?oficial|sito ufficiale|(?:home ?page|website))\)?\s*+$)"
)
"""Pattern of words before or after a site's name that are not part of it, such as "welcome to" or
"website"."""

FILE_NAME: Final = re.compile(r"\S+\.(?:jpe?g|png|gif|svg|webp|php|x?html?|aspx?|jsp|pdf)")
HOST: Final = re.compile(
    r"(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?|[\d.]+(?::\d+)?|\[?[\da-f:]+\]?|localhost"
)
CLOCK: Final = re.compile(r"\b\d{1,2}[:.]\d\d\s*[ap]\.?m\b")
LETTERED: Final = re.compile(r"[^\W\d_]")
MAX_GENERIC_NAME: Final = 500
"""Maximum length of the label of a release, in characters."""

PART: Final = re.compile(r"[\w'’-]+")


def is_generic(name: str) -> bool:
    """Whether a text is too generic for an institution's name: a page type, file name or digits."""
    folded = name.casefold().strip()
    if (
        not LETTERED.search(CLOCK.sub("", folded))
        or LISTING.fullmatch(folded)
        or RELEASE.fullmatch(folded)
    ):
        return True
    if GENERIC_TITLE.fullmatch(folded) or FILE_NAME.fullmatch(folded):
        return True
    words = [word for word in PART.findall(folded) if LETTERED.search(word)]
    return all(word in GENERIC_WORDS or LISTING.fullmatch(word) for word in words)


def is_host(name: str) -> bool:
    """Whether a text is a host name or an IP address."""
    return HOST.fullmatch(name.casefold()) is not None


def without_frills(name: str) -> str:
    """Return a name without words such as "welcome to" and "official site".

    Consecutive spaces become single spaces.
    """
    # Single spaces, because `OFFICIAL_WORDS` takes cubic time on long runs of spaces.
    name = " ".join(name.split())
    return OFFICIAL_WORDS.sub("", name).strip(" -–|:·") or name


def is_label(text: str) -> bool:
    """Whether a text is only the label of a release ("Press release No. 44/2025") or a section.

    Many sites print the same label above each release.
    """
    if len(text) > MAX_GENERIC_NAME:
        return False
    bare = NUMBER_AT_END.sub("", text).strip()
    return bool(bare) and bool(RELEASE.fullmatch(bare) or LISTING.fullmatch(bare))
