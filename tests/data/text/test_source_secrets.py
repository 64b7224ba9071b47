"""Secrets of source addresses are hidden in any spelling, and other texts stay as they are."""

from __future__ import annotations

import sys
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from types import FrameType

import pytest

from data.text.decoded_forms import DecodedForm, letters_form
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
    assert SECRETS.masked(text) == shown


@pytest.mark.parametrize("before", ["", "a", "ab", '{"url":"/news?token='])
@pytest.mark.parametrize("after", ["", "&", "&p", '&page=2"}'])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_secret_inside_base64_is_hidden(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    found = Secrets(["https://a.example/?token=Tk-94~83?7>26152Zx"])
    encoded = encode(f"{before}Tk-94~83?7>26152Zx{after}".encode()).decode()
    shown = found.masked(f'<i data-page="{encoded}">')
    assert "***" in shown
    # At most three characters at each end also encode bytes of their neighbours.
    start = len(before) * 8 // 6
    assert encoded[start + 3 : start + 9] not in shown
    assert encoded[start + 15 : start + 21] not in shown
    assert shown.startswith(f'<i data-page="{encoded[:start]}')
    assert found.is_in(encoded.encode())


def test_a_secret_in_hexadecimal_or_full_width_letters_is_hidden() -> None:
    code = b"TOPSECRET1".hex()
    full = "ＴＯＰＳＥＣＲＥＴ１"
    assert SECRETS.masked(f"{code} {code.upper()} {full} 0x{code};") == "*** *** *** 0x***;"
    assert SECRETS.is_in(full.encode())


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
    assert SECRETS.masked(text) == text


def test_a_short_value_or_a_plain_word_is_hidden_only_with_its_name() -> None:
    found = Secrets(["https://a.example/?code=english&key=20261129&token=ab1"])
    text = "english of 20261129: ab1 ?code=english&key=20261129&token=ab1"
    assert found.masked(text) == "english of 20261129: ab1 ?code=***&key=***&token=***"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-be", "cp1252"])
def test_a_secret_is_found_in_bytes_of_any_charset(charset: str) -> None:
    assert SECRETS.is_in("the token TOPSECRET1".encode(charset))
    assert not SECRETS.is_in("the token TOPSECRET".encode(charset))


def test_a_value_beyond_ascii_is_hidden_in_utf_8_latin_1_and_escapes() -> None:
    found = Secrets(["https://a.example/?token=pæss-w%C3%B8rd-1"])
    assert found.masked("pæss-wørd-1 p%C3%A6ss-w&oslash;rd-1") == "*** ***"
    assert found.is_in("pæss-wørd-1".encode())
    assert found.is_in("pæss-wørd-1".encode("latin-1"))


def test_a_value_that_is_known_at_one_host_leaves_those_of_another_hidden() -> None:
    published = ("https://a.example/?token=***", "https://b.example/?token=***")
    found = Secrets(["https://u:p@a.example/?token=TOPSECRET1", *published])
    assert found.masked("https://b.example/1?token=x1&p=2") == "https://b.example/1?token=***&p=2"
    assert found.masked("https://a.example/1?token=x1") == "https://a.example/1?token=x1"


def test_without_secrets_nothing_is_hidden() -> None:
    assert not NO_SECRETS
    assert NO_SECRETS.masked("?token=TOPSECRET1") == "?token=TOPSECRET1"
    assert not NO_SECRETS.is_in(b"?token=TOPSECRET1")
    assert NO_SECRETS.mark == b""
    assert not Secrets(["https://a.example/?page=2"])


def test_another_secret_has_another_mark() -> None:
    marks = {Secrets([f"https://a.example/?token={one}"]).mark for one in "abcdefgh"}
    assert len(marks) > 4
    assert {len(one) for one in marks} == {2}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("token=aGVs/G8+d29ybGQx", "?token=aGVs%2FG8%2Bd29ybGQx"),
        ("token=aGVs/G8%2Bd29ybGQ%3D", "aGVs_G8-d29ybGQ aGVs/G8+d29ybGQ= aGVs/G8 d29ybGQ"),
        ("key=94837261523", '<input name="key" value="94837261523">'),
        ("key=94837261523", '<input value="94837261523" type="hidden" name="key">'),
        ("key=94837261523", '<i data-key="94837261523">'),
        ("key=94837261523", 'var key = "94837261523"'),
        ("key=94837261523", "{key:'94837261523'}"),
        ("key=94837261523", '["key", "94837261523"]'),
        ("token=correcthorse", "<input name=token value=correcthorse>"),
        ("subscription-key=94837261523", "?subscription-key=94837261523"),
        ("rsskey=94837261523", "?rsskey=94837261523"),
        ("hash=94837261523", "?hash=94837261523"),
        ("to%6ben=94837261523", "?token=94837261523"),
        ("params%5Btoken%5D=94837261523", "?params[token]=94837261523"),
        ("feed=Zx94aB83cD72eF61", "Zx94aB83cD72eF61"),
        ("token=Zx9%26-94837261523", "Zx9&shy;-9483&#8203;726\u00ad1523"),
        ("token=Zx9%26-94837261523", "Zx9<b>-9483</b>7261523"),
        ("token=Zx9%26-94837261523", "Zx9&amp;amp;-94837261523"),
        ("token=Zx9%26-94837261523", r"Zx9\\u0026-94837261523 Zx9\u0026amp;-94837261523"),
        ("token=Zx9/94837261523", r"Zx9\/94837261523 Zx9\\/94837261523"),
        ("token=Zx9(94837261523", "Zx9(94837261523"),
        ("token=Zx9'94837261523", "Zx9'94837261523 Zx9&#39;94837261523"),
    ],
)
def test_other_names_and_spellings_of_secrets_are_hidden(query: str, text: str) -> None:
    shown = Secrets([f"https://a.example/?{query}"]).masked(text)
    assert "***" in shown
    for part in ("261523", "94837", "d29ybGQ", "correcthorse", "eF61"):
        assert part not in shown


