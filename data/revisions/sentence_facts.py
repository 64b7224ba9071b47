"""Facts in a sentence that readers rely on: figures, dates, names, negations and modality."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from data.dates.months import month_of
from data.revisions.sentence_rules import LETTER, MIN_WEEKDAY_LETTERS, LanguageRules, rules_of
from data.text.folding import fold_date, fold_keyword
from data.text.words import UNSPACED

TOKEN: Final = re.compile(
    r"(?P<number>(?:(?<![^\s(])[-\u2212]|[+<=>±≈\u2260\u2264\u2265]\s?)?"
    r"\d+(?:[.,'’٫٬]\d+)*(?:[ \u00a0\u202f\u2009]\d{3}(?!\d))*)"
    rf"|(?P<word>{UNSPACED.pattern}|{LETTER}+(?:(?:['’]|(?<=[א-ת])[\"״](?=[א-ת]))[^\W\d_]+)*)"
    r"|(?P<unit>[%‰٪°\u20a0-\u20cf$£¥€])"
)

DATE: Final = re.compile(r"(?<![\d.])(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?![\d.]*\d)")
TIME: Final = re.compile(
    r"(?<!\d)\d{1,2}(?::\d{2}(?:\s?[ap]\.?m\b)?|h\d{0,2}\b|\s?[ap]\.?m\b|(?:\.\d{2})?\s?uhr\b"
    r"|\s?[時时点點시])"
    r"|\b(?:godz\.|kl\.|klo|pukul|jam|saat|alle|dalle|ore)\s\d{1,2}\.\d{2}(?![.,]?\d)",
    re.IGNORECASE,
)
"""Pattern of a time of day. A point separates hours and minutes only beside a word for hours."""

YEAR_DIGITS: Final = 4
YEARS: Final = range(1800, 2101)
MONTHS: Final = range(1, 13)
MAX_DAY: Final = 31
NUMERALS: Final = "一二三四五六七八九十百千万萬亿億兆两兩〇"
DATE_ENDINGS: Final = frozenset("年月日년월일")
"""Letters after the year, month and day in Chinese, Japanese and Korean dates."""

SPAN_ENDINGS: Final = frozenset("間间")
"""Letters after 日 or 年 in Chinese and Japanese if the number counts days or years."""

SEPARATORS: Final = ".,'’٫٬ \u00a0\u202f\u2009"
GROUP_DIGITS: Final = 3
MAX_MONTH_DISTANCE: Final = 2
"""Maximum number of words between a day and its month: ``3 de marzo``."""

MAX_LINK_LETTERS: Final = 3
"""Maximum length in letters of a word between a day and its month."""

NOUN_CAPITALS: Final = frozenset(["de", "lb", "gsw", "nds"])
"""Languages in which every noun begins with a capital letter."""

MAX_HEADLINE_SHARE: Final = 0.6
"""Maximum share of capitalized words at which capitals still indicate names. Headlines have a
larger share."""

MIN_HEADLINE_WORDS: Final = 3
"""A sentence with at most this many words is never treated as a headline."""

SENTENCE_STARTS: Final = frozenset(["", *'.!?…:"“„«»¿¡(['])
"""Characters that can precede a sentence's first word. "" stands for the start of a text."""

OPENING: Final = re.compile('[:"“„«»¿¡(\\[]')
"""Pattern of punctuation after which a word may begin with a capital letter."""

MAX_NAME_WORDS: Final = 2
"""Maximum number of words beside a title such as "Mr" that belong to the name."""

HANGUL_TITLE_ENDING: Final = re.compile("[과국부청원소실처팀회사]장[은는이가도의]?$")
"""Pattern of the end of a Korean title for the head of an office. The title follows a name."""

POSSESSIVE: Final = "の"
"""Letter between a title and a name in Japanese."""

MAX_NAME_LETTERS: Final = 3
"""Maximum number of letters of a name in scripts without spaces."""

