"""Detection of a text's language, as a BCP 47 tag, by its script, its words, or a model.

A few dozen function words make up half of a text in any language (G. K. Zipf, "The Psycho-Biology
of Language", 1935), and counting them needs no model. A model is used only to distinguish languages
that share many of these words.
"""

import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Final

MIN_LETTERS: Final = 200
"""Minimum number of letters in a text for detecting its language by words. For a shorter text, the
result would be a guess."""

MIN_SCRIPT_LETTERS: Final = 30
"""Minimum number of letters in a text for detecting its language by script alone."""

MAX_SAMPLE: Final = 1000
"""Maximum number of characters of a text that are examined. A longer sample would not improve the
result."""

CJK: Final = re.compile("[\u3040-\U0010ffff]")
WORD_LIKE: Final = 3
"""Number of letters that one character of a word or syllable script counts as (see CJK)."""

WORDS: Final = {
    language: frozenset(words.split())
    for language, words in tomllib.loads(
        files("data.languages").joinpath("frequent_words.toml").read_text("utf-8")
    ).items()
}
"""The most frequent words of each language, including words that other languages share."""

WORD: Final = re.compile(r"[^\s\d.,:;!?()\"'»«„“”’‘\[\]।/|–—-]+")
SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]"), 0.1),
    *(
        (language, re.compile(f"[{first}-{last}]"), 0.3)
        for language, first, last in (
            ("ko", "\uac00", "\ud7a3"), ("th", "\u0e00", "\u0e7f"), ("zh", "\u4e00", "\u9fff"),
            ("el", "\u0370", "\u03ff"), ("he", "\u0590", "\u05ff"), ("hy", "\u0530", "\u058f"),
            ("ka", "\u10a0", "\u10ff"), ("ta", "\u0b80", "\u0bff"), ("te", "\u0c00", "\u0c7f"),
            ("kn", "\u0c80", "\u0cff"), ("ml", "\u0d00", "\u0d7f"), ("gu", "\u0a80", "\u0aff"),
            ("pa", "\u0a00", "\u0a7f"), ("si", "\u0d80", "\u0dff"), ("lo", "\u0e80", "\u0eff"),
            ("km", "\u1780", "\u17ff"), ("my", "\u1000", "\u109f"),
        )
    ),
)  # fmt: skip
"""For each language with a script of its own: its letters, and their minimum share in a text."""

OWN_SCRIPT: Final = re.compile("[\u0370-\u03ff\u0530-\u06ff\u0a00-\u1fff\u3040-\ud7a3]")
"""Pattern of letters in SCRIPTS, in the Arabic script, and in some scripts in between. Most texts
contain none of them."""

ARABIC: Final = re.compile("[\u0620-\u06ff]")
ARABIC_OWN: Final = (
    ("ur", re.compile("[ٹڈڑےںہھ]"), 0.03),
    ("fa", re.compile("[پچژگ]"), 0.01),
    ("ar", re.compile("[ةىيك]"), 0.03),
)
"""For each large language in Arabic script: letters that identify it, and their minimum share in a
text. The first matching language in the list is chosen."""

ARABIC_OTHER: Final = re.compile("[ېۋۇۆڭەێڕڵۍډړټښځڄڀٺڊڻ]")
"""Pattern that matches letters of Uyghur, Kurdish, Pashto and Sindhi."""

FOREIGN: Final = {
    "ru": re.compile("[іїєґўјљњћђѓќџәғқңөүұһҳӯҷӣӑӗҫӳӕ]"),
    "be": re.compile("[ищъїєґјљњћђѓќџәғқңөүұһҳӯҷӣӑӗҫӳӕ]"),
    "uk": re.compile("[ыэёъўјљњћђѓќџәғқңөүұһҳӯҷӣӑӗҫӳӕ]"),
    "bg": re.compile("[ыэёіїєґўјљњћђѓќџәғқңөүұһҳӯҷӣӑӗҫӳӕ]"),
    "mk": re.compile("[ыэёщъьйяюіїєґўћђ]"),
    "sr": re.compile("[ыэёщъьйяюіїєґўѓќ]"),
}
"""For each language, a pattern for the letters of its script that the language does not use."""

SHARED_BY: Final = Counter(word for words in WORDS.values() for word in words)
MIN_SHARE, MIN_LEAD, MIN_DIFFERENT_WORDS = 0.12, 1.4, 4
"""Limits for a detected language: minimum share of its frequent words in the text (half of it if no
other language is possible), minimum ratio of its weight to that of any other language, and minimum
number of different words."""

MAX_FOREIGN_SHARE: Final = 0.002
"""Maximum share of letters in a text that its language does not use. Foreign names cause small
shares."""


def detect_language(text: str) -> str | None:
    """Return the language of a text of at least MIN_LETTERS letters, or None.

    If only one language uses the text's script, MIN_SCRIPT_LETTERS letters are enough.
    """
    sample = text[:MAX_SAMPLE]
    letters = sum(map(str.isalpha, sample))
    letters += (WORD_LIKE - 1) * sum(map(str.isalpha, CJK.findall(sample)))
    if letters < MIN_LETTERS:
        return language_of_script(sample) if letters >= MIN_SCRIPT_LETTERS else None
    if found := language_of_words(sample):
        return found
    from py3langid.langid import classify  # noqa: PLC0415 - a model that takes 0.4 s to load

    found, _ = classify(sample)
    return str(found)


def language_of_script(text: str) -> str | None:
    """Return the language that a text's letters identify, or None if several languages use them."""
    if text.isascii() or not OWN_SCRIPT.search(text):
        return None
    for language, letters, share in SCRIPTS:
        if len(letters.findall(text)) > share * len(text):
            return language
    count = len(ARABIC.findall(text))
    if count * 3 < len(text) or len(ARABIC_OTHER.findall(text)) > MAX_FOREIGN_SHARE * count:
        return None
    for language, letters, share in ARABIC_OWN:
        if len(letters.findall(text)) > share * count:
            return language
    return None


def language_of_words(text: str) -> str | None:
    """Return the language that a text's words and letters indicate, or None if it is unclear."""
    if found := language_of_script(text):
        return found
    text = text.lower()
    counts = Counter(WORD.findall(text))
    met = {word: counts[word] / SHARED_BY[word] for word in counts.keys() & SHARED_BY.keys()}
    weights = {
        language: sum(met[word] for word in words & met.keys()) for language, words in WORDS.items()
    }
    for language, letters in FOREIGN.items():
        if weights[language] and len(letters.findall(text)) > MAX_FOREIGN_SHARE * len(text):
            weights[language] = 0
    best, second = sorted(weights, key=weights.__getitem__, reverse=True)[:2]
    known = WORDS[best] & counts.keys()
    share = MIN_SHARE if weights[second] else MIN_SHARE / 2
    many = sum(counts[word] for word in known) >= share * counts.total()
    sure = weights[best] >= MIN_LEAD * weights[second]
    return best if many and sure and len(known) >= MIN_DIFFERENT_WORDS else None
