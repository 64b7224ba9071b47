"""A crawl as the service runs it, at a simulated time, with host names that lead to loopback.

    python -m benchmarks.breakages_parts.crawl_child INSTANT [HOST …]

Its clock starts at INSTANT. Names below ``.example`` resolve to 127.0.0.1, except each HOST, which
no longer resolves. Its input and output have the format of scheduler.children.crawl_lines.
"""

from __future__ import annotations

import datetime as dt
import socket
import sys
from typing import Any
from unittest.mock import patch

OWN = "127.0.0.1"


def main(instant: str, gone: frozenset[str]) -> int:
    """Run one crawl."""
    ahead = dt.datetime.fromisoformat(instant) - dt.datetime.now(dt.UTC)
    look_up = socket.getaddrinfo

    def looked_up(host: str, *arguments: Any, **more: Any) -> Any:
        if host in gone:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(OWN if host.endswith(".example") else host, *arguments, **more)

    with (
        patch("data.clock.utc_now", lambda: dt.datetime.now(dt.UTC) + ahead),
        patch("socket.getaddrinfo", looked_up),
    ):
        # All modules take the clock as they are imported.
        from scheduler.children import crawl  # noqa: PLC0415

        return crawl.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], frozenset(sys.argv[2:])))
