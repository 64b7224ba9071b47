"""The address of the web server, and its errors."""

from __future__ import annotations

import socket

import pytest

from scheduler.service.web import PortTaken, admin_address, listen


@pytest.mark.parametrize(
    ("site", "admin"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/admin/"),
        ("http://0.0.0.0:80/", "http://127.0.0.1:80/admin/"),
        ("http://[::]:8080/", "http://[::1]:8080/admin/"),
        ("http://192.0.2.7:8080/", "http://192.0.2.7:8080/admin/"),
    ],
)
def test_the_printed_address_opens_the_admin_pages(site: str, admin: str) -> None:
    assert admin_address(site) == admin


@pytest.mark.parametrize("host", ["999.1.1.1", "nowhere.invalid", "203.0.113.1"])
def test_an_address_of_another_machine_is_reported(host: str) -> None:
    with pytest.raises(PortTaken, match=r"set site\.host to an address of this machine"):
        listen(host, 0)


def test_a_used_port_is_reported() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(PortTaken, match="choose another port"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])
