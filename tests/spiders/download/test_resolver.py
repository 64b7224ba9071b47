"""Hosts are found under IPv6 as well as IPv4, and only where they are public."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from spiders.download.resolver import HostResolver, look_up


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


def found(monkeypatch: pytest.MonkeyPatch, *addresses: str, allow_private: bool = False) -> Any:
    """What is found of a host that has these addresses."""

    def answer(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", (one, 0)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    receiver = Receiver()
    resolver = HostResolver(Reactor(), allow_private=allow_private, seconds=60)
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
    assert found(monkeypatch, "93.184.216.34", "fec0::1") == []
    assert HostResolver.refused["press.example"] == "fec0::1"
    assert found(monkeypatch, "fec0::1", allow_private=True) == ["fec0::1"]
    assert "press.example" not in HostResolver.refused


def test_the_system_is_asked_for_both_kinds() -> None:
    assert {"127.0.0.1", "::1"} & set(look_up("localhost"))
