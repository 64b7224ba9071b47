"""Webhook channel with signed requests, as specified by https://www.standardwebhooks.com."""

import base64
import hashlib
import hmac
import secrets
import time
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Self
from urllib.parse import urlsplit

import msgspec

from data.network.client import OutboundError
from data.text.masking import MASK
from data.text.urls import host_and_port, host_of, web_address
from feeds.alerts.channels.channel import Alert, AlertChannel, Undelivered
from feeds.alerts.messages import webhook_body

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the prefix of every secret

MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
"""Minimum and maximum length in bytes of a signing secret, as Standard Webhooks requires."""

WEB_ADDRESS: Final = "Write http:// or https://, a host, and a port of 1 to 65535 if it needs one."


class Webhook(AlertChannel, frozen=True, forbid_unknown_fields=True):
    """A URL that receives alerts as HTTP requests, signed with a secret.

    ``secret`` is ``whsec_`` and 24 to 64 bytes in Base64. The receiver needs the same secret.
    """

    url: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[!-~]+$")],
        msgspec.Meta(description=WEB_ADDRESS),
    ]
    secret: str

    table: ClassVar[str] = "webhook"
    secret_key: ClassVar[str] = "secret"  # noqa: S105 - the name of a key
    metavar: ClassVar[str] = "URL"
    option_help: ClassVar[str] = "URL of a webhook that receives alerts."

    @classmethod
    def from_option(cls, values: tuple[str, ...]) -> Self:
        """Return the channel for the URL in the option's value, with a new random secret."""
        return cls(values[0], new_secret())

    def fault(self) -> tuple[str, str] | None:
        """If a setting is invalid, return its name and an error message, otherwise None.

        The message does not contain the URL or the secret, because both may be confidential.
        """
        if not has_host(self.url):
            return "url", f"it has no valid host and port. {WEB_ADDRESS}"
        if not is_secret(self.secret):
            fix = f"write {SECRET_PREFIX} and 24 to 64 bytes in Base64, such as {new_secret()}"
            return "secret", fix
        return None

    def described(self) -> str:
        """Return the host of the URL."""
        return f"webhook at {host_and_port(self.url)}"

    def without_secrets(self) -> Self:
        """Return a copy of the channel whose URL is reduced to its host. The path may be secret."""
        scheme = urlsplit(self.url).scheme
        return type(self)(f"{scheme}://{host_and_port(self.url)}/{MASK}", MASK)

    def receiver(self, output: str) -> str:
        """Return the host and port of the URL."""
        del output
        return host_and_port(self.url)

    async def send(self, alert: Alert) -> None:
        """Send a signed request to the receiver.

        Raises Undelivered if the response is not a success. The error is final after 410 Gone.
        """
        body = webhook_body(alert.watch, alert.message)
        headers = signed_headers(self.secret, alert.message.key, int(time.time()), body)
        try:
            response = await alert.environment.outbound.ask("POST", self.url, headers, body)
        except OutboundError as error:
            raise Undelivered(str(error)) from error
        if not response.is_good:
            # Redirects count as failures, too, because they are not followed.
            gone = response.status == HTTPStatus.GONE
            raise Undelivered(f"the receiver responded with status {response.status}", final=gone)


def signed_headers(secret: str, key: str, now: int, body: bytes) -> dict[str, str]:
    """Return the signature headers for a request sent at ``now`` (seconds since 1970).

    ``webhook-id`` is the key of the message, which is the same in every attempt.
    """
    raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.digest(raw, f"{key}.{now}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def has_host(url: str) -> bool:
    """Whether a URL has a host name that can be looked up, and no invalid port."""
    if web_address(url) is None:
        return False
    try:
        return bool(host_of(url).encode("idna").decode("idna"))
    except UnicodeError:
        return False


def is_secret(text: str) -> bool:
    """Whether a text is a valid signing secret."""
    try:
        raw = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(SECRET_PREFIX) and MIN_SECRET_BYTES <= len(raw) <= MAX_SECRET_BYTES


def new_secret() -> str:
    """Return a new random signing secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(MIN_SECRET_BYTES)).decode()
