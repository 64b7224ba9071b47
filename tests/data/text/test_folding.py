"""The forms that text is compared in are what their table says, and keep to what they are for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text import folding
from data.text.clean import clean_text
from data.text.folding import (
    Form,
    fold_date,
    fold_keyword,
    fold_label,
    fold_search,
    normalized,
    slug_of,
    stream_safe,
)

FORMS: tuple[Callable[[str], str], ...] = (fold_date, fold_keyword, fold_search, fold_label)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (folding.__doc__ or "").splitlines()
    if line.startswith("| ")
][1:]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_form_decodes_a_text_as_in_the_table(row: list[str]) -> None:
    text, *folded = row
    assert [form(text) for form in FORMS] == folded


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_form_is_not_folded_further(row: list[str]) -> None:
    for form, folded in zip(FORMS, row[1:], strict=True):
        assert form(folded) == folded


marked = st.text(
    st.sampled_from("ae\u0301\u0316\u0327\u0f73\uff9e\u3099\u094dק\u05b8"), max_size=120
)


def longest_run(text: str) -> int:
    """The most combining marks in a row."""
    runs = groupby(text, lambda char: unicodedata.combining(char) > 0)
    return max((sum(1 for _ in run) for is_mark, run in runs if is_mark), default=0)


@pytest.mark.parametrize("read", [clean_text, fold_search, lambda text: normalized("NFD", text)])
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73\u0316", "\uff9e\u0327", "\u0344\u0316"])
def test_no_form_of_a_text_has_a_long_run_of_marks(read: object, marks: str) -> None:
    assert callable(read)
    # A mark may decompose into two.
    assert longest_run(read(f"a{marks * 500} b")) <= 60


@given(marked, st.sampled_from(get_args(Form)))
def test_ordinary_texts_have_the_forms_of_unicode(text: str, form: Form) -> None:
    if longest_run(unicodedata.normalize("NFKD", text)) <= 30:
        assert normalized(form, text) == unicodedata.normalize(form, text)


@given(marked)
def test_nothing_is_lost_and_once_is_enough(text: str) -> None:
    safe = stream_safe(text)
    assert safe.replace("\u034f", "") == text
    assert stream_safe(safe) == safe


DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@given(st.text(max_size=400))
@example("../../x")
@example("..")
@example("a\0b")
@example("CON")
@example("com1")
@example("aux.atom")
@example("x" * 300)
@example("Wörter " * 60)
@example("")
@example("\ud800")
@example("🎉")
def test_every_label_has_a_slug_that_is_safe_as_a_file_and_in_a_url(label: str) -> None:
    slug = slug_of(label)
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", slug)
    assert not DEVICES.fullmatch(slug)


def compared(label: str) -> str:
    folded = unicodedata.normalize("NFD", label).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


@given(st.text("aA-_ .Iİıß/\0é", max_size=6), st.text("aA-_ .Iİıß/\0é", max_size=6))
@example("a b", "a-b")
@example("C++", "C")
@example("e" * 300, "e" * 301)
@example("Economy", "economy!")
@example("schön", "schon")
@example("CON", "con_")
def test_two_labels_share_a_slug_only_if_they_are_equal(one: str, other: str) -> None:
    assert (slug_of(one) == slug_of(other)) == (compared(one) == compared(other))


@given(st.text(max_size=80))
@example("Экономика")
@example("covid-19")
def test_a_label_that_imitates_a_slug_does_not_get_it(label: str) -> None:
    slug = slug_of(label)
    assert (slug_of(slug) == slug) == (compared(slug) == compared(label))


def test_equal_labels_share_a_slug() -> None:
    assert slug_of("Éducation  nationale") == slug_of(
        unicodedata.normalize("NFD", "ÉDUCATION NATIONALE\n")
    )


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("Foreign policy", "foreign-policy"),
        ("Covid-19", "covid--19"),
        ("2024", "2024"),
    ],
)
def test_a_plain_label_is_its_own_slug(label: str, slug: str) -> None:
    assert slug_of(label) == slug


@pytest.mark.parametrize(
    ("label", "start"),
    [("Экономика", "ekonomika_"), ("Straße & Verkehr", "strasse-verkehr_"), ("CON", "con_")],
)
def test_a_label_of_other_letters_is_spelt_in_latin_ones_and_marked(label: str, start: str) -> None:
    assert slug_of(label).startswith(start)
