"""Which addresses are of one site."""

from __future__ import annotations

import pytest

from data.network.hosts import is_elsewhere


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://harbour.example/news/", "https://harbour.example/all/"),
        ("https://www.harbour.example/", "https://press.harbour.example/"),
        ("https://a.council.co.uk/", "https://b.council.co.uk/"),
        ("https://www.gov.uk/", "https://gov.uk/"),
        ("http://press.intern/", "http://www.press.intern:8080/"),
        ("http://10.0.0.1/news", "https://10.0.0.1:443/"),
        ("http://user:word@127.0.0.1:9000/", "http://127.0.0.1:9000/"),
    ],
)
def test_hosts_of_one_registered_domain_are_one_site(url: str, other: str) -> None:
    assert not is_elsewhere(url, [other])


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://parked.example/", "https://harbour.example/"),
        ("https://other.co.uk/", "https://council.co.uk/"),
        ("http://127.0.0.1:9001/", "http://127.0.0.1:9000/"),
        ("http://127.0.0.4:9000/", "http://127.0.0.1:9000/"),
        ("http://localhost:9001/", "http://localhost:9000/"),
        ("http://[::1]:9001/", "http://[::1]:9000/"),
    ],
)
def test_another_domain_or_another_host_or_port_of_bare_addresses_is_another(
    url: str, other: str
) -> None:
    assert is_elsewhere(url, [other])
    assert not is_elsewhere(url, [other, url])
