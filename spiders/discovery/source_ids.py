"""Choose a short, readable and unused id for a source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from anyascii import anyascii

from spiders.discovery.proposal import Guess
from spiders.page.generic_names import is_generic, is_host

MAX_ID_LENGTH: Final = 26
"""Maximum letters of an id, unless its short form is in use."""

MIN_LABEL_LENGTH: Final = 3
"""Minimum letters of a host label that identifies its owner."""

_COMMON: Final = """
    www www1 www2 www3 web news newsroom press presse prensa media m en de fr es it pt mobile
    site portal home city blog info go gov gv gouv gob govt gub mil com co org net edu ac or ne
    nic state
"""
COMMON: Final = frozenset(_COMMON.split())
"""Labels of hosts that do not identify the owner."""

_SMALL: Final = """
    a an and the of for in on at to de del der des die das den du la le les el los las da do dos
    di dei della delle degli e y et und für fur von van het een i og och ja u w na inc
    ltd llc plc corp corporation company gmbh ag sa spa srl bv nv kg ev v www com org net
"""
SMALL: Final = frozenset(_SMALL.split())
"""Words that are left out of a short id."""

KINDS: Final = frozenset(
    (
        "state",
        "city",
        "county",
        "department",
        "ministry",
        "office",
        "bureau",
        "agency",
        "ministerio",
    )
)
"""Types of institutions, which are left out of an id that is still too long."""


def source_id(name: Guess, url: str, taken: Iterable[str] = ()) -> str:
    """Choose an id for a source that is not in ``taken``.

    The name is used if it is certain, short and mostly Latin, otherwise the host. If the host does
    not identify the owner, the important words of the name are used.
    """
    used = set(taken)
    choices = [choice for choice in dict.fromkeys(_choices(name, url)) if choice]
    for choice in choices:
        if choice not in used:
            return choice
    number = next(n for n in range(2, len(used) + 3) if f"{choices[0]}-{n}" not in used)
    return f"{choices[0]}-{number}"


def _choices(name: Guess, url: str) -> Iterator[str]:
    label = "" if is_host(name.value) or is_generic(name.value) else name.value
    latin = sum(letter < "\u0250" for letter in label) * 2 > len(label)
    whole = _slug(label)
    if name.sure and latin and len(whole) <= MAX_ID_LENGTH:
        yield whole
    hosts = list(_of_host(url))
    yield from hosts[:1]
    yield _shortened(_without_small(whole))
    yield from hosts[1:]
    yield "source"


def _of_host(url: str) -> Iterator[str]:
    """Yield ids from a host's specific labels: the last two, the longest one, then all of them."""
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        labels = [_slug(label) for label in host.split(".")]
        own = [label for label in labels[:-1] if label and label not in COMMON]
        if own and len(short := _shortened("-".join(own[-2:]))) >= MIN_LABEL_LENGTH:
            yield short
            yield max(own, key=len)
            yield "-".join(own)


def _without_small(slug: str) -> str:
    words = [word for word in slug.split("-") if word not in SMALL]
    if len("-".join(words)) > MAX_ID_LENGTH:
        words = [word for word in words if word not in KINDS]
    return "-".join(words) or slug


def _slug(text: str) -> str:
    return _shortened(re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-"), 60)


def _shortened(slug: str, most: int = MAX_ID_LENGTH) -> str:
    """Shorten a slug to at most ``most`` letters, in whole words if possible."""
    return slug if len(slug) <= most else (slug[: most + 1].rpartition("-")[0] or slug[:most])
