"""Slugs: the names of topics and sections in addresses and file names."""

from __future__ import annotations

import re
from hashlib import blake2b

from anyascii import anyascii

from data.text.folding import fold_label

SLUG_LENGTH = 80
PLAIN_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLAIN_LABEL = re.compile(r"[a-z0-9]+(--?[a-z0-9]+)*")
DIGITS = "abcdefghijkmnpqrstuvwxyz23456789"
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [device + str(number) for device in ("com", "lpt") for number in range(10)]
)
"""File names that Windows reserves for devices, with any extension."""

RESERVED = DEVICES | {"index"}
"""Slugs that can't be file names; ``index`` is the page of a folder."""


def slug_of(label: str) -> str:
    """Return a unique name for a label that is safe in file names and URLs.

    Labels that differ only in case, composition or white space share a slug; no other labels do. If
    lower-case ASCII words can't express the whole label, an underscore and 50 bits of its BLAKE2b
    digest follow. A single hyphen means a space, so hyphens of the label are doubled. A slug has at
    most 80 characters of ``a-z0-9-_``.
    """
    compared = fold_label(label)
    plain = compared.replace("-", "--").replace(" ", "-")
    if PLAIN_LABEL.fullmatch(plain) and len(plain) <= SLUG_LENGTH and plain not in RESERVED:
        return plain
    digest = int.from_bytes(blake2b(compared.encode("utf-8", "surrogatepass")).digest()[:8])
    suffix = "_" + "".join(DIGITS[digest >> 5 * place & 31] for place in range(10))
    words = re.findall("[a-z0-9]+", anyascii(compared[:SLUG_LENGTH]).lower())
    stem = "-".join(words)[: SLUG_LENGTH - len(suffix)].rstrip("-")
    return (stem or "topic") + suffix
