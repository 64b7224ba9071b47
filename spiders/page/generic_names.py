"""Recognize texts that are not names of institutions, such as page types, files and hosts."""

import re
import tomllib
from importlib.resources import files
from typing import Final

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
MAX_LABEL: Final = 500
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
    if len(text) > MAX_LABEL:
        return False
    bare = NUMBER_AT_END.sub("", text).strip()
    return bool(bare) and bool(RELEASE.fullmatch(bare) or LISTING.fullmatch(bare))
