"""Metrics of the installation itself: its disk, archive, backups, and what the doctor found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

HELP: Final[Mapping[str, str]] = {
    "communique_disk_bytes": "Size of the disk of HOME.",
    "communique_disk_free_bytes": "Bytes of the disk of HOME that can be written.",
    "communique_archive_leaves": "Leaves in the log of the archive.",
    "communique_archive_unsigned_leaves": "Leaves of the log that no checkpoint covers yet.",
    "communique_archive_waiting_transactions": "Journal records that wait for the archive.",
    "communique_archive_lag_seconds": "Age of the oldest file that is not in archive.target yet.",
    "communique_backup_timestamp_seconds": "When the last complete backup ended.",
    "communique_verification_timestamp_seconds": "When the archive was last verified.",
    "communique_verification_problems": "Problems that the last verification found.",
    "communique_witness_timestamp_seconds": "When a witness last signed the log.",
    "communique_doctor_timestamp_seconds": "When the service last ran the doctor.",
    "communique_doctor_errors": "Errors that the doctor found.",
    "communique_doctor_warnings": "Warnings of the doctor.",
}
"""The help text of each metric."""

Facts = Callable[[], Mapping[str, float]]
"""Returns what was measured, by the name of its metric; what nobody measured is absent."""


class InstallationMetrics(Collector):
    """The measured facts of an installation, as gauges."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now. Raises StoreError."""
        facts = self._facts()
        for name, told in HELP.items():
            if name in facts:
                yield GaugeMetricFamily(name, told, value=facts[name])
