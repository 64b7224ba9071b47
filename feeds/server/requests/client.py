"""Client address and host of a request, if its headers can be trusted."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from starlette.types import Scope

from data.network.addresses import unmapped
from data.settings import SiteSettings
from data.text.urls import host_of

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
"""Names of headers that proxies, content delivery networks and tunnels add to requests."""

FORWARDING_PREFIXES: Final = (
    *(b"x-forwarded-", b"cf-", b"x-amz-cf-", b"x-amzn-", b"x-azure-", b"x-appengine-", b"x-arr-"),
    *(b"x-envoy-", b"x-vercel-", b"fastly-", b"fly-", b"ngrok-", b"tailscale-", b"cloudfront-"),
)
"""Prefixes of further headers that proxies, content delivery networks and tunnels add to
requests."""

CONNECTION_SCOPE_KEY: Final = "communique.connection"
"""Key in the ASGI scope for a dict with facts about the connection, shared by all its requests."""

TOKEN_NAME: Final = "communique.token"  # noqa: S105 - the name of a key
"""Key in the ASGI scope for the name of the token that allowed the request."""

HOST_HEADER: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:/?#@\\\s]+))(?::[0-9]*)?")
"""Pattern that matches a Host header: a name, or an IPv6 address in brackets, and an optional port
(RFC 9110, 7.2)."""


def proxies_of(site: SiteSettings) -> tuple[Network, ...]:
    """Return the networks of a site's trusted proxies."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in site.proxies)


def client_of(scope: Scope, proxies: Sequence[Network] = ()) -> str:
    """Return the IP address of the client that sent a request.

    X-Forwarded-For is used only if a trusted proxy added the last address to it. A proxy is trusted
    if it is on this machine or in ``proxies``.
    """
    address = peer_of(scope)
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    before = [one.strip() for one in named.decode("latin-1").split(",") if one.strip()]
    # Anyone can send earlier entries of X-Forwarded-For.
    while before and is_proxy(address, proxies):
        address = without_port(before.pop())
    return address


def without_port(address: str) -> str:
    """Remove the port that some proxies append to a client's address."""
    found = HOST_HEADER.fullmatch(address)
    return (found[1] or found[2]) if found else address


def is_proxy(address: str, proxies: Iterable[Network]) -> bool:
    """Return whether an address is a trusted proxy: this machine, or in ``proxies``."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = unmapped(found)
    return found.is_loopback or any(found in network for network in proxies)


def peer_of(scope: Scope) -> str:
    """Return the IP address of the other end of the connection, which headers can't change."""
    return scope["client"][0] if scope.get("client") else ""


def host_in(scope: Scope) -> str:
    """Return the host in a request's Host header, without its port.

    The result is an empty string if the header is missing or invalid.
    """
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    found = HOST_HEADER.fullmatch(named.decode("latin-1"))
    return (found[1] or found[2]).lower() if found else ""


def is_loopback(host: str) -> bool:
    """Return whether a host name or address always means the local machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_local(scope: Scope, site: SiteSettings) -> bool:
    """Return whether a request comes from this machine to an open site on this machine.

    The decision is based on headers and addresses. It does not detect a proxy that adds no header
    (see peer_process).
    """
    return (
        site.access == "open"
        and is_loopback(host_of(site.url))
        and is_loopback(peer_of(scope))
        and is_loopback(host_in(scope))
        # By default, nginx uses HTTP/1.0, and the address of the upstream server as Host.
        and scope["http_version"] != "1.0"
        and not any(
            name in FORWARDING_FIELDS or name.startswith(FORWARDING_PREFIXES)
            for name, _ in scope["headers"]
        )
    )
