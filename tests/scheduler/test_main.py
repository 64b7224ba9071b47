"""The entry point: on a system that Communique does not run on, and what ends it."""

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
"""None stands for a module that can't be imported."""


def test_a_system_without_locks_on_files_is_refused_with_a_sentence() -> None:
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", AS_ON_WINDOWS], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "on Windows, run Communique in the Windows Subsystem for Linux" in result.stderr


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
"""Ctrl-C comes while the command line is imported."""


def test_ctrl_c_at_the_very_beginning_shows_no_traceback() -> None:
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
"""A command that waits for whoever ends it."""


def test_sigterm_ends_what_a_script_started_beside_itself() -> None:
    # A shell has such a process ignore what Ctrl-C sends.
    with subprocess.Popen(  # noqa: S603 - our own program
        ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", WAITS],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        process.terminate()
        assert process.wait() == 130
