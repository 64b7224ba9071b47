"""Errors in the report of a visit."""

from __future__ import annotations

from spiders.crawl.visit_scope import VisitReport
from tests.visits import MONDAY


def test_an_error_of_a_whole_host_is_reported_once_with_the_number_of_pages() -> None:
    report = VisitReport("harbour", "https://harbour.example/", MONDAY, str)
    for page in ("", "1", "1", "2"):
        report.error(f"https://harbour.example/{page}", "dns", "the host name has no address")
    report.error("https://files.example/a.pdf", "dns", "the host name has no address")
    report.error("https://harbour.example/3", "timeout", "the server took too long to respond")
    report.error("https://harbour.example/4", "timeout", "the server took too long to respond")
    report.report_unvisited()
    assert [(one.url, one.message) for one in report.run.errors] == [
        (
            "https://harbour.example/",
            "the host name has no address; the same for 2 other pages",
        ),
        ("https://files.example/a.pdf", "the host name has no address"),
        ("https://harbour.example/3", "the server took too long to respond"),
        ("https://harbour.example/4", "the server took too long to respond"),
    ]
