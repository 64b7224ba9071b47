"""What a delivery is about, for people who look at a list of deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from data.models import AlertDelivery, Release
from data.text.clean import as_name, excerpt

HIDDEN: Final = "(hidden)"
"""The title of a release that is hidden by now."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The kind of event, the id and title of its release, and its source; empty if not known.

    Receipts of earlier versions lack all of it. Of a change of health, the title is the state.
    """

    kind: str = ""
    release: str = ""
    title: str = ""
    source: str = ""


def receipt(body: bytes) -> bytes:
    """What is kept of the body of a delivery once a receiver has it: no text of a release."""
    event = msgspec.json.decode(body)
    kept: dict[str, Any] = {"type": event["type"]}
    if release := event.get("release"):
        kept["release"] = {"id": release["id"]}
    if health := event.get("health"):
        kept["health"] = {"source": health["source"], "state": health["state"]}
    return msgspec.json.encode(kept)


def subject_of(delivery: AlertDelivery, release_with: Callable[[str], Release | None]) -> Subject:
    """What a delivery is about; ``release_with`` gives the stored release with an id.

    The title is that of today, so that no receipt shows what was hidden or redacted since.
    """
    if not delivery.body:
        return Subject()
    event = msgspec.json.decode(delivery.body)
    if health := event.get("health"):
        return Subject(event["type"], "", health["state"], health["source"])
    own = event.get("release", {}).get("id", "")
    release = release_with(own) if own else None
    if release is None:
        return Subject(event["type"], own)
    title = HIDDEN if release.hidden else excerpt(as_name(release.content.title)) or "Untitled"
    return Subject(event["type"], own, title, release.source)
