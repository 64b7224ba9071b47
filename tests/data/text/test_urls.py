"""Text and addresses from outside, in a form that any document may hold."""

from __future__ import annotations

import pytest

from data.models import Media
from data.text.clean import excerpt
from data.text.language_codes import is_right_to_left
from data.text.urls import web_address
from feeds.entries.entry import web_media


def test_an_excerpt_ends_with_a_whole_word() -> None:
    assert excerpt("one two three", 9) == "one two…"
    assert excerpt("one two three", 13) == "one two three"
    assert excerpt("one two, three", 11) == "one two…"


@pytest.mark.parametrize(
    "text", ["東京都は本日、発表した。" * 40, "NHK " + "東京都は本日" * 60, "x" * 900]
)
def test_an_excerpt_of_a_text_without_spaces_says_as_much_as_any_other(text: str) -> None:
    said = excerpt(text)
    assert 290 <= len(said) <= 300
    assert said[-1] == "…"
    assert text.startswith(said[:-1])


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://MÜNCHEN.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://Ü@Ü.example/Ü", "https://%C3%9C@xn--tda.example/%C3%9C"),
        ("HTTP://http/http", "http://http/http"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/a%zz%20b", "https://a.example/a%25zz%20b"),
        ("https://a.example/[x]#a#b", "https://a.example/%5Bx%5D#a%23b"),
        ("https://[::1]:8080/", "https://[::1]:8080/"),
        ("https://u:p w@a.example/", "https://u:p%20w@a.example/"),
        ("https://a.example?b=c", "https://a.example/?b=c"),
        ("https://a.example", "https://a.example"),
        ("http://a..example/", None),
        ("http://a b.example/", None),
        ("http://a%20b.example/", None),
        ("http://a<b.example/", None),
    ],
)
def test_an_address_is_one_by_the_letter_of_rfc_3986_or_none(
    written: str, address: str | None
) -> None:
    assert web_address(written) == address


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("application/pdf; charset=binary", "application/pdf"),
        (" IMAGE/PNG ", "image/png"),
        ("pdf", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_media_type_goes_without_its_parameters(said: str, meant: str) -> None:
    found = web_media(Media("https://a.example/a", said))
    assert found is not None
    assert found.type == meant


@pytest.mark.parametrize("tag", ["ar", "AR-EG", "az-Arab", "pa-Arab-PK", "ks", "yi", "ku-arab-IQ"])
def test_what_is_written_from_right_to_left(tag: str) -> None:
    assert is_right_to_left(tag)


@pytest.mark.parametrize("tag", ["en", "az", "ar-Latn", "he-Latn-IL", "uz-Cyrl", "", None])
def test_what_is_written_from_left_to_right(tag: str | None) -> None:
    assert not is_right_to_left(tag)
