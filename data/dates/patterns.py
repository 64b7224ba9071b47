"""Patterns of written dates in folded text (see data.text.folding.fold_date).

Every repetition is bounded, so a search is linear in the length of the text. The groups are ``y``
(year), ``d`` (day), ``n`` (month as a number), ``w`` (month as a word), and ``era``. In
``NUMERIC``, the order of the numbers ``a``, ``b`` and ``c`` is unknown.
"""

import re
from functools import lru_cache

# The two alternatives must not overlap, because a letter that matches both doubles the search time.
_W = r"(?:(?![\u0900-\u109f])[^\W\d_]|[\u0900-\u109f])"
_WORD = (
    rf"(?P<w>[ก-ฮเ][ก-ฮิี]?\.[ก-ฮ]|{_W}{{2,20}}(?:\s(?:الاول|الثاني))?)"
    rf"(?:\s?/\s?{_W}{{2,20}})?[.'’׳]?"
)
_GAP = r"[\s.,،/·-]{0,4}"
_OF = (
    r"(?:(?:del?|di|do|dal|dl|de su|di u|d|of|the|den|dhen|ta|ng|ב|พ\.ศ|ค\.ศ|เดือน)"
    r"(?:['’-]|\s|\.){1,2}|(?:ខ|ឆន)\s?)?"
)
_ORDINAL = (
    r"(?:st|nd|rd|th|er|ere|ro|do|[oa°]|-?го|-?е|-?ші|-?шы|-?ci|-?e|-a|mh|ה?טן|ی|\slia)?"
    r"(?![^\W\d_])"
)
_YEAR_WORD = (
    r"(?:[\s-]{0,2}(?:m|gada|г|года|год|р|року|ж|жыл|жылгы|жылғы|жылы|жылдың|иили|yil|yilgi|yili|"
    r"ci il|cu il|il|оны|сыл|թ|ko|साल)\b|\(e\)ko)?"
)
# A number before a colon may be an hour ("2 March 20:30") or a year ("2 March 2026: The lamps").
_YEAR = r"(?P<y>\d{4}(?!\d|:\d)|\d{2}(?![\d:]))"

ISO = re.compile(
    r"(?<![\d.])(?P<y>\d{4})\s?(?P<s>[-/.।])\s?(?P<n>\d{1,2})\s?(?P=s)\s?(?P<d>\d{1,2})(?!\d)"
)
NUMERIC = re.compile(
    r"(?<![\d.,/-])(?P<a>\d{1,2})\s?(?P<s>[-/.])\s?(?P<b>\d{1,2})\s?(?P=s)\s?"
    r"(?P<c>\d{4}(?!:\d)|\d{2}(?!:))(?!\d|(?P=s)\d|%)"
)
MINGUO = re.compile(
    r"(?<![\d.,/-])(?P<y>1[0-4]\d)(?P<s>[-/.])(?P<n>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d|(?P=s)\d)"
)
HAN = re.compile(
    r"(?P<era>令和|平成|昭和|大正|明治|民國|民国)?\s?(?P<y>\d{1,4}|元)\s?[年년]\s?"
    r"(?P<n>\d{1,2})\s?[月월]\s?(?P<d>\d{1,2})\s?[日号號일]?"
)
HAN_NUMERALS = re.compile(
    r"(?P<y>[〇零○一二三四五六七八九]{4})年(?P<n>[一二三四五六七八九十]{1,2})月"
    r"(?P<d>[一二三四五六七八九十]{1,3})日"
)
DAY_MONTH_YEAR = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}{_GAP}{_OF}{_WORD}(?P<s>{_GAP}){_OF}(?P<q>['’]?){_YEAR}"
)
MONTH_DAY_YEAR = re.compile(
    rf"(?<![^\W\d_]){_WORD}{_GAP}(?:the\s)?(?P<d>\d{{1,2}}){_ORDINAL}(?P<s>[\s.,،/-]{{1,4}})"
    rf"(?:of\s)?(?P<q>['’]?){_YEAR}"
)
DAY_MONTH_YEAR_JOINED = re.compile(
    r"(?<!\w)(?P<d>\d{1,2})(?P<w>[^\W\d_]{3,4})(?P<s>)(?P<y>\d{4}|\d{2})(?!\w)"
)
YEAR_MONTH_DAY = re.compile(
    rf"(?<!\d)(?P<y>\d{{4}}){_YEAR_WORD}{_GAP}{_WORD}{_GAP}(?P<d>\d{{1,2}})(?!\d)"
)
YEAR_DAY_MONTH = re.compile(
    rf"(?<!\d)(?P<y>\d{{4}})[.\s-]{{0,2}}"
    r"(?:gada|г|года|ж|жылгы|жылғы|жылы|жылдың|yil|yilgi|иил|ci il)"
    rf"{_GAP}(?P<d>\d{{1,2}})[.\s-]{{0,2}}{_WORD}"
)
NUMBERED_MONTH = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})\s?(?:thang|/(?=\s?\d{1,2}\snam))\s?(?P<n>\d{1,2})[\s,/]{1,2}(?:nam\s)?"
    r"(?P<y>\d{4})(?!\d)"
)
MONGOLIAN = re.compile(
    r"(?<!\d)(?P<y>\d{4})\s?оны\s(?P<n>\d{1,2})(?:-?р|\s)?\s?сарын\s(?P<d>\d{1,2})(?!\d)"
)
PHRASE_SIGN = re.compile(r"thang\s|thg\s|(?<![^\W_])th\d")
"""Quick test for month names of several words that are recognized in any language
(data.dates.months). Each such name contains a match."""

