"""Requests through the operator's proxies: by a child process that fetches, and by gateways."""

import asyncio
import errno
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.settings import Settings

from data.errors import SettingsError
from data.settings.load import load_settings, proxy_problem
from spiders.download.proxy import ProxyMiddleware, PublicOnlyProxy, Upstream, upstream_of
from spiders.download.responses import describe_error
from spiders.download.settings import ALLOW_PRIVATE, CONNECTIONS, PROXIES, CrawlConnections
from tests.ports import free_port
from tests.press_room import Answer, Room, release_html, served
from tests.proxy_server import proxied
from tests.spiders.download.fetching import fetched

NAMED = """
import socket, sys
NAMES = {names}
found = socket.getaddrinfo

def look_up(host, *more, **named):
    return found(NAMES.get(host, host), *more, **named)

socket.getaddrinfo = look_up
from data.network import addresses

def is_public(address, before=addresses.is_public):
    return address == {public!r} or before(address)

addresses.is_public = is_public
from scheduler.children import fetch

sys.exit(fetch.main())
"""
"""A child that resolves invented names, and may request one more address."""


def visited(
    home: Path,
    proxies: Mapping[str, str],
    *urls: str,
    names: Mapping[str, str],
    public: str = "",
    timeout: int = 60,
) -> dict[str, dict[str, object]]:
    """Results by URL of a child with these proxies, and with its own addresses of names."""
    home.mkdir(exist_ok=True)
    lines = [f"{json.dumps(name)} = {json.dumps(url)}" for name, url in proxies.items()]
    head = ["[network]", f"timeout = {timeout}", "[network.proxies]"]
    (home / "communique.toml").write_text("\n".join([*head, *lines]))
    return fetched(home, *urls, program=NAMED.format(names=dict(names), public=public))


def site(room: Room) -> str:
    """The address of a room under a name."""
    room.page("/1", release_html(1))
    room.answers["/moved"] = Answer(status=302, headers={"Location": "/1"}, etag=False)
    return room.base.replace("127.0.0.1", "harbour.example")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_the_proxy_gets_the_checked_address_also_for_robots_txt_and_redirects(
    tmp_path: Path, scheme: str
) -> None:
    with served() as room, proxied(scheme, user="desk:s3cret") as proxy:
        url, names = site(room), {"harbour.example": "127.0.0.1"}
        told = visited(
            tmp_path, {"example": proxy.url, "harbour.example": proxy.url}, f"{url}/1",
            f"{url}/moved", names=names, public="127.0.0.1",
        )  # fmt: skip
        assert [one["status"] for one in told.values()] == [200, 200]
        assert room.statuses("/robots.txt") == [404]
        assert {*proxy.targets} == {("127.0.0.1", room.server_address[1])}
        assert len(proxy.targets) == len(room.log) == 4
        assert {*proxy.users} == {"desk:s3cret"}


