"""Webhooks by https://www.standardwebhooks.com: how a message is named, signed and sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
from http import HTTPStatus

from data.network.client import Outbound, OutboundError
from data.watches.watch import SECRET_PREFIX, Webhook
from feeds.alerts.messages import Undelivered


async def send(outbound: Outbound, webhook: Webhook, key: str, body: bytes, now: int) -> None:
    """Send a message; ``now`` is in seconds since 1970. Raises Undelivered."""
    headers = signed_headers(webhook.secret, key, now, body)
    try:
        answer = await outbound.ask("POST", webhook.url, headers, body)
    except OutboundError as error:
        raise Undelivered(str(error)) from error
    if not answer.is_good:
        # A redirect is one of these: it is not followed.
        gone = answer.status == HTTPStatus.GONE
        raise Undelivered(f"it answered {answer.status}", final=gone)


def signed_headers(secret: str, key: str, now: int, body: bytes) -> dict[str, str]:
    """The headers of a message; its key is ``webhook-id``, by which a receiver knows it again."""
    raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    told = hmac.digest(raw, f"{key}.{now}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(told).decode()}",
    }
