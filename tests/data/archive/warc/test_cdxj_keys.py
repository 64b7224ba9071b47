"""Keys of addresses; the integration tests compare them with the package surt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.warc.cdxj import surt


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("http://www.Acme.example", "example,acme)/"),
        ("https://acme.example/News/", "example,acme)/news"),
        ("https://www2.acme.example:443/a?b=2&A=1", "example,acme)/a?a=1&b=2"),
        ("http://acme.example:8080//a/../b/./c//", "example,acme:8080)/b/c"),
        ("http://u:p@acme.example/x?phpsessid=" + "a" * 32 + "&z=1", "example,acme)/x?z=1"),
        ("http://bücher.example/é", "example,xn--bcher-kva)/%c3%a9"),
        ("http://3232235777/", "1,1,168,192)/"),
        ("http://[::1]:8080/a", "::1:8080)/a"),
        ("http://acme.example/a%2525b", "example,acme)/a%25b"),
        ("urn:communique:journal", "urn:communique:journal"),
        ("no address", "no address"),
    ],
)
def test_the_key_of_an_address(uri: str, key: str) -> None:
    assert surt(uri) == key


@given(st.text().map(lambda rest: f"http://acme.example/{rest}"))
def test_a_key_is_one_word_whatever_the_address(uri: str) -> None:
    assert len(surt(uri.encode("utf-8", "replace").decode()).split(" ")) == 1


def test_a_host_of_very_many_digits_is_a_name() -> None:
    assert surt(f"http://{'7' * 5_000}/") == f"{'7' * 5_000})/"


def test_escapes_of_escapes_are_decoded_a_bounded_number_of_times() -> None:
    assert surt(f"http://a.example/%{'25' * 5}41") == "example,a)/a"
    assert surt(f"http://a.example/%{'25' * 500}41") == f"example,a)/%25{'25' * 480}41"
