"""Systems from PyPI and npm: installed once, each into a cached environment of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.systems.processes import Absent, done, needed

READY = "ready"
"""The file that says that an environment is complete."""


def from_pypi(name: str, *packages: str, python: str = sys.executable) -> Path:
    """The folder of programs of a virtual environment with these packages. Raises Absent."""
    with environment(name) as folder:
        if not (folder / READY).exists():
            done([python, "-m", "venv", "--clear", str(folder)])
            done([str(folder / "bin" / "pip"), "install", "--quiet", *packages])
            (folder / READY).touch()
    return folder / "bin"


def newer_python(minor: int) -> str:
    """An interpreter that is Python 3.``minor`` or newer. Raises Absent."""
    if sys.version_info >= (3, minor):
        return sys.executable
    for newer in range(minor, minor + 6):
        python = shutil.which(f"python3.{newer}")
        # It may be a shim of a version that is not chosen.
        if python and subprocess.run([python, "-c", "import venv"], check=False).returncode == 0:  # noqa: S603 - an interpreter
            return python
    raise Absent(f"there is no Python 3.{minor} or newer here")


def from_npm(name: str, *packages: str) -> Path:
    """The folder that holds ``node_modules`` with these packages. Raises Absent."""
    needed("npm", "node")
    with environment(name) as folder:
        if not (folder / READY).exists():
            done(["npm", "install", "--no-fund", "--no-audit", *packages], folder=folder)
            (folder / READY).touch()
    return folder


@contextmanager
def environment(name: str) -> Iterator[Path]:
    """The cached folder of an environment, which one process at a time fills. Raises Absent."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "communique-systems"
    folder = base / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Absent(f"{folder} can't be made ({error})") from error
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
