"""The address by which a request by POST is known."""

from __future__ import annotations

import pytest

from data.text.posted import MAX_QUERY, posted_address, posted_query
from data.text.urls import canonical_url

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
