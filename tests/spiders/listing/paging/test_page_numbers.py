"""Numbers in the addresses of a listing's pages."""

from __future__ import annotations

from data.text.urls import MAX_ADDRESS
from spiders.listing.paging.page_numbers import is_page_of, leads_on, step

HERE = "http://harbour.example/news?page=1"


def test_an_address_that_servers_refuse_is_not_a_page_of_a_listing() -> None:
    following = "http://harbour.example/news?page=2"
    assert is_page_of(HERE, following)
    assert leads_on(HERE, following)
    assert step(HERE, following) == 1
    long = f"{following}{'#' * MAX_ADDRESS}"
    assert not is_page_of(HERE, long)
    assert not leads_on(HERE, long)
    assert step(HERE, long) == 0
