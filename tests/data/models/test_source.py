"""What a run tells of its errors."""

from __future__ import annotations

from data.models import RunError


def test_errors_are_reported_with_their_address_if_they_have_one() -> None:
    refused = RunError("http://pier.example/", "dns", "its host name leads nowhere")
    assert refused.told == "http://pier.example/: its host name leads nowhere"
    assert RunError("", "crawl", "the crawl ended").told == "the crawl ended"
