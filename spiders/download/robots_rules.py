"""The rules of a robots.txt (RFC 9309), and the resulting delay between two requests.

This module does not load Scrapy, because processes that only schedule visits use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from protego import Protego

from data.network.hosts import is_own_machine, origin_of
from data.settings import Network
from spiders.download.settings import ROBOT

if TYPE_CHECKING:
    from spiders.download.retry_after import HostMemory

MAX_ROBOTS_BYTES: Final = 500 * 1024
"""Maximum size of a robots.txt, in bytes (RFC 9309, 2.5)."""

MAX_DELAY_SECONDS: Final = 60.0
"""Maximum delay in seconds that a robots.txt can set between two requests."""


USER_AGENT_LINE: Final = re.compile(
    r"(?:user[- ]?agent\s*:|user(?:-|\s+)?agent(?:\s(?!\s*:(?:\s|$))|$))(.*)"
)
"""Pattern for a user-agent line in lower case, in all spellings that Protego accepts."""


def for_robot(text: str, robot: str) -> str:
    """Remove the names of other robots from the text of a robots.txt.

    Protego copies each rule to each user agent of its group. For a file of 500 KB, this could take
    minutes and more than 20 GB of memory.
    """
    robot = robot.lower()
    lines = []
    for line in text.splitlines():
        directive = line.partition("#")[0].strip()
        if found := USER_AGENT_LINE.fullmatch(directive.lower()):
            name = found[1].strip()
            # Like Protego, ignore asterisks and compare prefixes.
            name = name if name == "*" else name.replace("*", "")
            # A line without a name only ends the previous group.
            directive = f"User-agent: {name if name == '*' or robot.startswith(name) else ''}"
        lines.append(directive)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a robots.txt for one robot (user agent). ``size`` is their text's length."""

    parsed: Protego
    robot: str
    size: int

    @classmethod
    def of(cls, body: bytes, robot: str) -> Rules:
        """Parse a robots.txt and return its rules for ``robot``. No content raises an exception."""
        text = body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
        ours = for_robot(text, robot)
        return cls(Protego.parse(ours), robot, len(ours))

    def allow(self, url: str) -> bool:
        """Whether the robot may request a URL."""
        return bool(self.parsed.can_fetch(url, self.robot))

    @property
    def delay(self) -> float:
        """Minimum delay between two requests to the site, in seconds."""
        return min(float(self.parsed.crawl_delay(self.robot) or 0), MAX_DELAY_SECONDS)


def gap_of(memory: HostMemory, url: str, network: Network) -> float:
    """Return the delay between two requests to a URL's host, in seconds.

    This is the longer of the delays in robots.txt and in the settings. For the local machine, if
    private addresses are allowed, only robots.txt counts.
    """
    kept = memory.robots(origin_of(url))
    asked = Rules.of(kept[0], ROBOT).delay if kept else 0.0
    return asked if network.allow_private and is_own_machine(url) else max(asked, network.delay)
