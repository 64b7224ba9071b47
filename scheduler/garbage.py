"""How often a process that reads pages looks for garbage: reading makes objects by thousands."""

from __future__ import annotations

import gc
from typing import Final

GARBAGE: Final = 20_000
"""Objects made between two looks for garbage: a page is read by making thousands that all stay."""


def collect_garbage_rarely() -> None:
    """Spare a process that reads pages a tenth of its time; what is loaded already stays for ever.

    It looks for garbage every 20,000 objects, not every 700, and never among what is there now.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE)
