"""What two texts share word for word is found as it stands in the text, and nothing else."""

from __future__ import annotations

import random

import pytest

from data.stories.passages import MIN_PASSAGE_WORDS, shared_passages

SHARED = "The two ports will share their tide gauges and warn of storms together from December on"
OTHER = "Nothing of this stands in the other text, whatever it is about, nor will it ever do so."


def test_a_shared_passage_is_quoted_literally() -> None:
    text = f"As told: {SHARED}, they say. {OTHER}"
    (passage,) = shared_passages(text, f"Foreword. {SHARED.upper()}! Afterword.", most=3)
    assert passage.text == SHARED
    assert passage.words == len(SHARED.split())


def test_short_phrases_are_nobodys() -> None:
    words = SHARED.split()
    few, enough = " ".join(words[: MIN_PASSAGE_WORDS - 1]), " ".join(words[:MIN_PASSAGE_WORDS])
    assert shared_passages(f"{few} {OTHER}", f"{few} and then other words", most=3) == ()
    assert len(shared_passages(f"{enough} {OTHER}", f"{enough} and then other words", most=3)) == 1


def test_words_apart_in_the_other_text_are_not_a_passage() -> None:
    first, second = SHARED, OTHER
    text = f"{first} {second}"
    other = f"{second} Between them stands a sentence that is in no other text. {first}"
    assert {one.text for one in shared_passages(text, other, most=3)} == {
        first,
        second.rstrip("."),
    }


def test_the_longest_parts_are_returned_in_text_order() -> None:
    parts = [
        " ".join(f"{name}{n}" for n in range(length))
        for name, length in (("a", 14), ("b", 40), ("c", 20))
    ]
    text, other = " x ".join(parts), " y ".join(reversed(parts))
    assert [one.words for one in shared_passages(text, other, most=2)] == [40, 20]


def test_scripts_without_spaces_are_compared_by_their_letters() -> None:
    shared = "港湾当局は来月から防波堤の夜間工事を再開する"
    (passage,) = shared_passages(f"発表。{shared}。以上", f"{shared}という", most=1)
    assert passage.text == shared


@pytest.mark.parametrize("text", ["", "word", "a " * 30_000, "の" * 30_000])
def test_any_text_is_compared_within_bounds(text: str) -> None:
    found = shared_passages(text, text, most=2)
    assert all(one.text in text for one in found)


def test_a_passage_is_in_both_texts() -> None:
    chance = random.Random(3)
    for _ in range(40):
        texts = [" ".join(chance.choices("abc", k=200)) for _ in range(2)]
        for passage in shared_passages(*texts, most=5):
            assert passage.text in texts[0]
            assert passage.text in texts[1]
            assert passage.words >= MIN_PASSAGE_WORDS
