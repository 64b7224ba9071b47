"""What people and programs are shown of a watch: all but its secrets."""

from __future__ import annotations

from typing import Any

import msgspec

from data.text.redaction import HIDDEN
from data.watches.watch import FeedAccess, Watch
from feeds.alerts.channels import channels_of
from scheduler.cli import print_json, say


def fields_of(one: Watch) -> dict[str, Any]:
    """All keys of a watch, ready for JSON."""
    told = without_secrets(one)
    return {key: getattr(told, key) for key in told.__struct_fields__}


def without_secrets(one: Watch) -> Watch:
    """Return a watch with its secrets hidden, to be displayed."""
    shown: dict[str, Any] = {
        channel.table: channel.without_secrets() for channel in channels_of(one)
    }
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
    parts += [channel.described() for channel in channels_of(one)]
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
