"""Classes, weight and announcement of an edit, computed from the contents before and after it.

No model is needed: sentences are compared, and in edited sentences the figures, dates, names, and
words of the language files (data.languages.vocabulary, table ``edits``).

The weight says how much the most important change matters to readers (0 to 1). The weights are
fitted to the judgement of readers who labelled pairs of versions (benchmarks/edits.py): edits are
sorted in the same order. A weight depends on the class and position of the change, and on the
changed words.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from data.languages.detection import MAX_SAMPLE, language_of_words
from data.languages.vocabulary import pattern
from data.models import EDIT_CLASSES, Content, EditClass, EditClasses
from data.revisions.edits import files_of, has_other_links, replaced_files
from data.revisions.sentence_facts import Facts, changed_words, facts_of, has_date, integer
from data.revisions.sentence_rules import LETTER
from data.revisions.sentences import Sentence, has_same_letters, sentence_changes
from data.text.words import UNSPACED, tokens

WEIGHTS: Final[dict[EditClass, float]] = {
    "correction": 0.73,
    "negation": 0.71,
    "attachment": 0.7,
    "sentence-removed": 0.55,
    "wording": 0.55,
    "title": 0.47,
    "date": 0.45,
    "figure": 0.4,
    "link": 0.38,
    "sentence-added": 0.33,
    "name": 0.17,
    "letters": 0.02,
}
"""Weight of a change at the end of the text, by class."""

BEGINNING_WEIGHTS: Final[dict[EditClass, float]] = {
    "figure": 0.3,
    "date": 0.27,
    "sentence-removed": 0.16,
    "negation": 0.19,
    "sentence-added": 0.15,
    "wording": 0.1,
    "name": 0.05,
}
"""Maximum additional weight of a change at the beginning of the text, by class."""

MAX_CHARACTERS: Final = 3000
"""Maximum length in characters of the part of a text in which the position of a change matters."""

MODALITY_WEIGHT: Final = 0.55
"""Weight of a change such as "may" instead of "must". It is smaller than the weight of a "not",
which reverses the meaning."""

CLOCK_WEIGHT: Final = 0.35
"""Weight of a change that affects only times, not days."""

OTHER_FORM_WEIGHT: Final = 0.1
"""Weight of a change of word forms or word order."""

INSERTED_WEIGHT: Final = 0.22
"""Weight of one inserted or deleted word."""
INSERTED_WORD_WEIGHT: Final = 0.07
"""Additional weight of each further inserted or deleted word, up to MAX_INSERTED_WORDS."""

MAX_INSERTED_WORDS: Final = 7

AMOUNT_WEIGHT: Final = 0.11
"""Additional weight of a figure in a sentence with a percentage or an amount of money."""

RATIO_WEIGHT: Final = 0.18
"""Additional weight of a figure that changes at least by a factor of ten."""

MAX_FIGURE: Final = 20
"""Maximum length in characters of a figure whose size is compared."""

NEW_FILE_WEIGHT: Final = 0.48
"""Weight of an additional file. Replacing or removing a file weighs more."""

TITLE_AND_TEXT_WEIGHT: Final = 0.93
"""Weight of an edited title if the text was also edited."""

CONTACT_SHARE: Final = 0.5
"""Factor for the weight of a change in a sentence with contact data or a file number."""

CONTACT: Final = re.compile(
    r"@|\bhttps?:|\bwww\.|(?<![\d.,:])0\d{2}|\+\d{2}[ \d]|\d{3}-\d{3}|[A-Z]{2}-\d{2,8}[-/]\d"
)
"""Pattern that matches parts of addresses, telephone numbers, and file numbers."""

AMOUNT: Final = re.compile(r"[%‰\u20a0-\u20cf$£¥€]")

WHOLE_CLASSES: Final = frozenset[EditClass](
    ["title", "correction", "attachment", "link", "letters"]
)
"""Classes of changes outside the sentences of the text, or whose position does not matter."""

ADDED_CLASSES: Final = frozenset[EditClass](["sentence-added", "sentence-removed", "correction"])
"""Classes of changes that add or remove whole sentences."""

MAX_LABEL_LENGTH: Final = 100
"""Maximum length in characters of a line with the date of the last change."""

MAX_LABEL_WORDS: Final = 3
"""Maximum number of words, such as a month, after the label in a line with the date of the last
change."""

LABEL: Final = rf"^\W*{{}}(?!{LETTER})"
"""Template for the pattern of a label that begins a correction note, as a complete word."""

AFTER_LABEL: Final = re.compile(
    rf"(?: (?:{LETTER}|[\d./-])+){{0,4}}\.?\s*[:：\-–—(（\])】]|\s*[.;!|](?!\S)"
)
"""Pattern of the punctuation after a correction note's label. A comma does not end a label."""

