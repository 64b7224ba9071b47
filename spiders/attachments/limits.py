"""Limits for reading one attachment, and the exception that ends the reading."""

from typing import Final

from data.models.capture import Cut

MAX_PAGES: Final = 500
"""Maximum number of pages, slides or sheets read per file."""

MAX_CHARACTERS: Final = 2_000_000
"""Maximum number of characters read per file."""

MAX_UNPACKED_BYTES: Final = 100_000_000
"""Maximum size of the decompressed parts of one office document, in bytes."""

MAX_SCANNED_PAGES: Final = 50
"""Maximum number of scanned pages recognized per file."""

MAX_SCAN_SECONDS: Final = 30
"""Maximum time for rendering or recognizing one scanned page, in seconds."""


class CutShort(Exception):
    """Raised if the remaining part of a file can't be read. ``cut`` is the reason."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut)
        self.cut = cut
