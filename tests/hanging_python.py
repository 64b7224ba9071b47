"""An interpreter in which reading some pages never ends: run as Python is, by a script.

A page with LOOP in its address keeps the interpreter busy, one with NATIVE a function in C,
which no exception interrupts, and one with RECORD the store. One with CRASH ends the process as a
memory error does. With COOKIES or NATIVE_COOKIES in its address, a page keeps a download middleware
busy. With ROBOTS or NATIVE_ROBOTS in it, a robots.txt keeps its parser busy. The limits of CPU time
are shorter.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

from tests.fork_server import forking_python

LOOP, NATIVE, RECORD, CRASH = "loop", "native", "record", "crash"
COOKIES, NATIVE_COOKIES = "busy-cookies", "stuck-cookies"
ROBOTS, NATIVE_ROBOTS = "busy-robots", "stuck-robots"


def hanging_python(folder: Path, *, seconds: float = 0.2) -> str:
    """The path of a program that runs as Python does, with pages that never end.

    ``seconds`` of CPU time is the limit of one page; a crawl has half a second to end.
    """
    program = folder / "hanging-python"
    program.write_text(f'#!/bin/sh\nexec {forking_python()} -P -m {__name__} {seconds} "$@"\n')
    program.chmod(0o755)
    return str(program)


def main() -> None:
    """Run the module that the command line names after ``-P -m``."""
    from data.store.core.recorder import Recorder  # noqa: PLC0415
    from scheduler.children import child, page_limit  # noqa: PLC0415
    from spiders.crawl.drafts.release_reader import ReleaseReader  # noqa: PLC0415
    from spiders.download.middlewares import BoundedCookies  # noqa: PLC0415
    from spiders.download.robots_rules import Rules  # noqa: PLC0415

    read, record = ReleaseReader.draft, Recorder.record
    parse, keep = Rules.of, BoundedCookies.process_response

    def hang(text: str, *, busy: str, native: str) -> None:
        if native in text:
            # This takes hours.
            sum(range(10**15))
        while busy in text:
            pass

    def draft(reader: ReleaseReader, page: Any, *arguments: Any, **named: Any) -> Any:
        hang(page.url, busy=LOOP, native=NATIVE)
        if CRASH in page.url:
            os.kill(os.getpid(), signal.SIGSEGV)
        return read(reader, page, *arguments, **named)

    def kept(cookies: BoundedCookies, request: Any, response: Any) -> Any:
        hang(request.url, busy=COOKIES, native=NATIVE_COOKIES)
        return keep(cookies, request, response)

    def parsed(body: bytes, robot: str) -> Rules:
        hang(body.decode(), busy=ROBOTS, native=NATIVE_ROBOTS)
        return parse(body, robot)

    def recorded(recorder: Any, read: Any) -> Any:
        while RECORD in read.draft.url:
            pass
        return record(recorder, read)

    ReleaseReader.draft = draft  # type: ignore[method-assign, assignment]
    BoundedCookies.process_response = kept  # type: ignore[method-assign, assignment]
    Rules.of = parsed  # type: ignore[method-assign]
    Recorder.record = recorded  # type: ignore[method-assign, assignment]
    limit = float(sys.argv[1])
    page_limit.SHARED_SECONDS = limit  # type: ignore[misc]
    page_limit.SEPARATE_SECONDS = limit  # type: ignore[misc]
    child.KILL_AFTER_SECONDS = 0.5  # type: ignore[misc]
    # Without the limit and "-P -m".
    module, sys.argv[1:] = sys.argv[4], sys.argv[5:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
