"""What people and programs are shown of a watch: all but its secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from data.text.redaction import HIDDEN
from data.watches.services import shown_service
from data.watches.watch import FeedAccess, Service, Watch, Webhook
from feeds.alerts.senders import host_of
from scheduler.cli import print_json, say


def fields_of(one: Watch) -> dict[str, Any]:
    """All keys of a watch, ready for JSON."""
    told = without_secrets(one)
    return {key: getattr(told, key) for key in told.__struct_fields__}


def without_secrets(one: Watch) -> Watch:
    """A watch as it may be shown: of its webhook the host, as the path may be a secret too."""
    shown: dict[str, Any] = {}
    if one.webhook:
        scheme = urlsplit(one.webhook.url).scheme
        shown["webhook"] = Webhook(f"{scheme}://{host_of(one.webhook.url)}/{HIDDEN}", HIDDEN)
    if one.apprise:
        shown["apprise"] = Service(shown_service(one.apprise.url))
    if one.feed:
        shown["feed"] = FeedAccess(HIDDEN)
    return msgspec.structs.replace(one, **shown)


def described(one: Watch) -> str:
    """What a watch matches, in one line."""
    lists = {"sources": one.sources, "topics": one.topics, "languages": one.languages}
    parts = [*(["paused"] if one.paused else []), ", ".join(one.kinds)]
    if one.query:
        parts.append(f"words {one.query}")
    parts += [f"{what} {', '.join(names)}" for what, names in lists.items() if names]
    if one.webhook:
        parts.append(f"webhook at {host_of(one.webhook.url)}")
    if one.mail:
        parts.append(f"mail to {', '.join(one.mail.to)}")
    if one.apprise:
        parts.append(shown_service(one.apprise.url))
    if one.feed:
        parts.append("a feed")
    if one.digest:
        parts.append(f"digest {one.digest} {one.timezone}")
    if one.quiet:
        parts.append(f"quiet {one.quiet} {one.timezone}")
    return "; ".join(parts)


def told_paused(watch_id: str, one: Watch, *, as_json: bool) -> int:
    """Say whether a watch is paused; the exit code."""
    if as_json:
        print_json({"id": watch_id, "paused": one.paused})
    else:
        say(f"{watch_id} is paused" if one.paused else f"{watch_id} works")
    return 0
