"""Which addresses may be reached."""

from __future__ import annotations

import socket
from functools import partial
from typing import Any

import pytest
from scrapy import Request

from data.network.addresses import is_public
from data.network.hosts import is_own_machine
from spiders.download.middlewares import PublicOnlyMiddleware
from spiders.download.settings import CrawlConnections
from spiders.download.ssrf import HostResolver, PrivateAddressError, look_up


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


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "[::ffff:169.254.169.254]"])
def test_metadata_of_cloud_machines_is_refused_even_if_private_addresses_are_allowed(
    host: str,
) -> None:
    middleware = PublicOnlyMiddleware(allow_private=True)
    middleware.process_request(Request("http://10.0.0.1/"))
    with pytest.raises(PrivateAddressError, match="never requested"):
        middleware.process_request(Request(f"http://{host}/latest/meta-data/"))


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


class Receiver:
    """Takes what a resolver gives, as Twisted does."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.complete = False

    def resolutionBegan(self, resolution: object) -> None:  # noqa: N802, D102 - Twisted's name
        assert resolution

    def addressResolved(self, address: Any) -> None:  # noqa: N802, D102 - Twisted's name
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802, D102 - Twisted's name
        self.complete = True


class Reactor:
    """A reactor whose threads are done at once, and whose time stands still."""

    def getThreadPool(self) -> Any:  # noqa: N802, D102 - Twisted's name
        return self

    def callInThreadWithCallback(  # noqa: N802, D102 - Twisted's name
        self, done: Any, function: Any, *given: Any, **named: Any
    ) -> None:
        done(True, function(*given, **named))  # noqa: FBT003 - Twisted's order

    def callFromThread(self, function: Any, *given: Any, **named: Any) -> None:  # noqa: N802, D102
        function(*given, **named)

    def callLater(self, seconds: float, function: Any) -> Any:  # noqa: N802, D102 - Twisted's name
        del seconds, function
        return self

    def active(self) -> bool:
        """Whether a call is still to come."""
        return False


def found(
    monkeypatch: pytest.MonkeyPatch,
    *addresses: str,
    allow_private: bool = False,
    connections: CrawlConnections | None = None,
) -> Any:
    """What is found of a host that has these addresses."""

    def answer(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", (one, 0)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    receiver = Receiver()
    connections = connections or CrawlConnections()
    resolver = HostResolver(Reactor(), connections, allow_private=allow_private, seconds=60)
    resolver.resolveHostName(receiver, "press.example", 443)  # type: ignore[arg-type]
    assert receiver.complete
    return receiver.addresses


def test_a_host_with_ipv6_addresses_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, "2606:2800:220:1::1") == ["2606:2800:220:1::1"]


def test_all_addresses_of_a_host_are_given_in_the_system_s_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = ["2606:2800:220:1::1", "93.184.216.34"]
    assert found(monkeypatch, *both, both[0]) == both


def test_a_host_with_a_private_address_among_others_is_refused_with_that_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections = CrawlConnections()
    look = partial(found, monkeypatch, connections=connections)
    assert look("93.184.216.34", "fec0::1") == []
    assert connections.refused == {"press.example": "fec0::1"}
    assert look("fec0::1", allow_private=True) == ["fec0::1"]
    assert not connections.refused
    assert look("169.254.169.254", allow_private=True) == []
    assert connections.refused == {"press.example": "169.254.169.254"}


def test_the_system_is_asked_for_both_kinds() -> None:
    assert {"127.0.0.1", "::1"} & set(look_up("localhost"))


def test_the_address_that_is_connected_to_is_the_one_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: a name that led to a public address leads to this machine the next time."""
    answers = ["93.184.216.34", "127.0.0.1"]

    def answer(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", (answers.pop(0), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    connections = CrawlConnections()
    resolver = HostResolver(Reactor(), connections, allow_private=False, seconds=60)
    first, again, late = Receiver(), Receiver(), Receiver()
    resolver.resolveHostName(first, "rebound.example", 80)  # type: ignore[arg-type]
    resolver.resolveHostName(again, "rebound.example", 80)  # type: ignore[arg-type]
    # What was looked at is what is connected to, and nothing is looked up between the two.
    assert first.addresses == again.addresses == ["93.184.216.34"]
    resolver._known.clear()  # noqa: SLF001 - as after KEPT seconds
    resolver.resolveHostName(late, "rebound.example", 80)  # type: ignore[arg-type]
    assert late.addresses == []
    assert connections.refused == {"rebound.example": "127.0.0.1"}
