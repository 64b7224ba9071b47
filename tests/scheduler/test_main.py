"""The entry point: unsupported systems, Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
import subprocess
import sys

AS_ON_WINDOWS = """
import runpy, sys
sys.modules["fcntl"] = None
sys.argv = ["communique", "--help"]
runpy.run_module("scheduler", run_name="__main__")
"""
"""A module that is None in sys.modules can't be imported."""


def test_a_system_without_file_locks_is_refused() -> None:
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", AS_ON_WINDOWS], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "Windows Subsystem for Linux" in result.stderr


STOPPED_EARLY = """
import signal, sys
import scheduler.__main__
class CtrlC:
    def find_spec(self, name, path, target=None):
        if name == "scheduler.cli":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, CtrlC())
scheduler.__main__.main()
"""
"""Sends Ctrl-C while the command line is imported."""


def test_ctrl_c_during_the_imports_shows_no_traceback() -> None:
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", STOPPED_EARLY], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


WAITS = """
import signal
import scheduler.__main__, scheduler.cli
def run():
    try:
        print("waits", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        return 130
scheduler.cli.run = run
scheduler.__main__.main()
"""
"""A command that waits until a signal ends it."""


def test_sigterm_ends_a_background_process_of_a_script() -> None:
    # A shell makes background processes ignore SIGINT.
    with subprocess.Popen(  # noqa: S603 - our own program
        ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", WAITS],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        process.terminate()
        assert process.wait() == 130
