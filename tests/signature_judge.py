"""Verifies signatures of requests with a library of another project (RFC 9421)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)


@dataclass
class Message:
    """A request, as the library reads it."""

    url: str
    headers: Mapping[str, str]
    method: str = "GET"


@dataclass
class ResponseMessage:
    """A response, as the library reads it."""

    headers: Mapping[str, str]
    request: Message
    status_code: int = 200


class Directory(HTTPSignatureKeyResolver):
    """The public keys of a directory, by their id."""

    def __init__(self, document: bytes) -> None:
        self.keys = {
            one["kid"]: Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(one["x"] + "="))
            for one in json.loads(document)["keys"]
        }

    def resolve_public_key(self, key_id: str) -> Any:
        """The key with an id."""
        if key_id not in self.keys:
            raise InvalidSignature("unknown key")
        return self.keys[key_id]


def problem(directory: bytes, url: str, headers: Mapping[str, str]) -> str:
    """Why the signature of a request for a URL is invalid now, or an empty string."""
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=Directory(directory)
    )
    try:
        (found,) = verifier.verify(Message(url, dict(headers)), expect_tag="web-bot-auth")
    except (InvalidSignature, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    covered = {*found.covered_components}
    if covered != {'"@authority"', '"signature-agent"', '"@signature-params"'}:
        return f"it covers {covered}"
    return ""


def directory_problem(document: bytes, url: str, headers: Mapping[str, str]) -> str:
    """Why the signatures of a directory of keys are invalid, or an empty string."""
    keys = Directory(document)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    response = ResponseMessage(dict(headers), Message(url, {}))
    try:
        found = verifier.verify(response, expect_tag="http-message-signatures-directory")
    except (InvalidSignature, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if {str(one.parameters["keyid"]) for one in found} == {*keys.keys} else "keys"


class Wall(ThreadingHTTPServer):
    """A site that admits only signed requests. ``log`` has the URL and fault of each request.

    ``pages`` are bodies by path; a body that starts with ``http`` is a redirect.
    """

    daemon_threads = True

    def __init__(self, directory: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Guard)
        self.directory = directory
        self.pages: dict[str, str] = {}
        self.log: list[tuple[str, str]] = []
        self.base = f"http://127.0.0.1:{self.server_address[1]}"


class Guard(BaseHTTPRequestHandler):
    """Answers a request of a Wall."""

    server: Wall
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with a page, a redirect, or 403."""
        url = f"http://{self.headers['Host']}{self.path}"
        fault = problem(self.server.directory, url, dict(self.headers.items()))
        self.server.log.append((url, fault))
        body = self.server.pages.get(self.path, "")
        status = 403 if fault else 404 if not body else 302 if body.startswith("http") else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode()) if status == 200 else 0))
        self.end_headers()
        if status == 200:
            self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the test's output clean."""


@contextmanager
def walled(directory: bytes) -> Iterator[Wall]:
    """A Wall that is served for the length of a ``with`` block."""
    wall = Wall(directory)
    thread = threading.Thread(
        target=wall.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield wall
    finally:
        wall.shutdown()
        wall.server_close()
        thread.join()
