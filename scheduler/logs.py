"""Logs of long-running processes: one line per event, as logfmt or JSON.

Secrets in URLs are masked in all lines.
"""

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
from data.text.masking import masked

MAX_LOG_BYTES: Final = 10_000_000
"""Maximum size in bytes of the log of child processes. A larger log is renamed with the suffix .1,
and a new log begins."""

LEADING_KEYS: Final = ("timestamp", "level", "event")
"""Keys at the start of each log line."""

UNQUOTED: Final = re.compile(r'[^\s"=\\\x00-\x1f\x7f]+')
"""Pattern for values that are written without quotation marks in logfmt."""


def log_to(file: TextIO, log: Log) -> None:
    """Write log events to a file, including warnings and errors of libraries."""
    import structlog  # noqa: PLC0415 - children that crawl do not need it

    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            lambda _, __, event: log_line(event, log),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level_of(log)),
        logger_factory=structlog.PrintLoggerFactory(file),
    )
    logging.root.addHandler(logging.StreamHandler(file))
    logging.root.setLevel(max(level_of(log), logging.WARNING))
    log_as(log)


def log_as(log: Log) -> None:
    """Format logs of the standard library like our own, and log the error that ends the process.

    The destination of these logs does not change. By default, it is standard error.
    """
    if not logging.root.handlers:
        logging.root.addHandler(logging.StreamHandler())
    for handler in logging.root.handlers:
        handler.setFormatter(LogLines(log))
    sys.excepthook = log_end


def takes_json(file: TextIO) -> bool:
    """Return whether ``log_to`` writes JSON to a file, which must then contain nothing else."""
    return any(
        isinstance(one, logging.StreamHandler)
        and one.stream is file
        and isinstance(one.formatter, LogLines)
        and one.formatter.log.format == "json"
        for one in logging.root.handlers
    )


def log_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log the error that ends this process, with its traceback."""
    logging.getLogger("communique").critical(
        "the process ended because of an unhandled error", exc_info=(kind, error, trace)
    )


def level_of(log: Log) -> int:
    """Return the level of the standard library's logs for the log settings."""
    return logging.getLevelNamesMapping()[log.level.upper()]


class LogLines(logging.Formatter):
    """Formatter of the standard library's log records as lines, with their tracebacks."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def format(self, record: logging.LogRecord) -> str:
        """Format a log record as a line."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        event: dict[str, object] = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",  # the format that structlog writes
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[1]:
            event["exception"] = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        return log_line(event, self.log)


def log_line(event: Mapping[str, object], log: Log) -> str:
    """Format a log event as a line."""
    keys = [*LEADING_KEYS, *(key for key in event if key not in LEADING_KEYS)]
    shown = {key: without_secrets(event[key]) for key in keys if key in event}
    if log.format == "json":
        return json.dumps(shown, ensure_ascii=False, default=str)
    return " ".join(f"{key}={logfmt(value)}" for key, value in shown.items())


def without_secrets(value: Any) -> Any:
    """Return a value of a log event with secrets masked. Numbers are returned unchanged."""
    if isinstance(value, Mapping):
        return {str(key): without_secrets(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    return value if value is None or isinstance(value, int | float) else masked(str(value))


def logfmt(value: object) -> str:
    """Format a value for logfmt."""
    text = json.dumps(value) if value is None or isinstance(value, bool) else str(value)
    return text if UNQUOTED.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def open_log(path: Path) -> IO[bytes]:
    """Open the log of child processes for appending. Raises OSError.

    If the log is larger than MAX_LOG_BYTES, a new log begins.
    """
    try:
        if path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    except FileNotFoundError:
        pass
    return path.open("ab")


def log_visit(run: Run) -> None:
    """Log the result of a visit."""
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
