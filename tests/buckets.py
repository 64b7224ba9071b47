"""Real servers that speak S3, as programs of their own: moto's and MiniStack's.

Both forget everything when they end, and look at no signature. Each decides one request after the
other, so that what they say of conditions (If-Match) holds however many ask at once.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from tests.ports import free_port

PATIENCE: Final = 60
"""Seconds that a server has to start or to end."""

MOTO: Final = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
app = DomainDispatcherApplication(create_backend_app)
run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=False)
"""
"""moto's own command answers in threads, which lets two writers on one condition pass."""

COMMANDS: Final = {
    "moto": [sys.executable, "-c", MOTO],
    "ministack": [sys.executable, "-m", "ministack"],
}

KEY: Final = {
    "AWS_ACCESS_KEY_ID": "known-to-tests",
    "AWS_SECRET_ACCESS_KEY": "known-to-tests-alone",
}
"""What a process needs to reach a bucket of theirs."""


def missing(name: str) -> str:
    """Why a server can't run here, or empty."""
    return "" if find_spec(name) else f"{name} is not installed (the extra integration has it)"


@contextlib.contextmanager
def bucket_server(name: str) -> Iterator[str]:
    """The address of a server with one bucket, ``press``, for the length of a ``with`` block."""
    port = free_port()
    environ = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "SERVICES": "s3",
        "SFTP_ENABLED": "0",
    }
    process = subprocess.Popen(  # noqa: S603 - a server of the tests
        [*COMMANDS[name], str(port)] if name == "moto" else COMMANDS[name],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        make_bucket(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_bucket(address: str, process: subprocess.Popen[bytes]) -> None:
    """Make the bucket ``press`` as soon as the server is there."""
    asked = urllib.request.Request(f"{address}/press", method="PUT")  # noqa: S310 - on loopback
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE):  # noqa: S310 - the same
                return
        except urllib.error.URLError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            # Until it ends, which is told above, or is asked again.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