PRIVATE = ("10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "fd00:ec2::254", "::1")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_no_private_address_is_reached_through_a_proxy(tmp_path: Path, scheme: str) -> None:
    names = {f"t{number}.example": address for number, address in enumerate(PRIVATE)}
    with proxied(scheme) as proxy:
        hosts = [*names, "localhost", "127.1", "[::1]"]
        urls = [f"{how}://{host}/1" for host in hosts for how in ("http", "https")]
        named = dict.fromkeys((*hosts, "[::1]".strip("[]")), proxy.url)
        told = visited(tmp_path, named, *urls, names=names)
        assert {one["kind"] for one in told.values()} == {"refused"}
        assert proxy.targets == []


def test_a_redirect_through_a_proxy_reaches_no_private_address(tmp_path: Path) -> None:
    with served() as room, proxied("socks5") as proxy:
        url, names = site(room), {"harbour.example": "127.0.0.1", "rogue.example": "10.0.0.1"}
        for number, place in enumerate(("http://rogue.example/", "http://10.0.0.1/")):
            room.answers[f"/{number}"] = Answer(status=302, headers={"Location": place}, etag=False)
        told = visited(
            tmp_path, dict.fromkeys(names, proxy.url), f"{url}/0", f"{url}/1", names=names,
            public="127.0.0.1",
        )  # fmt: skip
        assert {one["kind"] for one in told.values()} == {"refused"}
        assert {host for host, _ in proxy.targets} == {"127.0.0.1"}


CAPTIVE = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n<h1>Welcome</h1>"


@pytest.mark.parametrize(
    ("scheme", "reply", "why"),
    [
        ("http", CAPTIVE, "in place of the site"),
        ("http", b"HTTP/1.1 407 Who\r\n\r\n", "user or password"),
        ("http", b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "to IP addresses, not only"),
        ("http", b"SSH-2.0-OpenSSH\r\n\r\n", "not an HTTP proxy"),
        ("http", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "invalid"),
        ("socks5", b"\x08", "does not accept IP addresses"),
        ("socks5", b"\x02", "allow IP addresses"),
    ],
)
def test_a_wrong_proxy_is_reported_by_its_name_and_never_read_as_the_site(
    tmp_path: Path, scheme: str, reply: bytes, why: str
) -> None:
    with served() as room, proxied(scheme, "desk:s3cret", reply) as proxy:
        url, names = site(room), {"harbour.example": "127.0.0.1"}
        told = visited(
            tmp_path, {"harbour.example": proxy.url}, f"{url}/1", names=names, public="127.0.0.1"
        )
        (one,) = told.values()
        assert (one["status"], one["kind"]) == (0, "network")
        assert "the proxy harbour.example" in str(one["message"])
        assert why in str(one["message"])
        assert "s3cret" not in json.dumps(told)
        assert room.log == []


def test_a_proxy_that_is_down_is_reported(tmp_path: Path) -> None:
    proxies = {"harbour.example": f"http://desk:s3cret@127.0.0.1:{free_port()}"}
    names = {"harbour.example": "127.0.0.1"}
    told = visited(tmp_path, proxies, "https://harbour.example/1", names=names, public="127.0.0.1")
    (one,) = told.values()
    assert one["kind"] == "network"
    assert "is down" in str(one["message"])


async def tunnel(gateway: PublicOnlyProxy, host: str, port: int) -> bytes:
    """The status line of a gateway's response to CONNECT."""
    _, _, own = (await gateway.open()).rpartition(":")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(own))
    writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    gateway.close()
    # The gateway closes both connections itself, before the loop cancels its tasks.
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=30)
    return status


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let harbour.example have these addresses."""
    found = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> list[Any]:
        hosts = addresses if host == "harbour.example" else [host]
        return [info for one in hosts for info in found(one, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("has_upstream", [True, False])
def test_each_address_of_a_host_is_tried_once(
    monkeypatch: pytest.MonkeyPatch,
    has_upstream: bool,  # noqa: FBT001 - a table
) -> None:
    resolve(monkeypatch, "127.0.0.2", "127.0.0.1")
    direct = asyncio.open_connection
    tried: list[str] = []
    connections = CrawlConnections()

    async def connect(host: str, *more: Any, **named: Any) -> Any:
        tried.append(host)
        return await direct(host, *more, **named)

    with served() as room, proxied("socks5") as proxy:
        proxy.refused = {"127.0.0.2"}
        monkeypatch.setattr(asyncio, "open_connection", connect)
        upstream = Upstream.of("eu", proxy.url) if has_upstream else None
        gateway = PublicOnlyProxy(
            connections, allow_private=True, max_bytes=99_999, upstream=upstream
        )
        port = room.server_address[1]
        assert b" 200 " in asyncio.run(tunnel(gateway, "harbour.example", port))
        if has_upstream:
            assert proxy.targets == [("127.0.0.2", port), ("127.0.0.1", port)]
        else:
            assert tried[1:] == ["127.0.0.2", "127.0.0.1"]


def test_every_failed_request_of_a_host_has_the_proxy_s_reason_until_one_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve(monkeypatch, "127.0.0.1")
    connections = CrawlConnections()

    def through(url: str, port: int) -> bytes:
        upstream = Upstream.of("eu", url)
        gateway = PublicOnlyProxy(
            connections, allow_private=True, max_bytes=99_999, upstream=upstream
        )
        return asyncio.run(tunnel(gateway, "harbour.example", port))

    with served() as room, proxied("http") as proxy:
        port = room.server_address[1]
        assert b" 502 " in through(f"http://127.0.0.1:{free_port()}", port)
        for _ in range(2):
            assert "the proxy eu" in describe_error(OSError(), "harbour.example", connections)[1]
        assert b" 200 " in through(proxy.url, port)
        assert "the proxy eu" not in describe_error(OSError(), "harbour.example", connections)[1]


def test_a_proxy_through_which_nothing_arrives_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = visited(
            tmp_path,
            {"harbour.example": f"http://127.0.0.1:{silent.getsockname()[1]}"},
            "http://harbour.example/1",
            names={"harbour.example": "127.0.0.1"},
            public="127.0.0.1",
            timeout=1,
        )
    (one,) = told.values()
    assert (one["kind"], "the proxy harbour.example" in str(one["message"])) == ("timeout", True)


def test_a_proxy_at_the_address_of_credentials_gets_no_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve(monkeypatch, "127.0.0.1")
    connections = CrawlConnections()
    monkeypatch.setattr("spiders.download.proxy.is_metadata", lambda address: address[:4] == "127.")
    with proxied("http") as proxy:
        gateway = PublicOnlyProxy(
            connections, allow_private=True, max_bytes=99, upstream=Upstream.of("eu", proxy.url)
        )
        assert b" 502 " in asyncio.run(tunnel(gateway, "harbour.example", 1))
    assert proxy.targets == []
    assert "credentials" in describe_error(OSError(), "harbour.example", connections)[1]


def test_a_gateway_that_could_not_be_opened_is_opened_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxies = {"acme.example": "http://10.0.0.1:3128"}
    crawler: Any = SimpleNamespace(
        settings=Settings({PROXIES: proxies, ALLOW_PRIVATE: False, CONNECTIONS: CrawlConnections()})
    )
    middleware = ProxyMiddleware(crawler)

    async def no_handles(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    async def requests() -> str:
        request = Request("https://acme.example/1")
        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "start_server", no_handles)
            with pytest.raises(OSError, match="Too many"):
                await middleware.process_request(request)
        await middleware.process_request(request)
        middleware.close()
        return str(request.meta["proxy"])

    assert asyncio.run(requests()).startswith("http://127.0.0.1:")


def test_a_source_selects_a_proxy_by_name_and_a_host_by_its_domain() -> None:
    proxies = {name: Upstream.of(name, "http://10.0.0.1:1") for name in ("eu", "acme.example")}
    assert upstream_of(proxies, "eu", "acme.example") == proxies["eu"]
    assert upstream_of(proxies, "", "news.acme.example") == proxies["acme.example"]
    assert upstream_of(proxies, "", "eu") is None
    assert upstream_of(proxies, "", "acme.example.org") is None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("socks5h://desk:s3cret@h:1", "private addresses"),
        ("ftp://desk:s3cret@h", "write an address"),
        ("http://desk:s3cret@h:99999", "write an address"),
        ("desk:s3cret", "write an address"),
        (f"socks5://desk:{'s3cret' * 50}@h", "255"),
        ("socks5://desk:s3cret'@h:1", "percent codes"),
        ("http://desk:s3cret@169.254.169.254", "credentials of this machine"),
        ("socks5://desk:1?s3cret@h", "percent codes"),
    ],
)
def test_a_wrong_address_of_a_proxy_is_refused_without_its_password(
    tmp_path: Path, url: str, word: str
) -> None:
    (tmp_path / "communique.toml").write_text(f'[network.proxies]\neu = "{url}"\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "communique.toml")
    assert word in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert proxy_problem("http://[fd00::1]:3128") == ""


def test_proxies_may_come_from_a_file_with_secrets(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{eu = "http://desk:s3cret@10.0.0.1:3128"}\n')
    environment = {"COMMUNIQUE_NETWORK__PROXIES_FILE": "secret"}
    settings = load_settings(tmp_path / "communique.toml", environment)
    assert settings.network.proxies["eu"].endswith("@10.0.0.1:3128")
    assert "s3cret" not in repr(Upstream.of("eu", settings.network.proxies["eu"]))
