"""Which addresses may be reached."""

from __future__ import annotations

import pytest
from scrapy import Request

from data.network.addresses import is_public
from spiders.download.middlewares import PublicOnlyMiddleware
from spiders.download.ssrf import PrivateAddressError, is_own_machine


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "::1", "::", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
        "fec0::1", "::7f00:1", "::ffff:0:7f00:1", "5f00::1", "3fff::1", "192.88.99.1", "100::1",
        "64:ff9b:1::1", "2001::1", "2001:20::1", "240.0.0.1", "192.0.0.9", "203.0.113.5", "4000::1",
    ],
)  # fmt: skip
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "0177.0.0.1", "10.0.0.8:99"]
)
def test_addresses_written_as_numbers_are_refused_however_they_are_spelled(host: str) -> None:
    with pytest.raises(PrivateAddressError, match="allow_private"):
        PublicOnlyMiddleware().process_request(Request(f"http://{host}/"))


def test_names_and_public_numbers_pass() -> None:
    middleware = PublicOnlyMiddleware()
    for host in ("press.example", "93.184.216.34"):
        assert middleware.process_request(Request(f"http://{host}/")) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("url", "own"),
    [("http://127.0.0.1:99/", True), ("http://localhost/", True), ("http://93.184.216.34/", False)],
)
def test_only_loopback_is_our_own_machine(url: str, own: bool) -> None:  # noqa: FBT001 - a table
    assert is_own_machine(url) is own
