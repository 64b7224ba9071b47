"""Copies of a page: places that change are noise, and a lonely copy is accused."""

import datetime as dt

from data.revisions.corroboration import (
    OWN_COPY,
    Copy,
    judged,
    lines_of,
    true_differences,
    unstable_places,
)

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
TEXT = "The mole is 300 metres long.\nRead 41 times.\nTides are low."


def lines(text: str) -> list[str]:
    return lines_of("The mole", "2026-03-02T12:00:00Z", text)


def copy(text: str) -> Copy:
    return Copy(lines(text), NOON, NOON)


def verdict(*texts: str) -> dict[str, bool]:
    ours = lines(TEXT)
    found = {str(n): true_differences(ours, copy(text), {}) for n, text in enumerate(texts)}
    return {name: accused for name, (_, accused) in judged(ours, found).items()}


def test_the_copy_that_two_others_contradict_is_accused() -> None:
    forged = TEXT.replace("300", "330")
    assert verdict(TEXT, forged) == {OWN_COPY: False, "0": False, "1": True}
    assert verdict(forged, forged) == {OWN_COPY: True, "0": False, "1": False}
    assert verdict(TEXT, TEXT.replace("Tides are low.", "")) == {
        OWN_COPY: False,
        "0": False,
        "1": True,
    }
    assert verdict(f"{TEXT}\nThe mole was sold.", TEXT) == {OWN_COPY: False, "0": True, "1": False}


def test_two_copies_alone_accuse_nobody() -> None:
    assert verdict(TEXT.replace("300", "330")) == {OWN_COPY: False, "0": False}


def test_a_place_where_no_two_copies_agree_is_noise() -> None:
    ours, others = lines(TEXT), (TEXT.replace("41", "52"), TEXT.replace("41", "63"))
    found = {text: true_differences(ours, copy(text), {}) for text in others}
    assert all(not passages for passages, _ in judged(ours, found).values())


def test_places_that_change_among_our_captures_are_noise() -> None:
    ours = lines(TEXT)
    read = [lines(TEXT.replace("41", str(number))) for number in (41, 42, 43)]
    for captures in (
        [(read[0], True), (read[1], True)],
        [(read[2], False), (read[1], False), (read[0], True)],
    ):
        unstable = unstable_places(ours, captures)
        assert not true_differences(ours, copy(TEXT.replace("41", "99")), unstable)
        assert true_differences(ours, copy(TEXT.replace("300", "330")), unstable)


def test_an_edit_and_an_alteration_of_our_text_are_no_noise() -> None:
    ours, other = lines(TEXT), lines(TEXT.replace("300", "330"))
    assert not unstable_places(ours, [(other, False), (ours, True), (ours, True)])
    assert not unstable_places(ours, [(other, True), (other, True)])


def test_dates_of_the_day_and_random_words_are_noise() -> None:
    ours = lines("Today is 1 March 2026.\nYour session is a7f3b9c2d1.\nPier 4 is open.")
    theirs = "Today is 2 March 2026.\nYour session is b81c0de7f4.\nPier 4 is open."
    assert not true_differences(ours, copy(theirs), {})
