"""The settings in HOME/communique.toml, decoded strictly.

Each setting has a default and a description; docs/reference/settings.md lists them all.
"""

from __future__ import annotations

import msgspec

from data.settings.collecting import Collect, Health, Network, Running, Store
from data.settings.publishing import MAIL_ADDRESS, Alerts, Archive, Bucket, Log, Site

__all__ = [
    "MAIL_ADDRESS",
    "Alerts",
    "Archive",
    "Bucket",
    "Collect",
    "Health",
    "Log",
    "Network",
    "Running",
    "Settings",
    "Site",
    "Store",
]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of communique.toml; every table and key is optional."""

    network: Network = msgspec.field(default_factory=Network)
    collect: Collect = msgspec.field(default_factory=Collect)
    site: Site = msgspec.field(default_factory=Site)
    bucket: Bucket = msgspec.field(default_factory=Bucket)
    health: Health = msgspec.field(default_factory=Health)
    archive: Archive = msgspec.field(default_factory=Archive)
    alerts: Alerts = msgspec.field(default_factory=Alerts)
    store: Store = msgspec.field(default_factory=Store)
    log: Log = msgspec.field(default_factory=Log)
    run: Running = msgspec.field(default_factory=Running)
