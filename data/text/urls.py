"""To be said."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

from data.text.clean import allowed

HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f:.]+", re.ASCII)

STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")


@lru_cache(maxsize=1000)
def web_address(url: str) -> str | None:
    """An absolute http or https address by the letter of RFC 3986, or None for anything else."""
    bare = re.sub(r"[\t\r\n]", "", allowed(url)).strip()
    try:
        parts = urlsplit(bare)
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode()
        if parts.scheme not in {"http", "https"} or not HOST.fullmatch(host) or parts.port == 0:
            return None
    except (ValueError, UnicodeError):
        return None
    user, at, place = parts.netloc.rpartition("@")
    if not place.isascii():
        place = host + (f":{parts.port}" if parts.port else "")
    rest, mark, fragment = bare[len(f"{parts.scheme}://{parts.netloc}") :].partition("#")
    path = f"/{rest}" if rest.startswith("?") else rest
    return f"{parts.scheme}://{escaped(user)}{at}{place}{escaped(path)}{mark}{escaped(fragment)}"


def site_address(url: str) -> str:
    """The address of a site as feeds name it, without a slash at its end."""
    return (web_address(url) or url).rstrip("/")


def escaped(text: str) -> str:
    """Part of an address, percent-encoded where it has to be and is not yet."""
    return quote(STRAY.sub("%25", text), safe="%/:?@!$&'()*+,;=~")
