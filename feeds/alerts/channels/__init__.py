"""Channels that send alerts, one module in this folder per channel.

Each module except `channel` defines a subclass of AlertChannel. docs/how-to/add-an-alert-channel.md
explains how to add a channel.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from data.plugins import classes_in
from data.watches.watch_file import FeedAccess, Watch, watch_type
from feeds.alerts.channels.channel import AlertChannel

CHANNELS: Final = tuple(
    classes_in(__name__, AlertChannel)  # type: ignore[type-abstract]  # only a filter
)

AlertWatch: Final[type[Watch]] = watch_type(CHANNELS)
"""Class of watches with one field per channel, for parsing watch files."""


def channels_of(watch: Watch) -> tuple[AlertChannel, ...]:
    """Return the channels configured in a watch, in the order of CHANNELS."""
    return tuple(one for one in watch.channels if isinstance(one, AlertChannel))


def signing_secrets(watch: Watch) -> Mapping[str, str]:
    """Return the secrets with which the channels of a watch sign alerts, by channel."""
    signing = (one for one in channels_of(watch) if one.secret_key)
    return {one.table: getattr(one, one.secret_key) for one in signing}


def without_random(watch: Watch) -> Watch:
    """Return a copy of a watch without the random signing secrets and feed token of a new watch."""
    signing = (one for one in channels_of(watch) if one.secret_key)
    emptied = {one.table: msgspec.structs.replace(one, **{one.secret_key: ""}) for one in signing}
    return msgspec.structs.replace(watch, feed=watch.feed and FeedAccess(""), **emptied)
