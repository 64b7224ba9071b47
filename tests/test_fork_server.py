"""The fork server of the tests survives its clients."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.command import forked_communique, make_home
from tests.fork_server import forking_python


@pytest.mark.parametrize("sent", [b"", b"\0\0\0\x09half"])
def test_a_client_that_dies_during_its_request_does_not_end_the_server(
    tmp_path: Path, sent: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(Path(forking_python()).with_name("socket")))
        client.sendall(sent)
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    assert forked_communique("sources", home=home).returncode == 0
