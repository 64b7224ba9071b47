"""Log lines in logfmt or JSON, by level, without secrets, in files of limited size."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.settings import Log
from scheduler.logs import MAX_LOG_BYTES, log_line, open_log

SECRET = "hunter2"  # noqa: S105 - what no line may show

EVENTS = f"""
import logging, sys, structlog
from data.settings import Log
from scheduler.logs import log_to

log_to(sys.stdout, Log(*sys.argv[1:]))
log = structlog.get_logger()
log.info("begun", url="https://me:{SECRET}@press.example/?token={SECRET}", count=2)
log.warning("odd", problems=("see https://me:{SECRET}@press.example/", 'a "quoted"\\nline'))
logging.getLogger("library").info("chatter")
logging.getLogger("library").warning("https://me:%s@press.example/", "{SECRET}")
try:
    raise ValueError("https://press.example/?key={SECRET}&page=1")
except ValueError:
    log.exception("failed")
"""


def logged(program: str, *log: str, code: int = 0) -> list[str]:
    """The lines that a separate process logs."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, *log], capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    return (ended.stdout or ended.stderr).splitlines()


def test_json_has_one_object_per_line_with_its_traceback() -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged(EVENTS, "json", "info")]
    assert [line["event"] for line in lines] == [
        "begun",
        "odd",
        "https://press.example/",
        "failed",
    ]
    assert [line["level"] for line in lines] == ["info", "warning", "warning", "error"]
    assert lines[0]["count"] == 2
    assert lines[1]["problems"][1] == 'a "quoted"\nline'
    assert lines[2]["logger"] == "library"
    assert "Traceback" in lines[3]["exception"]
    assert "page=1" in lines[3]["exception"]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    assert all(re.fullmatch(stamp, line["timestamp"]) for line in lines)


def test_logfmt_has_one_line_per_event_for_any_value() -> None:
    lines = logged(EVENTS, "logfmt", "info")
    assert len(lines) == 4
    assert lines[0].endswith(
        'level=info event=begun url="https://press.example/?token=***" count=2'
    )


@pytest.mark.parametrize(("level", "count"), [("warning", 3), ("error", 1)])
def test_events_below_the_level_are_not_logged(level: str, count: int) -> None:
    assert len(logged(EVENTS, "json", level)) == count


def test_an_uncaught_error_of_a_child_is_one_line_without_secrets() -> None:
    program = f"""
import sys
from data.settings import Log
from scheduler.logs import log_as

assert "structlog" not in sys.modules
log_as(Log("json"))
raise ValueError("https://me:{SECRET}@press.example/")
"""
    (line,) = logged(program, code=1)
    assert json.loads(line)["event"] == "the process ended because of an unhandled error"
    assert "ValueError" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (None, "null"),
        ("", '""'),
        ("a=b", '"a=b"'),
        ("two words", '"two words"'),
        (1.5, "1.5"),
        ("Ağ", "Ağ"),
    ],
)
def test_logfmt_values_are_quoted_if_necessary(value: object, shown: str) -> None:
    assert log_line({"one": value, "event": "e"}, Log()) == f"event=e one={shown}"


def test_a_full_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "crawl.log"
    for byte in (b"a", b"b"):
        with open_log(path) as log:
            log.write(byte * (MAX_LOG_BYTES + 1))
    with open_log(path) as log:
        log.write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert (tmp_path / "crawl.log.1").read_bytes() == b"b" * (MAX_LOG_BYTES + 1)
    assert len(list(tmp_path.iterdir())) == 2
