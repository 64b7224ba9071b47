"""Run the command line: in this process, in a forked one, or in a fresh interpreter."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import structlog

from scheduler.cli import run
from tests.blank_store import blank_store
from tests.fork_server import forked, forking_python

COMMUNIQUE = (sys.executable, "-P", "-m", "scheduler")
"""The command in an interpreter of its own, as it is installed."""


def command() -> tuple[str, ...]:
    """The command in a forked process, which imports nothing anew."""
    return (forking_python(), *COMMUNIQUE[1:])


SETTINGS = "[network]\nallow_private = true\n\n[collect]\nretract_after = 0\n"
"""Collect from loopback, and retract at the next visit what is gone."""


COMMANDS = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from tempfile import TemporaryFile
from scheduler.cli import run

results = []
for arguments in json.loads(sys.argv[1]):
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        with redirect_stdout(out), redirect_stderr(err):
            code = run(arguments)
        for stream in (out, err):
            stream.seek(0)
        results.append({"code": code, "out": out.read(), "err": err.read()})
print(json.dumps(results))
"""
"""Runs several commands in one interpreter and prints their results."""


FORKED = {"backup", "demo", "run", "serve", "worker"}
"""Commands that set the signal handlers of their process, or name files after it."""


def communique(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Return the result of a command on a HOME, run in this process.

    Some commands are forked. So are all commands from threads, because the standard streams belong
    to the process.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or arguments[0] in FORKED:
        return forked_communique(*arguments, home=home)
    asked = [*arguments, "--home", str(home)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as complained,
        own_process_state(),
        redirect_stdout(said),
        redirect_stderr(complained),
    ):
        try:
            code = run(asked)
        except Exception:  # noqa: BLE001 - as an interpreter would
            traceback.print_exc()
            code = 1
        for told in (said, complained):
            told.seek(0)
        return subprocess.CompletedProcess(asked, code, said.read(), complained.read())


@contextmanager
def own_process_state() -> Iterator[None]:
    """Give a command its own logs and standard input, and let it fork its children."""
    root, hook, kept = logging.root, sys.excepthook, (sys.executable, sys.stdin)
    handlers, level = root.handlers[:], root.level
    with open(os.devnull) as nothing:  # noqa: PTH123 - its name is text
        root.handlers[:] = []
        sys.executable, sys.stdin = forking_python(), nothing
        try:
            yield
        finally:
            sys.executable, sys.stdin = kept
            root.handlers[:], sys.excepthook = handlers, hook
            root.setLevel(level)
            structlog.reset_defaults()


def forked_communique(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Return the result of a command on a HOME, run in a forked process."""
    return forked_run(["scheduler", *arguments, "--home", str(home)])


def forked_run(asked: list[str]) -> subprocess.CompletedProcess[str]:
    """Return the result of a module or program with arguments, run in a forked process."""
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


WITHOUT_RIGHTS = """
import ctypes
import os

if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    # Effective, permitted and inheritable capabilities, 32 bits each.
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for place in range(3):
        sets[place] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(header, sets) == 0
from scheduler.__main__ import main
main()
"""
"""Runs a command without root's right to read and write all files."""


def without_rights(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Return the result of a command that respects the permissions of files, even as root."""
    return forked_run(["-c", WITHOUT_RIGHTS, *arguments, "--home", str(home)])


def collect(home: Path, *arguments: str) -> dict[str, Any]:
    """The report of the one source of a HOME, after `communique collect --json`."""
    result = communique("collect", "--json", *arguments, home=home)
    assert result.stdout, result.stderr
    (run,) = json.loads(result.stdout)["runs"]
    return dict(run)


def exported(home: Path) -> dict[str, dict[str, Any]]:
    """All releases of a HOME by address, as `communique export` writes them."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"]: one for one in map(json.loads, lines)}


def make_home(folder: Path, url: str, **keys: str) -> Path:
    """A HOME with one source, ``harbour``, that may collect from loopback."""
    (folder / "sources").mkdir(parents=True)
    (folder / "communique.db").write_bytes(blank_store())
    (folder / "communique.toml").write_text(SETTINGS)
    lines = ['name = "Harbour Board"', f'url = "{url}"', 'timezone = "Europe/Oslo"']
    lines += [f"{key} = {value}" for key, value in keys.items()]
    (folder / "sources" / "harbour.toml").write_text("\n".join(lines) + "\n")
    return folder
