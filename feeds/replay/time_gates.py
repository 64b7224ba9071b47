"""TimeGates and TimeMaps of captured URLs (RFC 7089).

A TimeGate redirects to the capture of a requested time, and a TimeMap lists all captures of a URL.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from data.archive.warc.cdxj import CdxjEntry
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    LINK_FORMAT,
    SHORT_LIVED,
    BadDatetime,
    Memento,
    OriginalResource,
    ReplayResponse,
    asked_datetime,
    chosen,
    gate_headers,
    original_links,
    timemap,
)
from feeds.replay.memento_address import MEMENTO_PREFIX, URL_TIME


class TimeGates:
    """TimeGates and TimeMaps at the address ``site``.

    The captures of a URL are passed as ``entries``, oldest first.
    """

    def __init__(self, site: str) -> None:
        self.site = site

    def original(self, entries: Sequence[CdxjEntry]) -> OriginalResource:
        """Return the addresses of a captured URL: its own, its TimeGate's and its TimeMap's."""
        uri = entries[-1].uri
        gate = f"{self.site}{MEMENTO_PREFIX}{uri}"
        return OriginalResource(uri, gate, f"{self.site}{MEMENTO_PREFIX}timemap/{uri}")

    def mementos(self, entries: Sequence[CdxjEntry]) -> list[Memento]:
        """Return the mementos of a URL, in the order of ``entries``."""
        return [
            Memento(f"{self.site}{MEMENTO_PREFIX}{one.at:{URL_TIME}}/{one.uri}", one.at)
            for one in entries
        ]

    def gate(self, entries: Sequence[CdxjEntry], accept: bytes | None) -> ReplayResponse | None:
        """Return the redirect to the memento of a time, or None if the URL was not captured.

        ``accept`` is the value of the Accept-Datetime header, or None for the newest memento.
        """
        if not entries:
            return None
        original = self.original(entries)
        try:
            at = None if accept is None else asked_datetime(accept)
        except BadDatetime as error:
            links = ("link", ", ".join(original_links(original)))
            vary = ("vary", ACCEPT_DATETIME.decode())
            return ReplayResponse(400, [vary, links], message=str(error))
        mementos = self.mementos(entries)
        return ReplayResponse(
            302, [*gate_headers(original, mementos, chosen(mementos, at)), SHORT_LIVED]
        )

    def timemap(
        self, entries: Sequence[CdxjEntry], origin: Callable[[CdxjEntry], str]
    ) -> ReplayResponse | None:
        """Return the list of a URL's mementos, or None if the URL was not captured.

        ``origin`` returns the name of the file from which a capture was imported, or an empty
        string.
        """
        if not entries:
            return None
        mementos = [
            replace(memento, imported=origin(entry))
            for memento, entry in zip(self.mementos(entries), entries, strict=True)
        ]
        body = timemap(self.original(entries), mementos)
        return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)
