"""The language that a text is written in, as a BCP 47 tag: by its script, its words, or a model."""

from __future__ import annotations

from data.text.function_words import language_of_script, language_of_words

MIN_LETTERS = 200
"""Letters below which detection by words is a guess, and so is not made."""

MIN_OF_SCRIPT = 30
"""Letters from which a script tells its language."""

SAMPLE = 1000
"""Characters that are looked at: more cost time and tell no more."""

CJK, WORD_LIKE = "\u3040", 3
"""Where scripts begin whose letters are words or syllables, and letters that each is worth."""


def detect_language(text: str) -> str | None:
    """The language that a text of MIN_LETTERS letters or more is written in, or None.

    Where no other is written in its script, MIN_OF_SCRIPT letters tell it.
    """
    sample = text[:SAMPLE]
    letters = sum(WORD_LIKE if char >= CJK else 1 for char in sample if char.isalpha())
    if letters < MIN_LETTERS:
        return language_of_script(sample) if letters >= MIN_OF_SCRIPT else None
    if found := language_of_words(sample):
        return found
    from py3langid.langid import classify  # noqa: PLC0415 - a model that takes 0.4 s to load

    found, _ = classify(sample)
    return str(found)
