"""Systems from PyPI and npm: installed once, each into a cached environment of its own."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.systems.processes import Absent, done, needed

READY = "ready"
"""The file that says that an environment is complete."""


def from_pypi(name: str, *packages: str) -> Path:
    """The folder of programs of a virtual environment with these packages. Raises Absent."""
    with environment(name) as folder:
        if not (folder / READY).exists():
            done([sys.executable, "-m", "venv", "--clear", str(folder)])
            done([str(folder / "bin" / "pip"), "install", "--quiet", *packages])
            (folder / READY).touch()
    return folder / "bin"


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
