"""The rules of a robots.txt are read for one robot, at a cost that its size bounds."""

from __future__ import annotations

import asyncio
import tracemalloc
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings

from spiders.download import robots
from spiders.download.retry_after import LocalMemory
from spiders.download.robots import RobotsMiddleware
from spiders.download.robots_rules import MAX_ROBOTS_BYTES, Rules, for_robot

ROBOT = "Communique"

MAX_MEMORY_BYTES: Final = 4_000_000
"""Maximum memory for the rules of a small file, which take 20 MB if each robot has all of them."""

NAMES = ("*", "Communique", "comm", "COMMUNIQUE*", "c*omm", "other", "communiques", "", "**")
PATHS = ("/", "/a", "/a/*", "/a/b$", "/b", "")

AGENT = st.builds(
    "{}{}{}".format,
    st.sampled_from(["User-agent", "user agent", "useragent", "USER-AGENT", " user  agent"]),
    st.sampled_from([": ", ":", " ", " : "]),
    st.sampled_from([*NAMES, "other # communique"]),
)
RULE = st.builds(
    "{}: {}".format,
    st.sampled_from(["Allow", "Disallow", "Crawl-delay", "Sitemap", "Other"]),
    st.sampled_from([*PATHS, "3", "5"]),
)


@given(st.lists(AGENT | RULE | st.sampled_from(["", "# note", "nothing"]), max_size=12))
def test_names_of_other_robots_do_not_count(lines: list[str]) -> None:
    text = "\n".join(lines)
    whole, ours = Protego.parse(text), Protego.parse(for_robot(text, ROBOT))
    for path in ("/", "/a", "/a/b", "/b/c"):
        url = f"http://harbour.example{path}"
        assert ours.can_fetch(url, ROBOT) == whole.can_fetch(url, ROBOT)
    assert ours.crawl_delay(ROBOT) == whole.crawl_delay(ROBOT)


def test_rules_are_not_multiplied_by_the_robots_that_they_are_for() -> None:
    agents = "".join(f"User-agent: a{number}\nuser  agent c{number}*\n" for number in range(300))
    agents += "User-agent: *\n" + "".join(f"User-agent: {ROBOT[:size]}\n" for size in range(1, 11))
    rules = "".join(f"Disallow: /{number}\n" for number in range(300))
    body = (agents + rules).encode()
    tracemalloc.start()
    try:
        read = Rules.of(body, ROBOT)
        assert tracemalloc.get_traced_memory()[1] < MAX_MEMORY_BYTES
    finally:
        tracemalloc.stop()
    assert not read.allow("http://harbour.example/299")


def test_only_the_beginning_of_a_long_file_is_read() -> None:
    body = b"User-agent: *\n" + b"#" * MAX_ROBOTS_BYTES + b"\nDisallow: /\n"
    assert Rules.of(body, ROBOT).allow("http://harbour.example/news/")


def test_only_the_last_used_rules_are_kept_if_many_sites_have_long_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requested: list[str] = []
    monkeypatch.setattr(robots, "MAX_KEPT_SIZE", 5_000)

    async def download_async(request: Request) -> Response:
        requested.append(request.url)
        return Response(request.url, body=b"User-agent: *\nDisallow: /a\n" + b"Allow: /b\n" * 100)

    crawler: Any = SimpleNamespace(
        settings=Settings({"ROBOTSTXT_USER_AGENT": ROBOT}),
        engine=SimpleNamespace(download_async=download_async),
    )

    async def visit() -> None:
        middleware = RobotsMiddleware(crawler, LocalMemory())
        for number in (*range(12), 8, 0, 8, 9):
            await middleware.process_request(Request(f"http://h{number}.example/news"))

    asyncio.run(visit())
    assert [url.removesuffix(".example/robots.txt") for url in requested] == [
        f"http://h{number}" for number in (*range(12), 0, 9)
    ]
