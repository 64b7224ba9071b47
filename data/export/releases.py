"""Releases as the files of an export say them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from data.export.records import Choice
from data.interchange.release_fields import release_fields
from data.store.protocol import Store
from data.store.public_view import public_view


def release_lines(store: Store, choice: Choice) -> Iterator[bytes]:
    """The chosen releases as lines of JSON, which `communique import` takes in."""
    encoder = msgspec.json.Encoder()
    for release in choice.releases(public_view(store)):
        yield encoder.encode(release_fields(release)) + b"\n"
