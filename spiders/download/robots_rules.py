"""What a robots.txt says to us (RFC 9309), and how long it has us wait between two requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from protego import Protego

from data.settings import Network
from spiders.download.hosts import is_own_machine, origin_of
from spiders.download.settings import ROBOT

if TYPE_CHECKING:
    from spiders.download.retry_after import HostMemory

MOST: Final = 500 * 1024
"""Bytes of a robots.txt that are read (RFC 9309, 2.5)."""

LONGEST_DELAY: Final = 60.0
"""Seconds between two requests that a robots.txt can ask for at the most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to us."""

    parsed: Protego
    robot: str

    @classmethod
    def of(cls, body: bytes, robot: str) -> Rules:
        """The rules of a file, whatever it holds."""
        return cls(Protego.parse(body[:MOST].decode("utf-8-sig", "replace")), robot)

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        return bool(self.parsed.can_fetch(url, self.robot))

    @property
    def delay(self) -> float:
        """Seconds between two requests."""
        return min(float(self.parsed.crawl_delay(self.robot) or 0), LONGEST_DELAY)


def gap_of(memory: HostMemory, url: str, network: Network) -> float:
    """Seconds between two requests to the host of a URL, as its robots.txt and the settings say."""
    kept = memory.robots(origin_of(url))
    asked = Rules.of(kept[0], ROBOT).delay if kept else 0.0
    return asked if network.allow_private and is_own_machine(url) else max(asked, network.delay)
