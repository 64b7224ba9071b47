"""Text and addresses in one form."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text.clean import canonical_url, clean_line, clean_text, without_campaign


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\u00a0 b\t c", "a b c"),
        ("one\r\n\r\n\r\n\r\ntwo", "one\n\ntwo"),
        ("soft\u00adhyphen zero\u200bwidth \u202eright", "softhyphen zerowidth right"),
        ("e\u0301tat", "\u00e9tat"),
        ("bell\x07 \ufffe\ud800", "bell"),
        ("schÃ¶n und gut gemeint", "schön und gut gemeint"),
        ("РџСЂРёРІРµС‚ РІСЃРµРј РіСЂР°Р¶РґР°РЅР°Рј", "Привет всем гражданам"),
        ("so â€œquotedâ€\x9d text", "so “quoted” text"),
        ("« été » – l’année “propre” »", "« été » – l’année “propre” »"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_text_is_mended(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text())
@example("\x81á\x99\x98")
def test_cleaning_twice_changes_nothing_and_leaves_what_xml_allows(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert not set(once) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE]))
    assert "\n" not in clean_line(text)


SAME = [
    "https://press.example/news/1",
    "http://press.example/news/1",
    "https://www.press.example/news/1/",
    "https://PRESS.example:443/news/1#top",
    "http://press.example:80/news/1?utm_source=x&fbclid=9",
    "http://press.example/news/1;jsessionid=AB12",
    "http://press.example/news/1?PHPSESSID=99",
]


@pytest.mark.parametrize("url", SAME)
def test_spellings_of_one_address_have_one_canonical_form(url: str) -> None:
    assert canonical_url(url) == SAME[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://press.example/news/2",
        "https://press.example/news/1?id=2",
        "https://press.example:8080/news/1",
        "https://press.example/#!/news/1",
        "https://blog.press.example/news/1",
        "https://press.example/News/1",
    ],
)
def test_other_addresses_keep_apart(url: str) -> None:
    assert canonical_url(url) != SAME[0]


def test_escapes_names_and_queries_are_put_in_order() -> None:
    assert canonical_url("http://x.example/%7ea/%c9%99?b=2&a=1") == canonical_url(
        "https://x.example/~a/ə?a=1&b=2"
    )
    assert canonical_url("http://bücher.example/") == "https://xn--bcher-kva.example/"
    assert canonical_url("http://[::1]:99/x") == "https://[::1]:99/x"


@given(st.text())
def test_no_text_makes_it_fail_and_twice_is_as_once(text: str) -> None:
    once = canonical_url(text)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://x.example/a?utm_source=r&id=7&utm_medium=f#b", "http://x.example/a?id=7#b"),
        ("http://x.example/a?utm_source=r", "http://x.example/a"),
        ("http://x.example/a?sid=7&b", "http://x.example/a?sid=7&b"),
        ("http://x.example/a", "http://x.example/a"),
        ("http://x.example/a?", "http://x.example/a?"),
    ],
)
def test_campaigns_are_taken_off_an_address_and_nothing_else(url: str, plain: str) -> None:
    assert without_campaign(url) == plain


@pytest.mark.parametrize(
    "url",
    [
        "http://www.a.example/x/",
        "https://a.example",
        "http://a-b.c.example/A_b/~x.html",
        "http://www.example/",
        "http://www.www.a.example//x//",
        "http://192.0.2.7/x",
        "http://a--b.example/x+y",
    ],
)
def test_a_plain_address_has_the_same_form_by_the_short_way(url: str) -> None:
    # A fragment that is dropped leads by the long way.
    assert canonical_url(url) == canonical_url(url + "#x")
