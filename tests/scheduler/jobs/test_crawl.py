"""The child process that crawls."""

from __future__ import annotations

import subprocess
import sys


def test_it_loads_nothing_that_few_pages_need() -> None:
    """Each crawl is a new process, which visits wait for."""
    rare = {"pypdf", "bs4", "soupsieve", "markdown_it", "structlog"}
    code = f"import sys, scheduler.jobs.crawl; sys.exit(not {rare!r}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code
