"""Signatures of messages, verified by the library of Standard Webhooks."""

from __future__ import annotations

import datetime as dt

import pytest
from standardwebhooks.webhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError

from feeds.alerts.channels.webhook import new_secret, signed_headers

BODY = '{"type":"release","title":"Ærø"}'.encode()


def test_the_standard_webhooks_library_accepts_only_the_right_signature() -> None:
    secret = new_secret()
    now = int(dt.datetime.now(dt.UTC).timestamp())
    headers = signed_headers(secret, "msg_1", now, BODY)
    assert Judge(secret).verify(BODY, headers) == {"type": "release", "title": "Ærø"}
    for wrong in (
        (new_secret(), BODY, headers),
        (secret, BODY + b" ", headers),
        (secret, BODY, headers | {"webhook-id": "msg_2"}),
        (secret, BODY, headers | {"webhook-timestamp": str(now + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Judge(wrong[0]).verify(*wrong[1:])