def test_a_user_with_a_password_is_hidden_as_a_pair() -> None:
    found = Secrets(["https://bob:swordfish@a.example/"])
    text = "http://bob:swordfish@b.example/ bob:swordfish bob%3Aswordfish"
    assert "swordfish" not in found.masked(text)
    assert found.masked("Bob caught a swordfish") == "Bob caught a swordfish"


@pytest.mark.parametrize(
    "query",
    [
        *("page=94837261523", "id=Zx94aB83cD72eF61", "category=harbour-news-2026-11-29"),
        *("keyword=boats2026", "keywords=boats2026", "author=ann12345678", "signal=lamp12345678"),
        *("passage=north12345678", "view=harbour-news-of-the-north-2026"),
    ],
)
def test_other_parameters_hold_no_secrets(query: str) -> None:
    assert not Secrets([f"https://a.example/?{query}"])


def test_tags_inside_a_secret_stay() -> None:
    found = Secrets(["https://a.example/?token=TOPSECRET1"])
    assert found.masked("a <b>TOPSEC</b>RET1 b") == "a <b>***</b> b"
    assert "TOPSECRET1" not in found.masked('TOP<b title="TOPSECRET1">SECRET1</b>')


def test_the_work_does_not_grow_with_the_number_of_sources() -> None:
    text = 'The <a href="/x">pilots</a> of Lindmouth &amp; its harbour counted ships. key=7 "' * 20

    def steps(count: int) -> int:
        """Bytecode instructions for hiding the secrets of so many sources."""
        found = Secrets(
            address
            for n in range(count)
            for address in (
                f"https://h{n}.example/?token=Qz{n:04}9xTk81Lm",
                f"https://h{n}.example/?key={10**8 + n}",
                f"https://g{n}.example/?sig=***",
                f"https://user{n:04}:word{n:04}@h{n}.example/",
            )
        )
        done = 0

        def step(frame: FrameType, event: str, _: object) -> object:
            nonlocal done
            frame.f_trace_opcodes = True
            done += event == "opcode"
            return step

        before = sys.gettrace()
        sys.settrace(step)  # type: ignore[arg-type]  # returns itself
        try:
            found.masked(text)
        finally:
            sys.settrace(before)
        return done

    assert steps(300) <= 1.05 * steps(30)


def test_secrets_in_a_long_text_are_hidden_in_little_memory() -> None:
    text = "topsecre %41 a " * 5_000
    tracemalloc.start()
    try:
        assert SECRETS.masked(text) == text
        assert tracemalloc.get_traced_memory()[1] < 50 * len(text)
    finally:
        tracemalloc.stop()


def test_letters_get_places_only_if_a_value_may_begin_in_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    placed: list[str] = []

    def noted(form: DecodedForm) -> DecodedForm:
        placed.append(form.text)
        return letters_form(form)

    monkeypatch.setattr("data.text.source_secrets.letters_form", noted)
    assert SECRETS.masked("?key=S3CRET&a=b") == "?key=***&a=b"
    assert placed == []
    assert SECRETS.masked("It is top-secret1.") == "It is ***."
    assert placed


@pytest.mark.parametrize("value", ["2026-11-12", "2025-2026", "12.11.2026", "2026-11-12T09:00:00Z"])
def test_a_date_in_an_address_is_hidden_only_after_its_parameter(value: str) -> None:
    found = Secrets([f"https://a.example/?session={value}"])
    text = f"Debates of {value}: /n/1?session={value}"
    assert found.masked(text) == f"Debates of {value}: /n/1?session=***"
