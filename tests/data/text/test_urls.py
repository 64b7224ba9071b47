"""Addresses have one form to compare by, and one that any document may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.warc.cdxj import surt
from data.models import Media
from data.network.hosts import site_of
from data.text.urls import (
    MAX_ADDRESS,
    MAX_QUERY,
    absolute,
    canonical_url,
    page_address,
    page_key,
    part_fragment,
    posted_address,
    posted_query,
    web_address,
    without_campaign,
)
from feeds.entries.entry import web_media


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
def test_a_media_type_is_read_without_its_parameters(said: str, meant: str) -> None:
    found = web_media(Media("https://a.example/a", said))
    assert found is not None
    assert found.type == meant


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
        "https://press.example/#/news/1",
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


def test_of_a_very_long_address_the_host_and_a_digest_are_the_key() -> None:
    long = "http://www.x.example/a?b=" + "%C3%A9" * 700
    key = canonical_url(long)
    assert key.startswith("https://x.example/~")
    assert len(key) < 100
    assert canonical_url(key) == key
    assert canonical_url(f"{long}&utm_source=mail") == key != canonical_url(f"{long}c")
    assert canonical_url("x" * 3000) == canonical_url(canonical_url("x" * 3000))


@given(st.text())
def test_no_text_makes_it_fail_and_it_is_idempotent(text: str) -> None:
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
def test_only_campaign_parameters_are_removed_from_an_address(url: str, plain: str) -> None:
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
def test_a_plain_address_has_the_same_form_by_the_fast_path(url: str) -> None:
    # A fragment that is dropped leads by the long way.
    assert canonical_url(url) == canonical_url(url + "#top")


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("notice-4", "notice-4"),
        ("Tätigkeit 2", "T%C3%A4tigkeit%202"),
        ("T%c3%a4tigkeit%202", "T%C3%A4tigkeit%202"),
        (":~:text=Two%20locks", ":~:text=Two%20locks"),
        ("top", ""),
        ("comments", ""),
        ("comment-12", ""),
        ("xtor=RSS-7", ""),
        ("", ""),
        ("a" * 601, ""),
    ],
)
def test_only_a_fragment_that_may_identify_a_release_is_kept(fragment: str, kept: str) -> None:
    url = f"http://www.weir.example/news/#{fragment}"
    assert part_fragment(url) == kept
    assert canonical_url(url) == "https://weir.example/news" + (f"#{kept}" if kept else "")
    assert canonical_url(canonical_url(url)) == canonical_url(url)
    assert page_key(url) == "https://weir.example/news"
    assert page_address(url) == "http://www.weir.example/news/"


BASES = ["https://a.example", "http://a.example:80/n/2026/?p=1#x", "https://a.example/n/1.html"]
STARTS = ["", "/", "./", "../", "../../", "../../../", "//c.example/", "https://b.example"]
PARTS = ["/", "a", "b.html", "?p=1", "#t", "%20", "..", ".", "~x", ":8"]


@given(
    st.sampled_from(BASES),
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PARTS), max_size=4).map("".join),
)
def test_an_address_is_resolved_to_the_same_result_by_the_fast_path(
    base: str, start: str, rest: str
) -> None:
    # A tab that is dropped leads by the long way.
    assert absolute(base, start + rest) == absolute(base, f"{start}{rest}\t")


def test_a_host_that_is_too_long_for_the_dns_is_never_encoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("encodings.idna.nameprep", asked.append)
    url = f"http://a{chr(0x301) * 300}.example/"
    assert canonical_url(url) == url
    assert web_address(url) is None
    assert surt(url).endswith(")/")
    assert asked == []


def test_an_address_that_servers_refuse_is_neither_followed_nor_parsed() -> None:
    long = f"http://WWW.harbour.example/news?utm_source=x&b={'%41' * MAX_ADDRESS}#end"
    assert absolute("http://harbour.example/", long) is None
    assert absolute("http://harbour.example/", f"/{'a' * MAX_ADDRESS}") is None
    assert web_address(long) is None
    assert without_campaign(long) == long
    assert canonical_url(long) != canonical_url(long.replace("WWW", "www"))
    assert len(canonical_url(long)) < MAX_ADDRESS


def test_the_longest_address_is_followed() -> None:
    base = "http://harbour.example/"
    longest = base + "a" * (MAX_ADDRESS - len(base))
    assert absolute(base, longest) == longest
    assert web_address(longest) == longest
    assert without_campaign(f"{longest[:-13]}?utm_source=x") == longest[:-13]


def test_the_site_of_a_very_long_address_is_in_its_beginning() -> None:
    assert site_of(f"http://www.harbour.example/{'a' * MAX_ADDRESS}") == "harbour.example"
    # Without a limit Python reads all of this host, which ends in a port that is no number.
    assert site_of(f"http://{'a' * MAX_ADDRESS}.example:port") == "a" * (MAX_ADDRESS - 7)


URL = "https://board.example/news"


@pytest.mark.parametrize(
    ("url", "body", "address"),
    [
        (URL, "page=2&q=", f"{URL}?__wb_method=POST&page=2&q="),
        (f"{URL}?a=1", "page=2", f"{URL}?a=1&__wb_method=POST&page=2"),
        (f"{URL}#top", "page=2", f"{URL}?__wb_method=POST&page=2#top"),
        (URL, "", URL),
    ],
)
def test_the_posted_fields_follow_as_a_query(url: str, body: str, address: str) -> None:
    assert posted_address(url, posted_query(body)) == address


def test_a_long_value_and_a_long_body_are_digests() -> None:
    one, other = posted_query(f"s={'x' * 5000}&p=1"), posted_query(f"s={'y' * 5000}&p=1")
    assert len(one) < 100
    assert one != other
    assert one.endswith("&p=1")
    assert len(posted_query("&".join(f"a{n}=1" for n in range(MAX_QUERY)))) < 100


def test_secrets_are_hidden() -> None:
    assert "77" not in posted_query("csrf_token=77&page=2")


def test_the_key_of_an_address_is_the_same_for_any_order_of_fields() -> None:
    keys = {canonical_url(posted_address(URL, query)) for query in ("a=1&b=2", "b=2&a=1")}
    assert len(keys) == 1
