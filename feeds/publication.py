"""What one publishing did."""

from __future__ import annotations

from dataclasses import dataclass

from data.errors import PublishError


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publishing did: ``feeds`` were rendered, each ``written`` or found ``unchanged``.

    ``seconds`` is wall time. ``errors`` are feeds and pages whose last good file was kept; they are
    tried again the next time. ``files`` are the feeds that were written.
    """

    feeds: int
    written: int
    unchanged: int
    seconds: float
    errors: tuple[PublishError, ...] = ()
    files: tuple[str, ...] = ()
