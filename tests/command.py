"""Running the command line as a person does: in a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.fork_server import forked, forking_python

COMMUNIQUE = (sys.executable, "-P", "-m", "scheduler")
"""The command in an interpreter of its own, as it is installed."""


def command() -> tuple[str, ...]:
    """The command in a forked process, which imports nothing anew."""
    return (forking_python(), *COMMUNIQUE[1:])


SETTINGS = "[network]\nallow_private = true\n\n[collect]\nretract_after = 0\n"
"""Collect from loopback, and retract at the next visit what is gone."""


def communique(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The result of one command on a HOME, in a forked process."""
    asked = ["scheduler", *arguments, "--home", str(home)]
    with (
        open(os.devnull) as nothing,  # noqa: PTH123 - its name is text
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        tempfile.TemporaryFile("w+", encoding="utf-8") as complained,
        closing(forked(asked, (nothing.fileno(), said.fileno(), complained.fileno()))) as process,
    ):
        code = process.wait(110)
        for told in (said, complained):
            told.seek(0)
        return subprocess.CompletedProcess(asked, code, said.read(), complained.read())


def without_rights(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The result of one command by somebody for whom the rights of files count, as not for root."""
    limits = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    asked = [*(() if os.geteuid() else limits), *COMMUNIQUE, *arguments, "--home", str(home)]
    return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=110)  # noqa: S603 - our own words


def collect(home: Path, *arguments: str) -> dict[str, Any]:
    """The report of the one source of a HOME, after `communique collect --json`."""
    result = communique("collect", "--json", *arguments, home=home)
    assert result.stdout, result.stderr
    (run,) = json.loads(result.stdout)["runs"]
    return dict(run)


def make_home(folder: Path, url: str, **keys: str) -> Path:
    """A HOME with one source, ``harbour``, that may collect from loopback."""
    (folder / "sources").mkdir(parents=True)
    (folder / "communique.toml").write_text(SETTINGS)
    lines = ['name = "Harbour Board"', f'url = "{url}"', 'timezone = "Europe/Oslo"']
    lines += [f"{key} = {value}" for key, value in keys.items()]
    (folder / "sources" / "harbour.toml").write_text("\n".join(lines) + "\n")
    return folder
