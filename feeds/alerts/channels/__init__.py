"""Channels that send alerts, one module in this folder per channel.

Each module except `channel` defines a subclass of AlertChannel. docs/how-to/add-an-alert-channel.md
explains how to add a channel.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from data.watches.watch_file import Watch, watch_type
from feeds.alerts.channels.channel import AlertChannel


def find_channels() -> Iterator[type[AlertChannel]]:
    """Yield the channel classes of all modules in this folder, sorted by module name."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        name = f"{__name__}.{module.name}"
        for value in vars(import_module(name)).values():
            is_channel = isinstance(value, type) and issubclass(value, AlertChannel)
            if is_channel and value.__module__ == name and value is not AlertChannel:
                yield value


CHANNELS: Final = tuple(find_channels())

AlertWatch: Final[type[Watch]] = watch_type(CHANNELS)
"""Class of watches with one field per channel, for parsing watch files."""


def channels_of(watch: Watch) -> tuple[AlertChannel, ...]:
    """Return the channels configured in a watch, in the order of CHANNELS."""
    return tuple(one for one in watch.channels if isinstance(one, AlertChannel))