PUNCTUATION: Final = re.compile(r"[^\w\s]|$")
"""Pattern of the possible end of a date after a correction note's label."""

MIN_TYPO_LETTERS: Final = 4
"""Minimum length in letters of a word in which one changed letter counts as a typing error."""

MAX_TYPOS: Final = 12
"""Maximum number of words in an edited sentence that are compared letter by letter."""

MAX_UNEXPLAINED_WORDS: Final = 2
"""Maximum number of other words that may change together with a figure, date, name or negation."""

MAX_SPELLED: Final = 12
"""Largest number that is recognized when it is spelled out as a word."""

NEGATIVE_PREFIXES: Final = ("un", "in", "im", "ir", "il", "dis", "non", "не", "nie", "ne")
"""Prefixes that may reverse the meaning of a word."""

MIN_PREFIXED_LETTERS: Final = 5
"""Minimum number of letters of a word after a negative prefix."""

MAX_WORD_LETTERS: Final = 40


def weight_of_sentence(
    classes: Collection[EditClass], old: Facts, new: Facts, earliness: float
) -> float:
    """Return the weight of an edited sentence.

    ``earliness`` is 1 for a sentence at the start of the text, and 0 at the end.
    """
    weights = {one: WEIGHTS[one] for one in classes}
    # Without any changed word of the lists, a prefix reversed the meaning of a word.
    if old.reversals == new.reversals and old.negations != new.negations:
        weights["negation"] = MODALITY_WEIGHT
    if "figure" in weights:
        weights["figure"] += RATIO_WEIGHT * _magnitudes(old, new)
        if any(AMOUNT.match(one) for one in old.figures | new.figures):
            weights["figure"] += AMOUNT_WEIGHT
    if "date" in weights:
        dates = {*(old.dates - new.dates), *(new.dates - old.dates)}
        if not any(one.isdecimal() or one.isalpha() for one in dates):
            weights["date"] = CLOCK_WEIGHT
    if "wording" in weights:
        counts = [*map(len, changed_words(old, new))]
        if not all(counts):
            further = min(max(counts), MAX_INSERTED_WORDS) - 1
            weights["wording"] = INSERTED_WEIGHT + INSERTED_WORD_WEIGHT * further
        if not any(counts):
            weights["wording"] = OTHER_FORM_WEIGHT
    return max(
        weight + BEGINNING_WEIGHTS.get(name, 0.0) * earliness for name, weight in weights.items()
    )


def _magnitudes(old: Facts, new: Facts) -> float:
    """Return the change of a figure in powers of ten, capped at 1."""
    gone, come = (
        [
            math.log10(float(one))
            for one in some
            if len(one) <= MAX_FIGURE and one.replace(".", "", 1).isdecimal() and float(one)
        ]
        for some in (old.figures - new.figures, new.figures - old.figures)
    )
    return max((min(1.0, abs(a - b)) for a, b in zip(gone, come, strict=False)), default=0.0)


def contact_share(sentence: str) -> float:
    """Return the factor for the weight of a change in a sentence (see CONTACT_SHARE)."""
    return CONTACT_SHARE if CONTACT.search(sentence) else 1.0


def earliness_of(text: str, sentence: str) -> float:
    """Return the position of a sentence in a text, from 1 at the beginning to 0 at the end."""
    length = min(MAX_CHARACTERS, len(text))
    start = text.find(sentence, 0, length + len(sentence))
    return 0.0 if start < 0 else 1 - start / max(1, length)


