"""The fork server of the tests survives its clients."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import forked_communique, make_home
from tests.fork_server import forked, forking_python
from tests.services import wait_for


@pytest.mark.parametrize("sent", [b"", b"\0\0\0\x09half"])
def test_a_client_that_dies_during_its_request_does_not_end_the_server(
    tmp_path: Path, sent: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(Path(forking_python()).with_name("socket")))
        client.sendall(sent)
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    assert forked_communique("sources", home=home).returncode == 0


def test_a_signal_to_a_process_that_has_just_ended_is_no_error() -> None:
    with (
        Path(os.devnull).open() as nothing,
        closing(forked(["-c", "pass"], (nothing.fileno(),) * 3)) as ended,
    ):
        wait_for(lambda: not Path(f"/proc/{ended.process}").exists())
        ended.send_signal(signal.SIGKILL)
        assert ended.wait() == 0
