"""The codings in which answers are compressed (RFC 9110, section 8.4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import brotli
import zstandard
from isal import igzip

COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=6).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: igzip.compress(body, 3, mtime=0),
}
"""How to make the codings that are offered, in the order of preference."""

CODINGS = tuple(COMPRESS)
IDENTITY = "identity"
