"""How what runs for long tells of what it does: one line for each event, of logfmt or of JSON.

No line holds a secret of an address.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, TextIO

from data.models import Run
from data.settings import Log
from data.text.redaction import redacted

LARGEST: Final = 10_000_000
"""Bytes after which the log of children begins anew; the one before is kept beside it."""

FIRST: Final = ("timestamp", "level", "event")
"""What each line begins with."""

BARE: Final = re.compile(r'[^\s"=\\\x00-\x1f\x7f]+')
"""A value that logfmt takes without quotation marks."""


def log_to(file: TextIO, log: Log) -> None:
    """Write events to a file, those of libraries too, from warnings on."""
    import structlog  # noqa: PLC0415 - the children that crawl have no use for it

    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            lambda _, __, event: line_of(event, log),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level_of(log)),
        logger_factory=structlog.PrintLoggerFactory(file),
    )
    logging.root.addHandler(logging.StreamHandler(file))
    logging.root.setLevel(max(level_of(log), logging.WARNING))
    log_as(log)


def log_as(log: Log) -> None:
    """Let the standard library's logs write such lines, and so what ends a process by an error.

    They go where they went before, to standard error for one.
    """
    if not logging.root.handlers:
        logging.root.addHandler(logging.StreamHandler())
    for handler in logging.root.handlers:
        handler.setFormatter(Lines(log))
    sys.excepthook = log_end


def takes_json(file: TextIO) -> bool:
    """Whether log_to has lines of JSON written to a file, and nothing else may be."""
    return any(
        isinstance(one, logging.StreamHandler)
        and one.stream is file
        and isinstance(one.formatter, Lines)
        and one.formatter.log.format == "json"
        for one in logging.root.handlers
    )


def log_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log the error that ends this process."""
    logging.getLogger("communique").critical("ended by an error", exc_info=(kind, error, trace))


def level_of(log: Log) -> int:
    """The level of the standard library's logs."""
    return logging.getLevelNamesMapping()[log.level.upper()]


class Lines(logging.Formatter):
    """Makes a line of a record of the standard library's logs, its traceback in it."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        event: dict[str, object] = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",  # as structlog writes it
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[1]:
            event["exception"] = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        return line_of(event, self.log)


def line_of(event: Mapping[str, object], log: Log) -> str:
    """An event as a line."""
    keys = [*FIRST, *(key for key in event if key not in FIRST)]
    shown = {key: without_secrets(event[key]) for key in keys if key in event}
    if log.format == "json":
        return json.dumps(shown, ensure_ascii=False, default=str)
    return " ".join(f"{key}={logfmt(value)}" for key, value in shown.items())


def without_secrets(value: Any) -> Any:
    """A value of an event as it may be shown: numbers and the like as they are."""
    if isinstance(value, Mapping):
        return {str(key): without_secrets(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    return value if value is None or isinstance(value, int | float) else redacted(str(value))


def logfmt(value: object) -> str:
    """A value as logfmt has it."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    return text if BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def open_log(path: Path) -> IO[bytes]:
    """The log of children, to add to; where it is full, another one begins. Raises OSError."""
    try:
        if path.stat().st_size > LARGEST:
            path.replace(path.with_name(f"{path.name}.1"))
    except FileNotFoundError:
        pass
    return path.open("ab")


def log_visit(run: Run) -> None:
    """Tell the log of a visit."""
    import structlog  # noqa: PLC0415 - see above

    structlog.get_logger().info(
        "visited",
        source=run.source,
        found=run.found,
        new=run.new,
        changed=run.changed,
        retracted=run.retracted,
        seconds=round(run.seconds, 1),
        errors=[error.told for error in run.errors],
    )
