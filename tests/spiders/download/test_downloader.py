"""Each host is asked one at a time, and what waits for one keeps no other waiting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.settings import Settings

from data.network.hosts import queue_of
from spiders.download.downloader import MAX_AHEAD, SLOT, HostQueues
from spiders.download.settings import ALLOW_PRIVATE


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://press.example/news/", "press.example"),
        ("http://press.example:8080/", "press.example"),
        ("http://127.0.0.1:8081/", "127.0.0.1:8081"),
        ("http://localhost:99/", "localhost:99"),
        ("http://[::1]:99/", "::1:99"),
    ],
)
def test_servers_on_our_machine_are_distinguished_by_port(url: str, host: str) -> None:
    assert queue_of(url) == host


def queues(active: set[Request]) -> HostQueues:
    """The queues of a crawl whose downloader is busy with some requests."""
    crawler: Any = SimpleNamespace(
        settings=Settings({ALLOW_PRIVATE: False}),
        engine=SimpleNamespace(downloader=SimpleNamespace(active=active)),
    )
    return HostQueues.from_crawler(crawler)


def taken(found: HostQueues, active: set[Request]) -> list[str]:
    """All that may be asked for now."""
    urls = []
    while request := found.next_request():
        active.add(request)
        urls.append(request.url)
    return urls


def test_a_host_with_many_requests_leaves_the_downloader_to_others() -> None:
    active: set[Request] = set()
    found = queues(active)
    for number in range(50):
        found.enqueue_request(Request(f"https://slow.example/{number}"))
    first = taken(found, active)
    assert first == [f"https://slow.example/{number}" for number in range(MAX_AHEAD)]
    found.enqueue_request(Request("https://good.example/"))
    assert taken(found, active) == ["https://good.example/"]
    active.clear()
    assert taken(found, active) == ["https://slow.example/1"]
    assert found.has_pending_requests()


def test_visits_to_one_host_take_turns_by_priority() -> None:
    active: set[Request] = set()
    found = queues(active)
    one, other = SimpleNamespace(ended=False), SimpleNamespace(ended=False)
    for number in range(3):
        found.enqueue_request(
            Request(f"https://a.example/{number}", priority=number, cb_kwargs={"visit": one})
        )
    found.enqueue_request(Request("https://a.example/other", cb_kwargs={"visit": other}))
    for expected in ("2", "other", "1", "0"):
        assert taken(found, active) == [f"https://a.example/{expected}"]
        active.clear()
    assert not found.has_pending_requests()


def test_a_redirect_to_another_host_waits_for_that_one() -> None:
    found = queues(set())
    request = Request("https://b.example/", meta={SLOT: "a.example"})
    found.enqueue_request(request)
    assert request.meta[SLOT] == "b.example"


def test_requests_of_a_stopped_visit_are_skipped() -> None:
    active: set[Request] = set()
    found = queues(active)
    stopped, other = SimpleNamespace(ended=False), SimpleNamespace(ended=False)
    for number in range(3):
        found.enqueue_request(Request(f"https://a.example/{number}", cb_kwargs={"visit": stopped}))
    found.enqueue_request(Request("https://a.example/other", cb_kwargs={"visit": other}))
    assert taken(found, active) == ["https://a.example/0"]
    stopped.ended = True
    active.clear()
    assert taken(found, active) == ["https://a.example/other"]
    active.clear()
    assert taken(found, active) == []
    assert not found.has_pending_requests()
