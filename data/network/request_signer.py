"""Signatures of requests (Web Bot Auth), by which a site can recognize its visitor.

A request is signed with Ed25519 over the site's authority and our own address (RFC 9421,
draft-meunier-web-bot-auth-architecture). Our public keys are published at DIRECTORY_PATH of our
address. The response with the keys is also signed, so that no other site can claim the keys.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.clock import utc_now
from data.errors import CommuniqueError
from data.text.urls import DEFAULT_PORTS

DIRECTORY_PATH: Final = "/.well-known/http-message-signatures-directory"
"""Path of the public keys on our own site."""

DIRECTORY_TYPE: Final = "application/http-message-signatures-directory+json"
"""Media type of the public keys."""

REQUEST_TAG: Final = "web-bot-auth"
DIRECTORY_TAG: Final = "http-message-signatures-directory"

LIFETIME_SECONDS: Final = 300
"""Validity of a signature in seconds. A signed request waits at most a minute."""

NONCE_BYTES: Final = 64
"""Number of random bytes in a signature's nonce. Verifiers of Web Bot Auth expect this number."""

OVERLAP: Final = dt.timedelta(days=1)
"""Time for which a new key is published before it signs, and an old key after its last signature.
"""

RELOAD_SECONDS: Final = 300.0
"""Time in seconds after which keys are loaded again, because another process may rotate them."""

log = logging.getLogger(__name__)


class RequestKey:
    """A private key, which signs from the time ``since`` until the next key takes over.

    ``seed`` contains the 32 secret bytes, ``public`` the public key, and ``id`` its JWK thumbprint
    (RFC 7638). ``public`` and ``id`` are in base64url without padding.
    """

    def __init__(self, seed: bytes, since: dt.datetime) -> None:
        self.seed = seed
        self.since = since
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = without_padding(self._private.public_key().public_bytes_raw())
        jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{self.public}"}}'
        self.id: Final = without_padding(hashlib.sha256(jwk.encode()).digest())

    @classmethod
    def new(cls, since: dt.datetime) -> RequestKey:
        """Create a random key."""
        return cls(secrets.token_bytes(32), since)

    def sign(self, base: str) -> str:
        """Return the signature of a text, in base64."""
        return base64.b64encode(self._private.sign(base.encode("ascii"))).decode()


@dataclass(slots=True)
class RequestSigner:
    """Signs requests of the site at ``address``, which has no path and no final slash.

    ``load`` returns the keys, oldest first, and raises CommuniqueError. ``now`` returns the time in
    seconds since 1970. Keys are reloaded in a thread, because ``load`` may wait for a database
    while a crawl signs requests.
    """

    address: str
    load: Callable[[], Sequence[RequestKey]]
    now: Callable[[], float] = time.time
    _keys: Sequence[RequestKey] = field(default=(), init=False)
    _loaded: float = field(default=0.0, init=False)
    _reload: threading.Thread | None = field(default=None, init=False)

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that sign a request for a URL. They are invalid for other hosts."""
        at, agent = self.now(), f'"{self.address}"'
        covered = '("@authority" "signature-agent")'
        parameters = signature_parameters(covered, self._key(at), at, REQUEST_TAG)
        base = (
            f'"@authority": {authority_of(url)}\n"signature-agent": {agent}\n'
            f'"@signature-params": {parameters}'
        )
        return {
            "Signature-Agent": agent,
            "Signature-Input": f"sig1={parameters}",
            "Signature": f"sig1=:{self._key(at).sign(base)}:",
        }

    def directory(self) -> bytes:
        """Return the public keys as a JSON Web Key Set (RFC 7517)."""
        keys = [
            {"kty": "OKP", "crv": "Ed25519", "kid": one.id, "x": one.public, "use": "sig"}
            for one in self._published(self.now())
        ]
        return msgspec.json.encode({"keys": keys})

    def directory_headers(self) -> dict[str, str]:
        """Return headers that sign the directory with each of its keys, for our own authority."""
        at = self.now()
        inputs, signatures = [], []
        for number, key in enumerate(self._published(at), 1):
            parameters = signature_parameters('("@authority";req)', key, at, DIRECTORY_TAG)
            base = (
                f'"@authority";req: {authority_of(self.address)}\n"@signature-params": {parameters}'
            )
            inputs.append(f"sig{number}={parameters}")
            signatures.append(f"sig{number}=:{key.sign(base)}:")
        return {
            "Signature-Input": ", ".join(inputs),
            "Signature": ", ".join(signatures),
            "Cache-Control": f"max-age={LIFETIME_SECONDS // 2}",
        }

    def _key(self, at: float) -> RequestKey:
        """Return the key that signs at a time, in seconds since 1970."""
        keys = self._fresh(at)
        return next((one for one in reversed(keys) if one.since.timestamp() <= at), keys[0])

    def _published(self, at: float) -> list[RequestKey]:
        return published_keys(self._fresh(at), dt.datetime.fromtimestamp(at, dt.UTC))

    def _fresh(self, at: float) -> Sequence[RequestKey]:
        if not self._keys:
            self._keys = self.load()
            self._loaded = at
        elif not 0 <= at - self._loaded < RELOAD_SECONDS and not (
            self._reload and self._reload.is_alive()
        ):
            self._loaded = at
            self._reload = threading.Thread(target=self._load_again, daemon=True)
            self._reload.start()
        return self._keys

    def _load_again(self) -> None:
        try:
            self._keys = self.load()
        except CommuniqueError as error:
            log.warning(
                "keys not reloaded; requests are still signed with the previous key: %s", error
            )


def published_keys(keys: Sequence[RequestKey], now: dt.datetime | None = None) -> list[RequestKey]:
    """Return the keys to publish, oldest first. Keys replaced more than OVERLAP ago are omitted."""
    now = now or utc_now()
    ends = [*(one.since + OVERLAP for one in keys[1:]), None]
    return [key for key, end in zip(keys, ends, strict=True) if end is None or end > now]


def signature_parameters(covered: str, key: RequestKey, at: float, tag: str) -> str:
    """Return the covered components and parameters of a signature (RFC 9421, 2.3)."""
    created = int(at)
    nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
    return (
        f'{covered};created={created};keyid="{key.id}";alg="ed25519"'
        f';expires={created + LIFETIME_SECONDS};nonce="{nonce}";tag="{tag}"'
    )


def authority_of(url: str) -> str:
    """Return the host and port of a URL as RFC 9421 signs them (2.2.3), without a default port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    return f"{host}:{port}" if port and port != DEFAULT_PORTS.get(parts.scheme) else host


def without_padding(content: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
