"""Slugs of topics: safe everywhere, and never shared by two labels."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text.slugs import slug_of

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
