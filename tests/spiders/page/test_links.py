"""Addresses of links are joined to their page as by the standard library."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from spiders.page.links import resolve


@pytest.mark.parametrize("base", ["http://h.example/a/b?c=1", "https://h.example:8080", "http:a"])
@pytest.mark.parametrize(
    "path", ["/a", "/a/b/?c=d&e=f", "/a/.b", "/a/../b", "//x/y", "/a//b", "/a;b", "/~c/d%20e.html"]
)
def test_absolute_paths_are_joined_as_by_the_standard_library(path: str, base: str) -> None:
    joined = urljoin(base, path)
    has_host = "://" in joined and not joined.startswith("http:///")
    assert resolve(path, base) == (joined if has_host else None)
