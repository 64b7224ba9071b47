"""communique mirror: the archive of what was served, and what is made of it.

Each of its commands is the module of its name here (``import`` in import_).
"""

from __future__ import annotations

from scheduler.cli import Commands

mirror = Commands(
    __name__, name="mirror", help="Keep, check, copy and replay what servers answered."
)
