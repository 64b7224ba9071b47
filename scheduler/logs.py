"""How what runs for long tells of what it does: a line of logfmt for each event.

No line holds a secret of an address.
"""

from __future__ import annotations

import logging
import traceback
from typing import TextIO

from data.text.redaction import redacted


def log_to(file: TextIO) -> None:
    """Write events to a file."""
    import structlog  # noqa: PLC0415 - the children that crawl have no use for it

    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            lambda _, __, line: redacted(str(line)),
        ],
        logger_factory=structlog.PrintLoggerFactory(file),
    )


def redact_logs() -> None:
    """Let the handlers of the standard library's logs show no secret of an address."""
    for handler in logging.root.handlers:
        handler.addFilter(without_secrets)


def without_secrets(record: logging.LogRecord) -> bool:
    """Take the secrets out of a record, its traceback too, and let it pass."""
    record.msg, record.args = redacted(record.getMessage()), None
    if record.exc_info and record.exc_info[1]:
        lines = traceback.format_exception(record.exc_info[1])
        record.exc_text = redacted("".join(lines).rstrip())
    return True
