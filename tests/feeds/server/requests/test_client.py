"""Where a request comes from: what is believed, and what anybody could write."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from data.settings import SiteSettings
from feeds.server.requests.client import client_of, host_in, is_local, proxies_of

NEAR = proxies_of(SiteSettings(proxies=("172.18.0.0/16", "2001:db8::1")))


def asked(client: str, *forwarded: str, host: str = "127.0.0.1:8080") -> Scope:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return {
        "client": (client, 1),
        "http_version": "1.1",
        "headers": [(b"host", host.encode("latin-1")), *headers],
    }


@pytest.mark.parametrize(
    ("client", "forwarded", "told"),
    [
        ("203.0.113.9", ("198.51.100.7",), "203.0.113.9"),
        ("172.18.0.3", ("198.51.100.7",), "198.51.100.7"),
        ("::ffff:172.18.0.3", ("198.51.100.7",), "198.51.100.7"),
        ("2001:db8::1", ("198.51.100.7",), "198.51.100.7"),
        ("2001:db8::2", ("198.51.100.7",), "2001:db8::2"),
        # What a stranger wrote before his own address is not looked at.
        ("172.18.0.3", ("1.1.1.1, 198.51.100.7",), "198.51.100.7"),
        ("172.18.0.3", ("1.1.1.1", "198.51.100.7, 172.18.0.9"), "198.51.100.7"),
        ("172.18.0.3", (), "172.18.0.3"),
        ("172.18.0.3", (" , ",), "172.18.0.3"),
        ("127.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        # Some proxies name the port as well, which is another one each time.
        ("172.18.0.3", ("198.51.100.7:49152",), "198.51.100.7"),
        ("172.18.0.3", ("[2001:db8::7]:49152",), "2001:db8::7"),
        ("172.18.0.3", ("2001:db8::7",), "2001:db8::7"),
        ("172.18.0.3", ("198.51.100.7, 172.18.0.9:80",), "198.51.100.7"),
        ("172.18.0.3", ("unknown",), "unknown"),
    ],
)
def test_only_configured_proxies_are_trusted(
    client: str, forwarded: tuple[str, ...], told: str
) -> None:
    assert client_of(asked(client, *forwarded), NEAR) == told


def test_no_other_machine_is_trusted_by_default() -> None:
    assert SiteSettings().proxies == ()
    assert client_of(asked("172.18.0.3", "198.51.100.7")) == "172.18.0.3"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Press.example:8080", "press.example"),
        ("[::1]:80", "::1"),
        ("[::1]evil", ""),
        ("[::1", ""),
        ("::1", ""),
        ("localhost@evil.example", ""),
        ("localhost/evil.example", ""),
        ("localhost evil", ""),
        ("127.0.0.1:80:80", ""),
        ("", ""),
    ],
)
def test_a_host_is_a_name_or_an_address_and_nothing_more(host: str, name: str) -> None:
    assert host_in(asked("127.0.0.1", host=host)) == name


def test_local_requests_are_distinguished_from_cross_site_requests() -> None:
    assert is_local(asked("127.0.0.1"), SiteSettings())
    assert not is_local(asked("127.0.0.1", host="[::1]evil"), SiteSettings())
    assert not is_local(asked("127.0.0.1", host="rebound.example"), SiteSettings())
    assert not is_local(asked("127.0.0.1", "198.51.100.7"), SiteSettings())
    assert not is_local(asked("192.0.2.7"), SiteSettings())
    assert not is_local(asked("127.0.0.1"), SiteSettings(url="https://press.example"))
    assert not is_local(asked("127.0.0.1"), SiteSettings(access="token"))


@pytest.mark.parametrize(
    "field",
    [
        *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
        *("x-forwarded-port", "x-real-ip", "cf-connecting-ip", "cf-ray", "true-client-ip"),
        *("cdn-loop", "fastly-client-ip", "x-envoy-external-address", "tailscale-user-login"),
    ],
)
def test_each_header_field_of_a_proxy_shows_that_it_is_one(field: str) -> None:
    scope = asked("127.0.0.1")
    assert is_local(scope, SiteSettings())
    assert not is_local(
        {**scope, "headers": [*scope["headers"], (field.encode(), b"")]}, SiteSettings()
    )
