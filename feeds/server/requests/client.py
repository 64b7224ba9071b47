"""Where a request comes from, and for which host it is: as far as it can be believed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.types import Scope

from data.settings import Site

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDING_FIELDS: Final = frozenset(
    {
        *(b"forwarded", b"via", b"x-forwarded", b"forwarded-for", b"x-original-forwarded-for"),
        *(b"x-original-host", b"x-original-url", b"x-host", b"x-scheme", b"x-url-scheme"),
        *(b"x-real-ip", b"x-real-port", b"x-client-ip", b"x-cluster-client-ip", b"client-ip"),
        *(b"true-client-ip", b"cdn-loop", b"x-proxyuser-ip", b"remote-addr", b"x-remote-addr"),
        *(b"x-remote-ip", b"x-varnish", b"x-rewrite-url", b"front-end-https", b"early-data"),
    }
)
"""Header fields that proxies, content delivery networks and tunnels add to requests."""

FORWARDING_PREFIXES: Final = (
    *(b"x-forwarded-", b"cf-", b"x-amz-cf-", b"x-amzn-", b"x-azure-", b"x-appengine-", b"x-arr-"),
    *(b"x-envoy-", b"x-vercel-", b"fastly-", b"fly-", b"ngrok-", b"tailscale-", b"cloudfront-"),
)
"""First letters of further such fields."""

CONNECTION: Final = "communique.connection"
"""The key of a scope for facts about its connection: a dict that lasts as long as that is open."""

HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/?#@\\\s]+))(?::[0-9]*)?")
"""A Host header: an address of IPv6 in brackets or a name, and a port (RFC 9110, 7.2)."""


def proxies_of(site: Site) -> tuple[Network, ...]:
    """The networks of the proxies before a site."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in site.proxies)


def client_of(scope: Scope, proxies: Sequence[Network] = ()) -> str:
    """The address of a client.

    Of X-Forwarded-For only the last address counts that a trusted proxy appended: one on this
    machine or in ``proxies``.
    """
    address = peer_of(scope)
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    before = [one.strip() for one in named.decode("latin-1").split(",") if one.strip()]
    # What comes before the address that a stranger came from anybody can write.
    while before and is_proxy(address, proxies):
        address = without_port(before.pop())
    return address


def without_port(address: str) -> str:
    """An address without the port that some proxies write behind it, another one each time."""
    found = HOST.fullmatch(address)
    return (found[1] or found[2]) if found else address


def is_proxy(address: str, proxies: Iterable[Network]) -> bool:
    """Whether an address is a trusted proxy: this machine, or in ``proxies``."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = unmapped(found)
    return found.is_loopback or any(found in network for network in proxies)


def unmapped(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for, as a socket for both kinds has it."""
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: str) -> str:
    """The network that shares one bound: an address of IPv4, a /64 of IPv6."""
    return networks_of(address)[0]


def networks_of(address: str) -> tuple[str, ...]:
    """The networks whose bounds an address shares, the smallest first.

    An address of IPv4 is one network. A subscriber of IPv6 has a /64, and often a whole /48.
    """
    try:
        found = unmapped(ipaddress.ip_address(address))
    except ValueError:
        return (address[:64],)
    if found.version == 6:  # noqa: PLR2004 - of IP
        sizes = (64, 48)
        return tuple(str(ipaddress.ip_network((found, size), strict=False)) for size in sizes)
    return (str(found),)


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection, which no header field can change."""
    return scope["client"][0] if scope.get("client") else ""


def host_in(scope: Scope) -> str:
    """The host that a request is for, without its port; empty where it can't be told."""
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    found = HOST.fullmatch(named.decode("latin-1"))
    return (found[1] or found[2]).lower() if found else ""


def is_loopback(host: str) -> bool:
    """Whether a name or an address always means the machine that asks."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local(scope: Scope, site: Site) -> bool:
    """Whether a request for an open site on this machine comes from it, by what it says itself.

    A proxy that adds no header field is not recognized (see peer_process).
    """
    return (
        site.access == "open"
        and is_loopback(urlsplit(site.url).hostname or "")
        and is_loopback(peer_of(scope))
        and is_loopback(host_in(scope))
        # Nginx speaks HTTP/1.0 to us, and names our own address as the host.
        and scope["http_version"] != "1.0"
        and not any(
            name in FORWARDING_FIELDS or name.startswith(FORWARDING_PREFIXES)
            for name, _ in scope["headers"]
        )
    )