STEM_LETTERS: Final = 4
"""Number of equal first letters that make two words forms of the same word."""

APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})


class Word(NamedTuple):
    """A number, word or unit of a sentence, with its kind, start and end."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Facts:
    """Facts of one or more sentences, and their words and numbers in order.

    ``negations`` includes words of modality ("may"); ``reversals`` contains only words such as
    "not".
    """

    numbers: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    dates: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    negations: Counter[str] = field(default_factory=Counter)
    reversals: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)
    explained: set[str] = field(default_factory=set)


def facts_of(sentences: Sequence[str], language: str) -> Facts:
    """Return the facts in sentences: figures, dates, names, negations and modality.

    ``language`` is the language tag of the sentences, or empty if it is unknown.
    """
    rules, found = rules_of(language), Facts()
    for sentence in sentences:
        _read_sentence(sentence, rules, found)
    return found


def changed_words(old: Facts, new: Facts) -> tuple[list[str], list[str]]:
    """Return the words that only one of two versions has, ignoring other forms of a word.

    Names, spelled-out numbers and words of negation or modality are left out.
    """
    before, after = Counter(old.words), Counter(new.words)
    explained = old.explained | new.explained
    gone, come = (
        [one for one in some.elements() if one not in explained]
        for some in (before - after, after - before)
    )
    stems = [{one[:STEM_LETTERS] for one in some} for some in (gone, come)]
    return (
        [one for one in gone if one[:STEM_LETTERS] not in stems[1]],
        [one for one in come if one[:STEM_LETTERS] not in stems[0]],
    )


def _read_sentence(sentence: str, rules: LanguageRules, found: Facts) -> None:
    def blanked(time: re.Match[str]) -> str:
        parts = _parts_of_date(time) if time.re is DATE else [fold_date("".join(time[0].split()))]
        found.dates.update(parts)
        return " " * len(time[0]) if parts else time[0]

    text = TIME.sub(blanked, DATE.sub(blanked, sentence.translate(APOSTROPHES)))
    words = _words(text)
    dated = _date_words(words, (rules.language,), rules.weekdays, found)
    for at, word in enumerate(words):
        if at in dated:
            continue
        if word.kind == "number":
            found.numbers.append(_plain_number(word.text))
            found.figures[found.numbers[-1]] += 1
        elif word.kind == "unit":
            found.figures[word.text] += 1
        else:
            folded = fold_keyword(word.text)
            if folded in rules.numbers or (len(word.text) == 1 and word.text in NUMERALS):
                found.figures[folded] += 1
                found.explained.add(folded)
            found.words.append(folded)
    _read_negations(text, rules, found)
    named = [words[at].text for at in sorted(_named(text, words, rules)) if at not in dated]
    found.names.update(map(fold_keyword, named))
    found.explained.update(map(fold_keyword, named))


def _words(text: str) -> list[Word]:
    found = TOKEN.finditer(text)
    return [Word(one.lastgroup or "", one[0], one.start(), one.end()) for one in found]


def _read_negations(text: str, rules: LanguageRules, found: Facts) -> None:
    for marker in rules.negations.finditer(text) if rules.negations else ():
        first, last = marker[0][0], marker[0][-1]
        # A name may have the ending of a negation.
        earlier = text[max(0, marker.start() - 2) : marker.start()].rstrip()[-1:]
        if earlier not in SENTENCE_STARTS and first.isupper() and last.islower():
            continue
        words_of = fold_keyword(marker[0]).split()
        found.negations[" ".join(words_of)] += 1
        if rules.reversals and rules.reversals.search(marker[0]):
            found.reversals[" ".join(words_of)] += 1
        found.explained.update(words_of)


def _parts_of_date(found: re.Match[str]) -> list[str]:
    """Return the day, month and year of a numeric date as sorted numbers, or an empty list."""
    first, _, second, third = found.groups()
    numbers = [int(first), int(second), int(third)]
    is_year_first = len(first) == YEAR_DIGITS
    small = numbers[1:] if is_year_first else numbers[:2]
    if not all(1 <= one <= MAX_DAY for one in small) or min(small) not in MONTHS:
        return []
    return [str(one) for one in numbers]


def _date_words(
    words: Sequence[Word], languages: tuple[str, ...], weekdays: frozenset[str], found: Facts
) -> frozenset[int]:
    """Return the positions of words that belong to dates, and add the dates to ``found``."""
    places: set[int] = set()
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if word.kind == "number":
            is_year = integer(word.text) in YEARS
            later = words[at + 2] if at + 2 < len(words) else None
            ends = (
                following
                and following.start == word.end
                and following.text[0] in DATE_ENDINGS
                and not (later and later.start == following.end and later.text in SPAN_ENDINGS)
            )
            before = words[at - 1] if at else None
            units = (one for one in (before, following) if one and one.kind == "unit")
            if ends or (is_year and not any(units)):
                places.add(at)
                found.dates[_plain_number(word.text)] += 1
                places.update([at + 1] if ends else [])
        elif word.kind == "word" and not UNSPACED.match(word.text):
            folded = fold_keyword(word.text)
            if folded in weekdays or (
                folded[:-1] in weekdays and len(folded) >= MIN_WEEKDAY_LETTERS
            ):
                places.add(at)
                found.dates[folded[:-1] if len(folded) >= MIN_WEEKDAY_LETTERS else folded] += 1
                continue
            month = month_of(fold_date(word.text), languages)
            if month is None:
                continue
            near = _numbers_near(words, at)
            if near:
                places.add(at)
                found.dates[str(month)] += 1
                for number in near - places:
                    found.dates[_plain_number(words[number].text)] += 1
                places |= near
    return frozenset(places)


def _numbers_near(words: Sequence[Word], at: int) -> set[int]:
    """Return the positions of the day and the year beside a month."""
    found = set()
    for step in (-1, 1):
        for distance in range(1, MAX_MONTH_DISTANCE + 2):
            place = at + step * distance
            if not 0 <= place < len(words):
                break
            word = words[place]
            if word.kind == "number":
                if 1 <= integer(word.text) <= MAX_DAY or integer(word.text) in YEARS:
                    found.add(place)
                break
            if word.kind != "word" or len(word.text) > MAX_LINK_LETTERS:
                break
    # The year follows the day of "March 3, 2026".
    for place in [*found]:
        later = place + 1
        if later < len(words) and integer(words[later].text) in YEARS:
            found.add(later)
    return found


def integer(text: str) -> int:
    """Return a number of at most four digits, or -1 for other texts."""
    return int(text) if len(text) <= YEAR_DIGITS and text.isdecimal() else -1


def numbers_of(texts: Iterable[str]) -> list[str]:
    """Return the numbers in texts in order, without separators between groups of digits."""
    found = (one["number"] for text in texts for one in TOKEN.finditer(text))
    return [_plain_number(number) for number in found if number]


def _plain_number(text: str) -> str:
    """Return a number with ASCII digits, without separators between groups of digits."""
    if not text[0].isdecimal():
        sign = "-" if text[0] in "-\u2212" else text[0]
        return sign + _plain_number(text[1:].lstrip())
    digits = "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
    parts = re.split(rf"[{re.escape(SEPARATORS)}]", digits)
    separators = [one for one in digits if not one.isdecimal()]
    has_groups = all(len(part) == GROUP_DIGITS for part in parts[1:])
    # "1,200" and "1.200" have groups of digits. Only "0,125" is a fraction.
    if has_groups and parts[0] != "0" and len({*separators}) == 1:
        return "".join(parts)
    if len(parts) > 1:
        return "".join(parts[:-1]) + "." + parts[-1]
    return digits


def _named(text: str, words: Sequence[Word], rules: LanguageRules) -> Iterator[int]:
    """Yield the positions of words that are probably parts of names."""
    only = [at for at, word in enumerate(words) if word.kind == "word"]
    yield from _beside_titles(words, only, rules)
    yield from _unspaced_beside_titles(text, words, only, rules)
    capitals = {at for at in only if words[at].text[0].isupper()}
    cased = sum(words[at].text[0].isupper() or words[at].text[0].islower() for at in only)
    if 2 * cased < len(only):
        # A word in capitals in a script without capitals is a brand or a foreign name.
        yield from capitals
        return
    has_end = text.rstrip("\"'”’»)")[-1:] in {".", "!", "?"}
    has_label = ":" in text or "：" in text
    may_be_headline = not (has_end or has_label) and len(only) > MIN_HEADLINE_WORDS
    if may_be_headline and len(capitals) > MAX_HEADLINE_SHARE * len(only):
        return
    for place, at in enumerate(only):
        if at not in capitals:
            continue
        word = words[at]
        earlier = words[only[place - 1]] if place else None
        starts = earlier is None or OPENING.search(text, earlier.end, word.start) is not None
        near = range(max(0, place - 1), min(place + 2, len(only)))
        # An article at the start of a sentence is no first name.
        beside = [
            words[only[one]]
            for one in near
            if only[one] in capitals and (one or len(words[only[0]].text) > MAX_LINK_LETTERS)
        ]
        is_abbreviation = word.text.isupper() and len(word.text) > 1
        if not place and len(word.text) <= MAX_LINK_LETTERS and not is_abbreviation:
            continue
        if (
            is_abbreviation
            or not (starts or rules.language in NOUN_CAPITALS)
            or any(one is not word and _touch(text, one, word) for one in beside)
        ):
            yield at


def _touch(text: str, one: Word, other: Word) -> bool:
    first, second = sorted((one, other), key=lambda word: word.start)
    return text[first.end : second.start] in {" ", "\u00a0", "-", ". "}


def _beside_titles(
    words: Sequence[Word], only: Sequence[int], rules: LanguageRules
) -> Iterator[int]:
    """Yield the positions of words directly before or after a title."""
    folded = [fold_keyword(words[at].text) for at in only]
    titles = rules.before_names | rules.after_names
    for place, at in enumerate(only):
        first = words[at].text[0]
        if first.islower() or folded[place] in titles or UNSPACED.match(first):
            continue
        count = 1 if first.isupper() else MAX_NAME_WORDS
        is_after = not rules.before_names.isdisjoint(folded[max(0, place - count) : place])
        following = words[only[place + 1]].text if place + 1 < len(only) else ""
        is_before = not rules.after_names.isdisjoint(folded[place + 1 : place + 2])
        if is_after or is_before or HANGUL_TITLE_ENDING.search(following):
            yield at


def _unspaced_beside_titles(
    text: str, words: Sequence[Word], only: Sequence[int], rules: LanguageRules
) -> Iterator[int]:
    """Yield the positions of letters beside a personal title, in scripts without spaces.

    These letters are probably part of a name. ``only`` contains the positions of tokens that are
    words.
    """
    if not rules.titles:
        return
    places = {words[at].start: at for at in only if UNSPACED.match(words[at].text)}
    for title in rules.titles.finditer(text):
        near: list[int] = []
        if title[0] in rules.before_names:
            is_joined = text.startswith(POSSESSIVE, title.end())
            start = title.end() + is_joined
            # With the possessive, the first name follows the family name.
            near += range(start, start + MAX_NAME_LETTERS * (1 + is_joined))
        if title[0] in rules.after_names:
            near += range(title.start() - MAX_NAME_LETTERS, title.start())
        yield from (places[one] for one in near if one in places)


def has_date(text: str) -> bool:
    """Return whether a text contains a date, in any language."""
    if any(map(_parts_of_date, DATE.finditer(text))):
        return True
    return bool(_date_words(_words(text), ("",), frozenset(), Facts()))
