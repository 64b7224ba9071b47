"""The hub of a source in `communique sources show`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.models import FeedHub, FeedSubscription
from scheduler.terminal.source_facts import push_fields, push_line

HUB = FeedHub("https://acme.example/feed", "https://hub.example/", "https://acme.example/feed", 1.0)
OURS = FeedSubscription("https://p.example/websub/callback/x", "acme", HUB.hub, HUB.topic, "hush")
FAR = 4_102_444_800.0
"""1 January 2100."""


@pytest.mark.parametrize("hub", [None, replace(HUB, hub="")])
def test_a_feed_without_a_hub_has_no_push_line(hub: FeedHub | None) -> None:
    assert push_line(hub, None) == ""
    assert push_fields(hub, None) is None


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (None, "the service will subscribe there"),
        (OURS, "it has not confirmed our subscription"),
        (replace(OURS, expires=5.0), "it has not confirmed our subscription"),
        (
            replace(OURS, expires=FAR),
            "pushed by hub https://hub.example/, lease until 2100-01-01 00:00 UTC",
        ),
        (replace(OURS, expires=FAR, heard=60.0), "last push 1970-01-01 00:01 UTC"),
    ],
)
def test_a_push_line_shows_the_hub_and_no_secret(ours: FeedSubscription | None, said: str) -> None:
    line = push_line(HUB, ours)
    assert line.endswith(said)
    assert HUB.hub in line
    assert "hush" not in str(push_fields(HUB, ours)) + line
    assert OURS.callback not in str(push_fields(HUB, ours)) + line
