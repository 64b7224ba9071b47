"""Addresses of services that Apprise knows: which are refused, and how one is shown."""

from __future__ import annotations

import re
from typing import Final

from data.text.redaction import HIDDEN

ADDRESS: Final = re.compile(r"[a-z0-9]+://[!-~]*")

LOCAL: Final = frozenset(
    {
        *("dbus", "qt", "kde", "glib", "gio", "gnome", "macosx", "windows", "blink1", "syslog"),
        *("file", "exec", "cmd", "script", "python", "ssh"),
    }
)
"""Services that are this machine itself: its desktop, its log, its devices, its programs."""


def fault_of_service(url: str) -> str:
    """What is wrong with the address of a service, and the fix; empty where nothing is."""
    if not ADDRESS.fullmatch(url):
        return (
            "it is no address of Apprise; write a service and what it needs, such as "
            "ntfys://ntfy.sh/topic"
        )
    scheme = url.partition("://")[0]
    if scheme in LOCAL:
        return f"{scheme}:// is this machine itself, which alerts must not reach"
    return ""


def shown_service(url: str) -> str:
    """The address of a service as it may be shown: without all that may be a secret."""
    return f"{url.partition('://')[0]}://{HIDDEN}"
