"""Which facets a release belongs to."""

from __future__ import annotations

from data.models import Facet
from data.topics.facets import facet_of, keys_at, section_of


def test_a_release_is_of_its_section_beside_its_source_and_of_its_language() -> None:
    found = keys_at("acme", ["economy"], "2022-11-24", " Warn\u00addienst ", "pt-BR")
    assert {facet_of(*key) for key in found} == {
        Facet(),
        Facet(source="acme"),
        Facet(topic="economy"),
        Facet(source="acme", topic="economy"),
        Facet(period="2022"),
        Facet(period="2022-11"),
        Facet(period="2022-11-24"),
        Facet(source="acme", section="warndienst"),
        Facet(language="pt-BR"),
    }


def test_what_names_no_section_and_a_language_that_feeds_do_not_know_are_not_facets() -> None:
    found = keys_at("acme", [], "", " \u200b ", "und")
    assert {facet_of(*key) for key in found} == {Facet(), Facet(source="acme")}


def test_names_that_differ_in_case_and_spaces_alone_are_one_section() -> None:
    names = ("Annual reports", " ANNUAL  REPORTS", "annual\u00a0reports")
    assert {one.slug for one in map(section_of, names) if one} == {"annual-reports"}


def test_a_section_name_has_at_most_300_characters() -> None:
    found = section_of("x" * 300)
    assert found
    assert (len(found.slug), found.label) == (80, "x" * 300)
    assert section_of("x" * 100_000) is None
