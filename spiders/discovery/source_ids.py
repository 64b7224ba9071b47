"""The id that a source gets: short, readable, and free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from anyascii import anyascii

from spiders.discovery.proposal import Guess
from spiders.page.generic_names import is_generic, is_host

LONGEST: Final = 26
"""Letters of an id, at the most, as long as there is no clash."""

SHORTEST: Final = 3
"""Letters of a host's label from which on it tells whose it is."""

_COMMON: Final = """
    www www1 www2 www3 web news newsroom press presse prensa media m en de fr es it pt mobile
    site portal home city blog info go gov gv gouv gob govt gub mil com co org net edu ac or ne
    nic state
"""
COMMON: Final = frozenset(_COMMON.split())
"""Labels of hosts that tell nobody's name."""

_SMALL: Final = """
    a an and the of for in on at to de del der des die das den du la le les el los las da do dos
    di dei della delle degli e y et und für fur von van het een i og och ja u w na inc
    ltd llc plc corp corporation company gmbh ag sa spa srl bv nv kg ev v www com org net
"""
SMALL: Final = frozenset(_SMALL.split())
"""Words that a short id does without."""

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
"""Kinds of institutions, which an id that is still too long does without."""


def source_id(name: Guess, url: str, taken: Iterable[str] = ()) -> str:
    """An id for a source: its name where that is sure, short and Latin, else its host's.

    Where the host says nothing, the words of the name that say most.
    """
    used = set(taken)
    choices = [choice for choice in dict.fromkeys(_choices(name, url)) if choice]
    for choice in choices:
        if choice not in used:
            return choice
    number = next(n for n in range(2, len(used) + 3) if f"{choices[0]}-{n}" not in used)
    return f"{choices[0]}-{number}"


def _choices(name: Guess, url: str) -> Iterator[str]:
    said = "" if is_host(name.value) or is_generic(name.value) else name.value
    latin = sum(letter < "\u0250" for letter in said) * 2 > len(said)
    whole = _slug(said)
    if name.sure and latin and len(whole) <= LONGEST:
        yield whole
    hosts = list(_of_host(url))
    yield from hosts[:1]
    yield _shortened(_without_small(whole))
    yield from hosts[1:]
    yield "source"


def _of_host(url: str) -> Iterator[str]:
    """The own labels of a host: the last two, then the longest of them, then all."""
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        labels = [_slug(label) for label in host.split(".")]
        own = [label for label in labels[:-1] if label and label not in COMMON]
        if own and len(short := _shortened("-".join(own[-2:]))) >= SHORTEST:
            yield short
            yield max(own, key=len)
            yield "-".join(own)


def _without_small(slug: str) -> str:
    words = [word for word in slug.split("-") if word not in SMALL]
    if len("-".join(words)) > LONGEST:
        words = [word for word in words if word not in KINDS]
    return "-".join(words) or slug


def _slug(text: str) -> str:
    return _shortened(re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-"), 60)


def _shortened(slug: str, most: int = LONGEST) -> str:
    """As many whole words as fit."""
    return slug if len(slug) <= most else (slug[: most + 1].rpartition("-")[0] or slug[:most])
