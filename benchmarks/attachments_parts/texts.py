"""Invented texts: words of random letters in 12 scripts, and sentences in five languages."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

SCRIPTS: Final[Mapping[str, str]] = {
    "Latin": "abcdefghijklmnoprstuvzäöüßéèçñşğıə",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "Armenian": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփք",
    "Georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Devanagari": "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Thai": "กขคงจฉชซญฎฐณดตถทธนบปผพฟภมยรลวศษสหอ",
    "Han": "港口會議決定水燈船海北南東西年月日城市民法律公共工程",
    "Kana": "あいうえおかきくけこさしすせそたちつてとなにぬねのアイウエオカキ",
    "Hangul": "가나다라마바사아자차카타파하고노도로모보소오조초",
}
RIGHT_TO_LEFT: Final = frozenset(("Hebrew", "Arabic"))

SENTENCES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "en": (
        "board council office harbour committee school library town hospital bridge",
        "approved opened repaired measured refused described bought planned",
        "northern quiet wooden narrow new public covered distant",
        "The {2} {0} {1} the {3} {4} on day {5}.",
    ),
    "de": (
        "Brücke Schule Bücherei Behörde Straße Fähre Mühle Küche Größe Übung",
        "öffnete prüfte kaufte verließ mäßigte beschloß führte zählte",
        "nördliche stille hölzerne schmale große öffentliche späte weiße",
        "Die {2} {0} {1} die {3} {4} am Tag {5}.",
    ),
    "fr": (
        "mairie école forêt rivière bibliothèque gare façade fenêtre préfecture lumière",
        "décide répare achète mesure protège élève reçoit préfère",
        "ancienne étroite première légère déserte publique française nouvelle",
        "La {2} {0} {1} la {3} {4} au jour {5}.",
    ),
    "ru": (
        "школа пристань больница библиотека площадь дорога мельница крыша газета весна",
        "закрыла построила измерила купила обещала нашла изменила посетила",
        "северная тихая деревянная узкая новая общая дальняя широкая",
        "{2} {0} {1}, что вчера {3} {4} ждала {5} дней.",
    ),
    "az": (
        "məktəb körpü kitabxana xəstəxana şəhər küçə liman dəniz bələdiyyə çörək",
        "açıldı ölçüldü dəyişdi gəldi göndərdi işlədi gözlədi yazıldı",
        "şimal sakit ağac geniş böyük gözəl çoxlu ötən",
        "Bu {2} {0} {1}, sonra {3} {4} {5} gün işlədi.",
    ),
}
"""Nouns, verbs, adjectives and the pattern of a sentence, by language. Lines that all begin with a
wide word would look like a column."""


def words(script: str, count: int, chance: random.Random) -> list[str]:
    """Words of random letters of a script."""
    letters = SCRIPTS[script]
    return ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(count)]


def page(script: str, chance: random.Random) -> str:
    """A page of a few lines of words and numbers."""
    return "\n".join(
        " ".join([*words(script, 8, chance), str(chance.randint(1_000, 99_999))]) for _ in range(8)
    )


def sentences(language: str, count: int, chance: random.Random) -> str:
    """Sentences in a language, one per line."""
    nouns, verbs, adjectives, pattern = (
        part.split() if number < len(SENTENCES[language]) - 1 else [part]
        for number, part in enumerate(SENTENCES[language])
    )
    return "\n".join(
        pattern[0].format(
            chance.choice(nouns),
            chance.choice(verbs),
            chance.choice(adjectives),
            chance.choice(adjectives),
            chance.choice(nouns),
            chance.randint(10, 99),
        )
        for _ in range(count)
    )
