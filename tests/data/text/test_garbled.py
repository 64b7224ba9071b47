"""Telling texts whose letters became others from those that are only spelt unusually."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.text.garbled import is_garbled

RUSSIAN = "Совет порта сообщил сегодня, что зимой на молу зажгут второй фонарь для судов. " * 3
GERMAN = "Die Hafenbehörde kündigt größere Änderungen für Fähren über die Förde an. " * 3


def twice(text: str) -> str:
    """The text through UTF-8 twice, by a program that took it for windows-1252 between."""
    return "".join(
        one if one.isascii() else one.encode().decode("cp1252", "replace") for one in text
    )


@pytest.mark.parametrize("text", [RUSSIAN, GERMAN])
@pytest.mark.parametrize(
    "spoil",
    [
        twice,
        lambda text: "".join(one if one.isascii() else "?" for one in text),
        lambda text: "".join(one if one.isascii() else "\ufffd" for one in text),
    ],
    ids=["twice", "question marks", "replaced"],
)
def test_garbled_letters_are_reported(text: str, spoil: Callable[[str], str]) -> None:
    assert is_garbled(spoil(text))
    assert not is_garbled(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What? Why? How? Who? When? Where? Whose? " * 9,
        "See https://harbour.example/?a=1 and https://harbour.example/list?b=2. " * 9,
        f"{RUSSIAN * 9} One letter of Zo\ufffd was lost ten years ago.",
        "Σύνδεση · São Tomé · Łódź · naïve café – “Größe” № 5 · 第三号 · قمرستان " * 9,
    ],
)
def test_texts_that_are_well_are_not_signs(text: str) -> None:
    assert not is_garbled(text)
