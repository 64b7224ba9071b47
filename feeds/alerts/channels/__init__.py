"""Channels that send alerts, one module in this folder per channel.

Each module except `channel` defines a subclass of AlertChannel. docs/how-to/add-an-alert-channel.md
explains how to add a channel.
"""

from __future__ import annotations

from typing import Final

from data.plugins import classes_in
from data.watches.watch_file import Watch, watch_type
from feeds.alerts.channels.channel import AlertChannel

CHANNELS: Final = tuple(
    classes_in(__name__, AlertChannel)  # type: ignore[type-abstract]  # only a filter
)

AlertWatch: Final[type[Watch]] = watch_type(CHANNELS)
"""Class of watches with one field per channel, for parsing watch files."""


def channels_of(watch: Watch) -> tuple[AlertChannel, ...]:
    """Return the channels configured in a watch, in the order of CHANNELS."""
    return tuple(one for one in watch.channels if isinstance(one, AlertChannel))