def classify(old: Content, new: Content) -> EditClasses:
    """Return the classes, the weight and the announcement of an edit.

    The time is linear in the length of the texts. A redaction has no classes, because both contents
    are then equal.
    """
    language = new.language or old.language or language_of_words(new.body_text[:MAX_SAMPLE]) or ""
    notes_before, lines_before = _without_last_change(old.body_text)
    notes_after, lines_after = _without_last_change(new.body_text)
    is_dated_anew = bool(notes_after - notes_before)
    found, weight = _body_classes(lines_before, lines_after, language)
    is_edited = not found <= ADDED_CLASSES
    found |= _title_classes(old.title, new.title, language)
    if files_of(old) != files_of(new) or replaced_files(old, new):
        found.add("attachment")
    files = {media.url for one in (old, new) for media in one.attachments}
    if has_other_links(old.body_html, new.body_html, files):
        found.add("link")
    changed = found or (old.title, old.body_text) != (new.title, new.body_text)
    classes = tuple(one for one in EDIT_CLASSES if one in found) or (
        ("letters",) if changed else ()
    )
    announced = "correction" in found or is_dated_anew
    weights = {one: WEIGHTS[one] for one in classes if one in WHOLE_CLASSES}
    if files_of(old) < files_of(new) and not replaced_files(old, new):
        weights["attachment"] = NEW_FILE_WEIGHT
    if "title" in weights and is_edited:
        weights["title"] = TITLE_AND_TEXT_WEIGHT
    heaviest = max((weight, *weights.values()))
    return EditClasses(classes, round(heaviest, 2), announced)


def _without_last_change(text: str) -> tuple[frozenset[str], str]:
    """Return the lines of a text that contain the date of its last change, and the other lines."""
    labels = pattern("date_labels.changed")
    notes, others = set(), []
    for line in text.split("\n"):
        label = labels.search(line) if len(line) <= MAX_LABEL_LENGTH else None
        if label and _is_date_alone(line[label.end() :]):
            notes.add(" ".join(tokens(line[label.start() :])))
            others.append(line[: label.start()])
        else:
            others.append(line)
    return frozenset(notes), "\n".join(others)


def _is_date_alone(text: str) -> bool:
    """Return whether a text after a label is only a date, with hardly any other words."""
    words = [one for one in tokens(text) if not one.isdecimal()]
    return len(text) > 1 and _word_count(words) <= MAX_LABEL_WORDS and has_date(text)


def _body_classes(old: str, new: str, language: str) -> tuple[set[EditClass], float]:
    """Return the classes of the differences between two texts, and the largest weight."""
    if old == new:
        return set(), 0.0
    changes = sentence_changes(old, new)
    found: set[EditClass] = set()
    weights = [0.0]
    for group in changes.edited:
        earliness = (
            earliness_of(new, group.new[0]) if group.new else earliness_of(old, group.old[0])
        )
        classes, weight = _edited_classes(group.old, group.new, language, earliness)
        found |= classes
        weights.append(weight * contact_share(" ".join((*group.old, *group.new))))
    was_noted = any(_is_correction(one) for group in changes.edited for one in group.old)
    is_noted = any(_is_correction(one) for group in changes.edited for one in group.new)
    placed: tuple[tuple[EditClass, Sequence[Sentence], str], ...] = (
        ("sentence-added", changes.added, new),
        ("sentence-removed", changes.removed, old),
    )
    for name, some, text in placed:
        if some:
            found.add(name)
            earliness = earliness_of(text, some[0].text)
            weight = WEIGHTS[name] + BEGINNING_WEIGHTS[name] * earliness
            weights.append(weight * contact_share(some[0].text))
    if (is_noted and not was_noted) or any(_is_correction(one.text) for one in changes.added):
        found.add("correction")
    return found, max(weights)


def _is_correction(sentence: str) -> bool:
    """Return whether a sentence is a correction note or begins one.

    Such a sentence has a label such as "Correction" before punctuation or a date, or a phrase such
    as "an earlier version of this".
    """
    label = pattern("edits.correction_labels", LABEL).match(sentence)
    if label:
        rest = sentence[label.end() : label.end() + MAX_LABEL_LENGTH]
        ends = PUNCTUATION.finditer(rest)
        if AFTER_LABEL.match(rest) or any(_is_date_alone(rest[: one.start()]) for one in ends):
            return True
    return bool(pattern("edits.corrections").search(sentence))