ETHIOPIAN = re.compile(
    r"(?<![^\W_])(?P<w>[\u1200-\u135a]{2,6})\s?(?P<d>\d{1,2})(?!\d)(?:\s?ቀን)?[\s,፣፥/]{0,3}(?P<y>\d{4})(?!\d)"
    r"(?P<era>\s?ዓ(?:[./፡]\s?ም|መተ\s?ም[ሕህ]ረት)\.?)?"
)
"""Pattern that matches an Ethiopian date: month, day, year and era ("Year of Mercy")."""

CTIME = re.compile(
    rf"{_WORD}\s{{1,2}}(?P<d>\d{{1,2}})\s(?=\d\d:\d\d:\d\d)(?P<clock>[\d:]{{8}})\s"
    r"(?P<zone>[+-]\d{4}|[a-z]{3,4})?\s?(?P<y>\d{4})(?!\d)"
)
COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<n>\d\d)(?P<d>\d\d)"
    r"(?:t?(?P<clock>\d{4}|\d{6})(?:\.\d{1,9})?(?P<zone>z|[+-]\d{2}:?\d{2})?)?"
)

ALL_PATTERNS = (
    ISO,
    NUMERIC,
    MINGUO,
    HAN,
    HAN_NUMERALS,
    NUMBERED_MONTH,
    MONGOLIAN,
    ETHIOPIAN,
    YEAR_MONTH_DAY,
    YEAR_DAY_MONTH,
    CTIME,
    DAY_MONTH_YEAR,
    DAY_MONTH_YEAR_JOINED,
    MONTH_DAY_YEAR,
)

HOLDS = {
    HAN: re.compile("[年년]"),
    HAN_NUMERALS: re.compile("年"),
    MONGOLIAN: re.compile("оны"),
    ETHIOPIAN: re.compile("[\u1200-\u135a]"),
    CTIME: re.compile(r"\d:\d\d:\d"),
    MONTH_DAY_YEAR: re.compile(rf"\d{_ORDINAL}[\s.,،/-]{{1,4}}(?:of\s)?['’]?\d"),
}
"""Map from each date pattern to characters that its matches always contain. Testing for these
characters first is much faster."""

_MERIDIEM = r"(?P<half>[ap]\.?\s?m\b\.?)?"
_CLOCK = (
    r"(?P<before>上午|下午|午前|午後|오전|오후)?\s?(?P<h>\d{1,2})\s?(?P<t>[:h時时点點시]|\.(?=\d\d))\s?"
    r"(?P<min>\d{2})(?!\d)[分분]?(?::(?P<sec>\d{2})(?!\d)(?:[.,]\d{1,9})?)?\s?"
)
TIME_AFTER = re.compile(
    rf"(?P<gap>[^\d:]{{0,16}}?){_CLOCK}{_MERIDIEM}(?P<word>\s?(?:uhr|hrs|hours|h|год|ч)\b)?"
)
TIME_BEFORE = re.compile(
    rf"(?<![\d.]){_CLOCK}{_MERIDIEM}(?P<word>\s?(?:uhr|hrs|hours|h|год|ч)\b)?(?P<gap>[^\d]{{0,16}})$"
)
CLOCK_WORD = re.compile(r"(?:\b(?:at|kl|klo|ore|alle|um|a|saat|в|о|ob|kell|godz)\.?\s?)$")


@lru_cache(maxsize=256)
def phrase_shapes(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates with these folded month names, such as "thang tam"."""
    phrases = "|".join(re.escape(name).replace("\\ ", r"\s") for name in names)
    word = rf"(?<![^\W_])(?P<w>{phrases})(?!\d)[^\W\d_]{{0,3}}"
    year = r"(?:nam\s)?(?P<y>\d{4})(?!\d|:\d)"
    return (
        re.compile(rf"(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}{_GAP}{_OF}{word}{_GAP}{year}"),
        re.compile(rf"{word}{_GAP}(?P<d>\d{{1,2}})(?!\d){_ORDINAL}[\s.,،/-]{{1,4}}{year}"),
        re.compile(rf"(?<!\d)(?P<y>\d{{4}}){_YEAR_WORD}{_GAP}{word}{_GAP}(?P<d>\d{{1,2}})(?!\d)"),
    )
