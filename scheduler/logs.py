"""How what runs for long tells of what it does: a line of logfmt for each event."""

from __future__ import annotations

from typing import TextIO

import structlog


def log_to(file: TextIO) -> None:
    """Write events to a file."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(file),
    )
