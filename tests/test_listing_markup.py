"""A list of releases is found among lists in the default markup of many systems."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from lxml import html

from tests.listing_markup import (
    SURROUNDINGS,
    SYSTEMS,
    listed_on,
    next_of,
    posts,
    render_listing,
    render_release,
)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_the_markup_of_every_system_links_to_what_it_lists(system: str, surroundings: str) -> None:
    every = posts()
    for page in (1, 3, 5):
        url, text = render_listing(system, every, surroundings, page)
        links = html.fromstring(text).iter("a")
        found = {urljoin(url, link.get("href") or "").partition("#")[0] for link in links}
        assert {address for address, _ in listed_on(system, every, page)} <= found
        assert (next_of(system, every, page) or url) in {*found, url}
    _, release = render_release(system, every, 7, surroundings)
    assert every[7].title in release
    assert all(line in release for line in every[7].text)
