"""What a run tells of its errors."""

from __future__ import annotations

from data.models import RunError


def test_what_went_wrong_is_told_with_its_address_where_there_is_one() -> None:
    refused = RunError("http://pier.example/", "dns", "its host name leads nowhere")
    assert refused.told == "http://pier.example/: its host name leads nowhere"
    assert RunError("", "crawl", "the crawl ended").told == "the crawl ended"
