"""Fetches pages with a real child process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.fork_server import forking_python


def fetched(
    home: Path, *urls: str, program: str = "", render: bool = False
) -> dict[str, dict[str, object]]:
    """Results by URL. ``program`` is the child's code, by default only what fetches."""
    code = program or "import sys\nfrom scheduler.children import fetch\nsys.exit(fetch.main())\n"
    lines = [json.dumps({"home": str(home), "render": render}), json.dumps(urls)]
    done = subprocess.run(  # noqa: S603 - our own program
        [forking_python(), "-P", "-c", code],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return {one["asked"]: one for one in map(json.loads, done.stdout.splitlines())}
