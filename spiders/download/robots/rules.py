"""The rules of a robots.txt for this robot (RFC 9309), and its delay between two requests."""

from __future__ import annotations

import re
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


USER_AGENT_LINE: Final = re.compile(
    r"(?:user[- ]?agent\s*:|user(?:-|\s+)?agent(?:\s(?!\s*:(?:\s|$))|$))(.*)"
)
"""A line with a user agent, in lower case, in the spellings that Protego accepts."""


def for_robot(text: str, robot: str) -> str:
    """A robots.txt without the names of other robots.

    Protego copies each rule to each user agent of its group. Without this, a file of 500 KB takes
    minutes and more than 20 GB of memory.
    """
    robot = robot.lower()
    lines = []
    for line in text.splitlines():
        directive = line.partition("#")[0].strip()
        if found := USER_AGENT_LINE.fullmatch(directive.lower()):
            name = found[1].strip()
            # As Protego does: asterisks do not count, and a name matches from its beginning.
            name = name if name == "*" else name.replace("*", "")
            # A line without a name only ends the group before.
            directive = f"User-agent: {name if name == '*' or robot.startswith(name) else ''}"
        lines.append(directive)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a robots.txt for one robot."""

    parsed: Protego
    robot: str

    @classmethod
    def of(cls, body: bytes, robot: str) -> Rules:
        """The rules of a file. Any bytes are accepted."""
        text = body[:MOST].decode("utf-8-sig", "replace")
        return cls(Protego.parse(for_robot(text, robot)), robot)

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
