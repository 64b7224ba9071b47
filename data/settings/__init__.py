"""The settings in HOME/communique.toml, which are validated strictly.

Each setting has a default and a description; docs/reference/settings.md lists all settings.
"""

import msgspec

from data.settings.archive import ArchiveSettings
from data.settings.service import MAIL_ADDRESS, Alerts, HealthSettings, Log, Running, StoreSettings
from data.settings.site import BucketSettings, SiteSettings
from data.settings.visits import Collect, Network


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of communique.toml. Every table and key is optional."""

    network: Network = msgspec.field(default_factory=Network)
    collect: Collect = msgspec.field(default_factory=Collect)
    site: SiteSettings = msgspec.field(default_factory=SiteSettings)
    bucket: BucketSettings = msgspec.field(default_factory=BucketSettings)
    health: HealthSettings = msgspec.field(default_factory=HealthSettings)
    archive: ArchiveSettings = msgspec.field(default_factory=ArchiveSettings)
    alerts: Alerts = msgspec.field(default_factory=Alerts)
    store: StoreSettings = msgspec.field(default_factory=StoreSettings)
    log: Log = msgspec.field(default_factory=Log)
    run: Running = msgspec.field(default_factory=Running)