def _title_classes(old: str, new: str, language: str) -> set[EditClass]:
    if old == new:
        return set()
    found, _ = _edited_classes([old], [new], language)
    if _is_correction(new) and not _is_correction(old):
        return {"title", "correction"}
    # Titles may have capitals in all words, which then identify no names.
    return {"title", *(found & {"figure", "date", "negation"})} if found else set()


def _edited_classes(
    old: Sequence[str], new: Sequence[str], language: str, earliness: float = 0.0
) -> tuple[set[EditClass], float]:
    """Return the classes of the difference between two versions of sentences, and its weight."""
    if has_same_letters(old, new):
        return set(), 0.0
    before, after = facts_of(old, language), facts_of(new, language)
    found: set[EditClass] = set()
    is_swapped = before.words == after.words and before.numbers != after.numbers
    if (before.figures != after.figures or is_swapped) and not _is_spelled(before, after):
        found.add("figure")
    if before.dates != after.dates:
        found.add("date")
    if before.negations != after.negations or _has_reversed_word(before, after):
        found.add("negation")
    # A name that occurs only in one of the versions, even in lower case.
    if before.names.keys() - {*after.words} or after.names.keys() - {*before.words}:
        found.add("name")
    if _differs_in_words(before, after, has_classes=bool(found)):
        found.add("wording")
    return found, weight_of_sentence(found, before, after, earliness) if found else 0.0


def _is_spelled(old: Facts, new: Facts) -> bool:
    """Return whether the only change is a small number, from digits to a word or vice versa."""
    gone, come = old.figures - new.figures, new.figures - old.figures
    if gone.total() != 1 or come.total() != 1:
        return False
    digits, word = sorted((*gone, *come))
    return word.isalpha() and 0 <= integer(digits) <= MAX_SPELLED


def _has_reversed_word(old: Facts, new: Facts) -> bool:
    """Return whether a word was replaced by the same word with a negative prefix, or without it."""
    before, after = {*old.words}, {*new.words}
    gone, come = before - after, after - before
    return any(
        word.startswith(prefix)
        and len(word) >= len(prefix) + MIN_PREFIXED_LETTERS
        and word[len(prefix) :] in others
        for words, others in ((gone, come), (come, gone))
        for word in words
        for prefix in NEGATIVE_PREFIXES
    )


def _differs_in_words(old: Facts, new: Facts, *, has_classes: bool) -> bool:
    """Return whether words changed that the edit's classes and typing errors do not explain."""
    if has_classes:
        return max(map(_word_count, changed_words(old, new))) > MAX_UNEXPLAINED_WORDS
    explained = old.explained | new.explained
    before, after = Counter(old.words), Counter(new.words)
    gone = [one for one in (before - after).elements() if one not in explained]
    come = [one for one in (after - before).elements() if one not in explained]
    if not gone and not come:
        return [one for one in old.words if one in after] != new.words
    if "".join(gone) == "".join(come):
        return False
    if len(gone) != len(come) or len(gone) > MAX_TYPOS:
        return True
    return not all(map(_is_typo, gone, come))


def _word_count(words: Sequence[str]) -> float:
    """Return the number of words. In scripts without spaces, letters count as parts of words."""
    return sum(0.5 if UNSPACED.match(one) else 1 for one in words)


def _is_typo(one: str, other: str) -> bool:
    """Return whether two words differ in a single letter, or in two adjacent letters.

    A difference at the end may be an inflection, which is not a typing error.
    """
    short, long = sorted((one, other), key=len)
    if UNSPACED.search(one + other) or len(short) < MIN_TYPO_LETTERS:
        return False
    if len(long) > MAX_WORD_LETTERS or len(long) - len(short) > 1:
        return False
    first = next(
        (at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    if first == len(short):
        return long[-1] == long[-2]
    if len(short) < len(long):
        return short[first:] == long[first + 1 :]
    swapped = long[first : first + 2][::-1]
    is_swapped = short[first : first + 2] == swapped and short[first + 2 :] == long[first + 2 :]
    return is_swapped or (first < len(long) - 1 and short[first + 1 :] == long[first + 1 :])
