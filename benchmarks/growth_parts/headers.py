"""Functions that parse header fields and robots.txt."""

from __future__ import annotations

import email.message
import urllib.request
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar
from typing import Final

from benchmarks.growth_parts.setting import NOW
from data.archive.warc.http_head import field_of, media_type_of, split_head
from data.network.http_dates import asked_until
from spiders.crawl.listings.feed_hubs import header_links
from spiders.download.robots_rules import Rules


def robots(text: str) -> object:
    """Read a robots.txt, and ask it for addresses."""
    found = []
    words = text.split()
    half = len(words) // 2
    groups = [*(f"User-agent: {one}" for one in words[:half]), *(f"Allow: /{one}" for one in words)]
    for body in (text, f"User-agent: *\nDisallow: /{text}", "\n".join(groups)):
        rules = Rules.of(body.encode("utf-8", "replace"), "communique")
        found += [rules.allow("http://h.example/news/aaaa"), rules.delay]
        found.append(rules.allow(f"http://h.example/{text[:2000]}"))
    return found


def retry_after(text: str) -> object:
    """Read a Retry-After."""
    return asked_until(text, NOW), asked_until(f"Mon, 02 Mar 2026 {text}", NOW)


def link_fields(text: str) -> object:
    """Read Link fields."""
    return [*header_links([text, f'<http://h.example/{text}>; rel="{text}"'])]


def cookies(text: str) -> object:
    """Keep the cookies of a response."""
    message = email.message.Message()
    message["Set-Cookie"] = text.replace("\n", " ").replace("\r", " ")
    request = urllib.request.Request("http://harbour.example/")
    jar = CookieJar()

    class Response:
        """A response that has only a head."""

        def info(self) -> email.message.Message:
            """The head."""
            return message

    jar.extract_cookies(Response(), request)  # type: ignore[arg-type]  # only info() is called
    return len(jar)


def heads(text: str) -> object:
    """Read the head of a response."""
    body = text.encode("utf-8", "replace")
    lines, rest = split_head(b"HTTP/1.1 200 OK\r\n" + body + b"\r\n\r\n")
    return [*map(field_of, lines)], rest, media_type_of(body)


HEADERS: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one for one in (robots, retry_after, link_fields, cookies, heads)
}
