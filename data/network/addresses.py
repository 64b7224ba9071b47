"""Which network addresses are public: the one rule for all that leaves this machine (CWE-918)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from data.errors import CommuniqueError

GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that is given to networks in IPv6 (RFC 4291, 2.4): whatever else there is, is not public."""

NOT_PUBLIC: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private use, RFC 1918
            "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
            "127.0.0.0/8",  # loopback, RFC 1122
            "168.63.129.16/32",  # the platform of Azure, told of by it alone
            "169.254.0.0/16",  # link local, RFC 3927
            "172.16.0.0/12",  # private use, RFC 1918
            "192.0.0.0/24",  # protocol assignments, RFC 6890
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.88.99.0/24",  # relays of 6to4, RFC 7526
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
"""The blocks of IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890) that are no
addresses of hosts on the internet, and one that a cloud answers at for its own machines, written
out: what ipaddress knows of them depends on Python's
version. Those of IPv6 outside of global unicast need no mention: loopback, NAT64 (64:ff9b::/96),
site local (fec0::/10), segment routing (5f00::/16) and the like."""


class PrivateAddress(CommuniqueError):
    """A host leads to an address that is not public."""

    def __init__(self, host: str, address: str) -> None:
        said = host if host == address else f"{host} leads to {address}, which"
        super().__init__(
            f"{said} is not a public address; to collect from it, write "
            "allow_private = true under [network] in communique.toml"
        )
        self.host = host
        self.address = address


PRIVATE_NAMES: Final = re.compile(
    r"(?:^|\.)(?:localhost|local|internal|lan|home\.arpa|test|example|invalid)\.?$"
)
"""Names that lead nowhere in public: RFC 6761, 6762 and 8375, and what ICANN keeps for networks."""


def may_be_public(host: str) -> bool:
    """Whether a host may be reached from everywhere, as its name or IP address says."""
    try:
        return is_public(host)
    except ValueError:
        return "." in host and not PRIVATE_NAMES.search(host.lower())


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip not in GLOBAL_UNICAST:
            return False
    return not any(ip in network for network in NOT_PUBLIC)
