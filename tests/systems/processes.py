"""Programs that are started for a test and stopped after it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx

SAID = 800
"""Characters that are told of what a program said that failed."""

PATIENCE = 60.0
"""Seconds after which a program that does not answer is given up."""

RUN_SECONDS = 900.0
"""Maximum seconds for a program that ends, such as an installation or a build."""


class Absent(Exception):
    """A system can't run here; the message says what is missing."""


def needed(*programs: str) -> None:
    """Raise Absent where a program is missing."""
    for program in programs:
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            raise Absent(f"the program {program} is not installed")


def needed_path(path: Path, package: str) -> None:
    """Raise Absent where the files of a package are missing."""
    if not path.exists():
        raise Absent(f"the package {package} is not installed")


@contextlib.contextmanager
def running(
    command: Sequence[str],
    ready: Callable[[], bool],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program from the moment it is ready until the block ends. Raises Absent."""
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - programs that we name
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            start_new_session=True,
        )
        try:
            wait_for(process, ready, log)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
            process.wait(PATIENCE)


def wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    """Return as soon as a program is ready. Raises Absent."""
    end = time.monotonic() + PATIENCE
    while not ready():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
        if process.returncode is not None or time.monotonic() > end:
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-300:]
            raise Absent(f"{process.args!r} did not start: {said}")


def answers(url: str) -> bool:
    """Whether a web server answers at all."""
    try:
        httpx.get(url, timeout=PATIENCE)
    except httpx.HTTPError:
        return False
    return True


def done(
    command: Sequence[str],
    *,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """The output of a program. Raises Absent if it fails or takes more than RUN_SECONDS."""
    name = " ".join(command[:3])
    try:
        result = subprocess.run(  # noqa: S603 - programs that we name
            command,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **(environment or {})},
            cwd=folder,
            check=False,
            timeout=RUN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise Absent(f"{name} took more than {RUN_SECONDS:g} s") from error
    if result.returncode:
        said = result.stderr.strip() or result.stdout.strip()
        said = said if len(said) < SAID else f"{said[: SAID // 2]} … {said[-SAID // 2 :]}"
        raise Absent(f"{name} failed: {said}")
    return result.stdout
