"""Decide whether another archive may learn the address of a release."""

import asyncio
import socket
from urllib.parse import urlsplit

from data.models import Release
from data.network.addresses import is_public, may_be_public
from data.store.core.store import Store
from data.text.source_secrets import Secrets
from data.text.urls import host_of


def refusal(store: Store, release_id: str) -> tuple[str, str]:
    """Return a release's URL, and the reason why it must not be deposited ("" if it may).

    Call this immediately before each request, because an earlier result may be outdated.
    """
    release = store.release(release_id)
    if release is None:
        return "", "the release no longer exists"
    return release.url, refusal_of_release(release, store.secrets(), store.hidden())


def refusal_of_release(release: Release, secrets: Secrets, hidden: frozenset[str]) -> str:
    """Return the reason why a release must not be deposited, or an empty string."""
    if release.content.redacted:
        return "its text was redacted"
    if release.hidden or release.id in hidden:
        return "the release is hidden"
    if release.retracted:
        return "its page is no longer online"
    return refusal_of_address(release.url, secrets)


def refusal_of_address(url: str, secrets: Secrets) -> str:
    """Return the reason why a URL must not be sent to other archives, or an empty string."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "its address is not a web address"
    own = Secrets([url])
    if parts.username or parts.password or own.masked(url) != url or secrets.masked(url) != url:
        return "its address contains a secret"
    return "" if may_be_public(host_of(url)) else "its host is not public"


async def is_reachable_publicly(url: str) -> bool | None:
    """Return whether all network addresses of a host are public, or None if it has no address."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host_of(url), None, type=socket.SOCK_STREAM
        )
    except OSError:
        return None
    return all(is_public(str(info[4][0])) for info in found)
