"""Time zones as texts write them after a time of day."""

from __future__ import annotations

import re

# Only those that mean one offset wherever they are read: IST and BST, say, each have three.
_FIXED = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "МСК": 180, "TRT": 180, "AZT": 240,
    "GST": 240, "PKT": 300, "WIB": 420, "WITA": 480, "WIT": 540, "HKT": 480, "SGT": 480,
    "JST": 540, "KST": 540, "AWST": 480, "AEST": 600, "AEDT": 660, "ACST": 570, "NZST": 720,
    "NZDT": 780, "SAST": 120, "NST": -210, "NDT": -150, "ADT": -180, "EST": -300, "EDT": -240,
    "CDT": -300, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
}  # fmt: skip
_AMERICAN = {"CST": "-06:00", "MST": "-07:00"}
_GENERIC = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
ZONE = re.compile(
    r"\s{0,3}\(?(?P<prefix>(?:UTC|GMT|utc|gmt)\s?)?(?P<sign>[+−-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?!\d)"
    r"|\s{0,3}\(?(?P<name>[A-ZМСК]{1,5}|utc|gmt|z)(?![^\W_])"
)


def stated_zone(match: re.Match[str], home: str) -> str | None:
    """The zone that a match of ZONE names, or None where it means nothing sure.

    ``home`` is the zone of the source, which settles names used on more than one continent.
    """
    if match["name"]:
        name = match["name"].upper()
        if name in _FIXED:
            return _offset(_FIXED[name])
        if home.startswith(("America/", "US/", "UTC", "Etc/", "Pacific/Honolulu")):
            return _AMERICAN.get(name) or _GENERIC.get(name)
        return None
    minutes = int(match["hours"]) * 60 + int(match["minutes"] or 0)
    if minutes > 14 * 60 or int(match["minutes"] or 0) > 59:  # noqa: PLR2004 - no clock is further
        return None
    return _offset(minutes if match["sign"] == "+" else -minutes)


def _offset(minutes: int) -> str:
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "-"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
