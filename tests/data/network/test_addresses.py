"""Which hosts may be reached from everywhere, as their names and addresses say."""

from __future__ import annotations

import pytest

from data.network.addresses import may_be_public


@pytest.mark.parametrize(
    "host", ["press.acme.org", "PRESS.ACME.ORG", "press.acme.org.", "8.8.8.8", "2606:4700::1111"]
)
def test_names_with_a_dot_and_public_addresses_may_be_public(host: str) -> None:
    assert may_be_public(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "localhost", "press", "press.localhost", "printer.local", "press.internal"),
        *("nas.home.arpa", "router.lan", "acme.example", "acme.test.", "ACME.Invalid"),
        *(
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "168.63.129.16",
            "::1",
            "fe80::1%eth0",
            "::ffff:127.0.0.1",
        ),
    ],
)
def test_private_names_and_addresses_are_not_public(host: str) -> None:
    assert not may_be_public(host)
