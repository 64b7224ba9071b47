"""Where the web server listens, as people are told."""

from __future__ import annotations

import pytest

from scheduler.service.web import admin_address


@pytest.mark.parametrize(
    ("site", "admin"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/admin/"),
        ("http://0.0.0.0:80/", "http://127.0.0.1:80/admin/"),
        ("http://[::]:8080/", "http://[::1]:8080/admin/"),
        ("http://192.0.2.7:8080/", "http://192.0.2.7:8080/admin/"),
    ],
)
def test_the_operators_room_is_told_at_an_address_that_opens_it(site: str, admin: str) -> None:
    assert admin_address(site) == admin
