"""Secrets of source addresses are hidden in any spelling, and other texts stay as they are."""

from __future__ import annotations

import pytest

from data.text.source_secrets import NO_SECRETS, Secrets

SECRETS = Secrets(
    [
        "https://user:p4ss-w0rd%2Fx@a.example/news?page=2&token=TOPSECRET1",
        "https://b.example/?key=S3CRET",
        "https://c.example/news?sig=***",
    ]
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/news?token=TOPSECRET1&p=2", "/news?token=***&p=2"),
        ("%3Ftoken%3DTOP%53ECRET1", "%3Ftoken%3D***"),
        ("%253Ftoken%253D%2554OPSECRET1", "%253Ftoken%253D***"),
        ("&#84;OPSECRET1 &#x54;OPSECRET1 &amp;#84;OPSECRET1", "*** *** ***"),
        (r"\u0054OPSECRET1 \x54OPSECRET1 \54 OPSECRET1", "*** *** ***"),
        ("it is topsecret1.", "it is ***."),
        ("p4ss%2Dw0rd%2Fx p4ss-w0rd&sol;x p4ss-w0rd\\/x", "*** *** ***"),
        ("?key=S3CRET&a=b", "?key=***&a=b"),
        ("key%3DS3CRET key&equals;S3CRET key&#61;S3CRET", "key%3D*** key&equals;*** key&#61;***"),
        ('{"key": "S3CRET"}', '{"key": "***"}'),
        ("{&quot;key&quot;:&quot;S3CRET&quot;}", "{&quot;key&quot;:&quot;***&quot;}"),
        (
            "https://c.example/n/1?id=2&amp;sig=abc&q=1",
            "https://c.example/n/1?id=2&amp;sig=***&q=1",
        ),
    ],
)
def test_a_secret_is_hidden_in_any_spelling(text: str, shown: str) -> None:
    assert SECRETS.hidden(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "page=2, user, key, S3CRET, key=S3CRETS, ?other=S3CRET",
        "https://d.example/?sig=abc",
        "TOPSECRET",
        "https://c.example/n/1?id=2&sig=***",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert SECRETS.hidden(text) == text


def test_a_short_value_or_a_plain_word_is_hidden_only_with_its_name() -> None:
    found = Secrets(["https://a.example/?code=english&key=20261129&token=ab1"])
    text = "english of 20261129: ab1 ?code=english&key=20261129&token=ab1"
    assert found.hidden(text) == "english of 20261129: ab1 ?code=***&key=***&token=***"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-be", "cp1252"])
def test_a_secret_is_found_in_bytes_of_any_charset(charset: str) -> None:
    assert SECRETS.is_in("the token TOPSECRET1".encode(charset))
    assert not SECRETS.is_in("the token TOPSECRET".encode(charset))


def test_a_value_beyond_ascii_is_hidden_in_utf_8_latin_1_and_escapes() -> None:
    found = Secrets(["https://a.example/?token=pæss-w%C3%B8rd-1"])
    assert found.hidden("pæss-wørd-1 p%C3%A6ss-w&oslash;rd-1") == "*** ***"
    assert found.is_in("pæss-wørd-1".encode())
    assert found.is_in("pæss-wørd-1".encode("latin-1"))


def test_without_secrets_nothing_is_hidden() -> None:
    assert not NO_SECRETS
    assert NO_SECRETS.hidden("?token=TOPSECRET1") == "?token=TOPSECRET1"
    assert not NO_SECRETS.is_in(b"?token=TOPSECRET1")
    assert NO_SECRETS.mark == b""
    assert not Secrets(["https://a.example/?page=2"])


def test_another_secret_has_another_mark() -> None:
    marks = {Secrets([f"https://a.example/?token={one}"]).mark for one in "abcdefgh"}
    assert len(marks) > 4
    assert {len(one) for one in marks} == {2}
