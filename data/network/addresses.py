"""Decide whether a network address is public, for all outgoing connections (CWE-918)."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from data.errors import CommuniqueError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""IPv6 addresses that are assigned to networks (RFC 4291, 2.4). No other IPv6 address is public."""

NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private use, RFC 1918
            "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
            "127.0.0.0/8",  # loopback, RFC 1122
            "168.63.129.16/32",  # Azure's platform service
            "169.254.0.0/16",  # link local, RFC 3927
            "172.16.0.0/12",  # private use, RFC 1918
            "192.0.0.0/24",  # protocol assignments, RFC 6890
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.168.0.0/16",  # private use, RFC 1918
            "198.18.0.0/15",  # benchmarking, RFC 2544
            "198.51.100.0/24",  # documentation, RFC 5737
            "203.0.113.0/24",  # documentation, RFC 5737
            "224.0.0.0/4",  # multicast, RFC 1112
            "240.0.0.0/4",  # reserved, and limited broadcast, RFC 1112 and 919
            "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation, RFC 3849
            "2002::/16",  # 6to4, RFC 3056: leads to any IPv4 address
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)
"""Networks that contain no public hosts.

They are the blocks in IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890), and a
block that Azure uses internally. The lists in ipaddress are not used because they depend on the
version of Python. Special IPv6 blocks outside global unicast need no entry, for example loopback,
NAT64 (64:ff9b::/96), site-local (fec0::/10) and segment routing (5f00::/16)."""


METADATA: Final = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))
)
"""Networks from which cloud machines read their credentials. No setting can allow connections to
them."""

PRIVATE_NAMES: Final = re.compile(
    r"(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|test|example|invalid)\.?$"
)
"""Pattern for domain names that are never public (RFC 6761, 6762 and 8375, and names that
ICANN has reserved)."""


class PrivateAddress(CommuniqueError):
    """A host has an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        subject = host if host == address else f"{host} has the address {address}, which"
        reason = (
            "may serve the credentials of this machine, so it is never requested"
            if is_metadata(address)
            else "is not a public address; to collect from it, write "
            "allow_private = true under [network] in communique.toml"
        )
        super().__init__(f"{subject} {reason}")
        self.host = host
        self.address = address


def may_be_public(host: str) -> bool:
    """Return whether a host name or IP address may be reachable from the internet."""
    try:
        return is_public(host)
    except ValueError:
        return "." in host and not PRIVATE_NAMES.search(host.lower())


def is_public(address: str) -> bool:
    """Return whether an IP address is public. Raises ValueError for an invalid address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip not in GLOBAL_UNICAST:
            return False
    return not any(ip in network for network in NOT_PUBLIC)


def is_metadata(address: str) -> bool:
    """Return whether an IP address is in one of the METADATA networks."""
    ip = unmapped(ipaddress.ip_address(address.partition("%")[0]))
    return any(ip in network for network in METADATA)


def refused_address(addresses: Iterable[str], *, allow_private: bool) -> str | None:
    """Return the first address to which connections are not allowed, or None."""
    for one in addresses:
        if is_metadata(one) if allow_private else not is_public(one):
            return one
    return None


def unmapped(address: Address) -> Address:
    """Convert an IPv4-mapped IPv6 address, as used by dual-stack sockets, to IPv4.

    Other addresses are unchanged.
    """
    return getattr(address, "ipv4_mapped", None) or address


def network_of(address: str) -> str:
    """Return the network whose limits apply to an address: its IPv4 address or its IPv6 /64."""
    return networks_of(address)[0]


def networks_of(address: str) -> tuple[str, ...]:
    """Return the networks whose limits apply to an address, smallest first.

    An IPv4 address is one network. A customer with IPv6 has a /64, and often a whole /48.
    """
    try:
        found = unmapped(ipaddress.ip_address(address))
    except ValueError:
        return (address[:64],)
    if found.version == 6:  # noqa: PLR2004 - the IP version
        sizes = (64, 48)
        return tuple(str(ipaddress.ip_network((found, size), strict=False)) for size in sizes)
    return (str(found),)
