"""Proxies that add no headers get no access to the operator's room and /metrics."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.peer import PATIENCE
from tests.ports import free_port
from tests.scheduler.service.admin.conftest import Running

FORWARDER = """
import socket, sys, threading

def copy(one, other):
    while data := one.recv(65536):
        other.sendall(data)
    other.shutdown(socket.SHUT_WR)

def forward(near):
    far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    threading.Thread(target=copy, args=(near, far), daemon=True).start()
    copy(far, near)
    near.close()

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=forward, args=(server.accept()[0],), daemon=True).start()
"""
"""A program that forwards all bytes in both directions."""

ASK = "import sys, urllib.request as web\nfor url in sys.argv[1:]: print(web.urlopen(url).status)"

NGINX = """
{user}
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_http_version 1.1; proxy_pass {site}; }}
    }}
}}
"""


@contextmanager
def begun(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running program."""
    with subprocess.Popen(  # noqa: S603 - our own words
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            yield program
        finally:
            program.terminate()


def raw(running: Running, request: str) -> int:
    """The status of the response to a raw request."""
    address = urlsplit(running.site)
    assert address.port is not None
    with socket.create_connection(("127.0.0.1", address.port), timeout=PATIENCE) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        return int(connection.recv(65536).split()[1])


def test_a_local_program_that_is_not_a_server_gets_access(running: Running) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", ASK, f"{running.site}/admin/", f"{running.site}/metrics"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "200\n200\n"


def test_a_proxy_that_changes_nothing_is_refused(running: Running) -> None:
    port = urlsplit(running.site).port
    with begun(sys.executable, "-c", FORWARDER, str(port)) as proxy:
        assert proxy.stdout is not None
        behind = f"http://127.0.0.1:{int(proxy.stdout.readline())}"
        headers = {"host": f"127.0.0.1:{port}"}
        assert httpx.get(f"{behind}/healthz", headers=headers, timeout=PATIENCE).status_code == 200
        assert httpx.get(f"{behind}/admin/", headers=headers, timeout=PATIENCE).status_code == 403
        refused = httpx.get(f"{behind}/metrics", headers=headers, timeout=PATIENCE).status_code
        assert refused in {401, 403}


@pytest.mark.integration
@pytest.mark.parametrize("user", ["", "user root;"])
def test_nginx_without_header_fields_is_refused(
    running: Running, tmp_path: Path, user: str
) -> None:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip("there is no nginx (Debian's package nginx)")
    port = free_port()
    file = tmp_path / "nginx.conf"
    file.write_text(NGINX.format(user=user, folder=tmp_path, port=port, site=running.site))
    transport = httpx.HTTPTransport(retries=8)
    with (
        begun(program, "-e", "stderr", "-p", str(tmp_path), "-c", str(file)),
        httpx.Client(transport=transport, timeout=PATIENCE) as web,
    ):
        assert web.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
        assert web.get(f"http://127.0.0.1:{port}/admin/").status_code == 403


def test_a_target_with_another_host_is_refused(running: Running) -> None:
    own = urlsplit(running.site).netloc
    end = "Connection: close\n\n"
    assert raw(running, f"GET /admin/ HTTP/1.1\nHost: {own}\n{end}") == 200
    assert raw(running, f"GET http://evil.example/admin/ HTTP/1.1\nHost: {own}\n{end}") == 400
    assert raw(running, f"GET HTTP://{own}/admin/ HTTP/1.1\nHost: evil.example\n{end}") == 400
    assert raw(running, f"GET HTTP://{own}/admin/ HTTP/1.1\nHost: {own}\n{end}") == 200
